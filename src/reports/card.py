"""An objective's model on one page, as Markdown and as HTML, for readers outside the team."""

import re
from collections import Counter
from importlib.metadata import version
from typing import Any

from markupsafe import escape

from src import paths
from src.data.sources import load_source
from src.files import write_text
from src.params import Params, load_params
from src.reports.formats import write_share
from src.reports.language import gettext
from src.reports.pages import write_page
from src.reports.render import write_markdown
from src.reports.results import ModelResults, load_model
from src.reports.templates import open_templates
from src.stage import read_item, run_stage

CARD = "card.md"

PACKAGES = ("lightgbm", "numpy", "pandas", "scipy")
"""What the figures come from; their versions are pinned."""


def main() -> str:
    params, name = load_params(), read_item()
    results = load_model(name)
    text = write_card(results, params, load_source(params.source).description)

    path = paths.card(name)
    write_text(text, path)
    title = gettext("Model card: the probability of %(objective)s") % {"objective": results.objective}
    page = write_page(f"{results.source}, {title}", [frame_tables(write_markdown(text))])
    write_text(page, path.with_suffix(".html"))
    return f"{path} and {path.with_suffix('.html')}"


def write_card(results: ModelResults, params: Params, description: str) -> str:
    """Return the card as Markdown; what comes from data cannot be read as markup."""
    values = {
        "r": results,
        "description": description,
        "groups": Counter((metric.kind, metric.group) for metric in results.catalogue),
        "cuts": [write_share(cut) for cut in params.folds.cuts],
        "test_share": params.folds.test_share,
        "seed": params.model.seed,
        "versions": [f"{package} {version(package)}" for package in PACKAGES],
    }
    environment = open_templates().overlay(autoescape=False, trim_blocks=True, finalize=escape_markdown)
    text = environment.get_template(CARD).render(**values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def frame_tables(html: str) -> str:
    """Return a page whose tables scroll where they are too wide, each with the heading before it as its caption."""
    parts = re.split(r"(<table>)", html)
    for place in range(1, len(parts), 2):
        heading = re.findall(r"<h2[^>]*>(.*?)</h2>", "".join(parts[:place]))[-1]
        region = f'<div class="scroll" tabindex="0" role="region" aria-label="{heading}"><table>'
        parts[place] = f"{region}<caption><span>{heading}</span></caption>"
        parts[place + 1] = parts[place + 1].replace("</table>", "</table></div>", 1)
    return "".join(parts)


def escape_markdown(value: Any) -> Any:
    """Return text on one line whose characters mean nothing to Markdown or HTML.

    >>> escape_markdown("a|b <i> *c*")
    'a\\\\|b &lt;i&gt; \\\\*c\\\\*'
    """
    if not isinstance(value, str):
        return value
    plain = str(escape(" ".join(value.split()))).replace("&#34;", '"').replace("&#39;", "'")
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", plain)


if __name__ == "__main__":
    run_stage(main)
