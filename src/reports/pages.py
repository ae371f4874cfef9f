"""A whole page: the one head, style and security policy of all of them, and the sections in order."""

import base64
import hashlib
import re
from collections.abc import Iterable

from markupsafe import Markup

from src.reports.language import HERE, get_language, gettext
from src.reports.templates import render

PAGE, STYLE, TABLES = "page.html", "style.css", "tables.js"

LEAST_SECTIONS = 4
"""A page of so many sections has a list of them."""


def write_page(title: str, parts: Iterable[str]) -> str:
    """Return a page that stands alone: what slips into it can load nothing and runs no script.

    Parameters
    ----------
    title : str
    parts : iterable of str
        HTML, in order; the first has the page's heading, and the list of sections follows it.
    """
    first, *rest = parts
    body = Markup("\n").join(Markup(part) for part in (first, list_sections("".join(rest)), *rest) if part)
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in (STYLE, TABLES))
    page = render(
        PAGE,
        language=get_language(),
        title=title,
        policy=write_policy(style, [script, *take_own_scripts(str(body))]),
        style=Markup(style),
        body=body,
        script=Markup(script),
    )
    return f"{page}\n"


def list_sections(html: str) -> Markup:
    """Return links to the sections, read from their headings; of a short page none."""
    found = re.findall(r'<h2 id="([a-z-]+)">(.*?)</h2>', html)
    if len(found) < LEAST_SECTIONS:
        return Markup("")
    links = Markup("").join(Markup(f'<li><a href="#{name}">{title}</a></li>') for name, title in found)
    return Markup('<nav aria-label="{}"><ul>{}</ul></nav>').format(gettext("Sections"), links)


def take_own_scripts(html: str) -> list[str]:
    """Return the scripts of a page that are files of this folder: no other one may run."""
    own = {path.read_text(encoding="utf-8") for path in HERE.rglob("*.js")}
    return [script for script in re.findall(r"<script>(.*?)</script>", html, re.DOTALL) if script in own]


def write_policy(style: str, scripts: Iterable[str]) -> str:
    """Return the security policy: the page's own style and scripts by their hashes, pictures within it, no more.

    It does not keep a link from being followed.
    """
    allowed = " ".join(dict.fromkeys(f"'{hash_text(script)}'" for script in scripts))
    return (
        f"default-src 'none'; img-src data:; style-src '{hash_text(style)}'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def hash_text(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
