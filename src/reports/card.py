"""Stage `card`: an objective's model on one page, as HTML and as Markdown, for whoever did not make it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from typing import Any

from src import paths
from src.data.sources import load_source
from src.files import write_text
from src.params import Params, load_params
from src.reports.index import PAGE
from src.reports.model.calibration import say_cells
from src.reports.model.page import KINDS, say_belief, say_promise
from src.reports.model.results import collect_model_results
from src.reports.render import TEMPLATES
from src.reports.text import (
    MISSING,
    say_count,
    say_date,
    say_decimal,
    say_family,
    say_figure,
    say_leads,
    say_share,
    write_list,
    write_paragraph,
    write_table,
)
from src.stage import read_item, run_stage

PACKAGES = ("lightgbm", "numpy", "pandas", "scikit-learn")
"""What the figures come from; their versions are pinned."""

FIGURES = {
    "roc_auc": ("ROC-AUC", 3),
    "log_loss": ("Log loss", 4),
    "brier": ("Brier score", 4),
    "base_rate": ("Share that converts", 4),
    "mean_probability": ("Mean probability", 4),
    "calibration_slope": ("Calibration slope", 2),
    "calibration_intercept": ("Calibration intercept", 2),
    "ece": ("Calibration error (ECE)", 4),
}


@dataclass(frozen=True)
class Part:
    """A part of the card: sentences, and a table (caption, head, rows) where there is one."""

    title: str
    sentences: Sequence[str]
    table: tuple[str, Sequence[str], Sequence[Sequence[str]]] | None = None


def main() -> str:
    params = load_params()
    name = params.check_objective(read_item())
    results = collect_model_results(name) | {"description": load_source(params.source).description}

    title = f"Model card: the probability of {results['objective']}"
    parts = list_parts(results, params)

    path = paths.card(name)
    write_text(write_markdown(title, parts), path)
    write_text(write_page(title, parts, results["source"]), path.with_suffix(".html"))
    return f"{path} and {path.with_suffix('.html')}"


def list_parts(results: dict[str, Any], params: Params) -> list[Part]:
    """Return the parts of the card in their order; of an objective that does not apply only that."""
    if not results["is_applicable"]:
        reason = f"The source “{results['source']}” does not say which leads end in {results['objective']}."
        return [Part("Not applicable", [reason])]
    return [
        Part("What it is", list_purpose(results)),
        Part("What it is for", list_uses(results)),
        Part("What it is not for", list_misuses(results)),
        Part("Data", list_data(results)),
        Part("Features", list_features(results), tabulate_features(results)),
        Part("Figures", [say_promise(results)], tabulate_figures(results)),
        Part("Can the probabilities be believed?", list_beliefs(results)),
        Part("Known limits", list_limits(results)),
        Part("How it was made", list_makings(results, params)),
    ]


def list_purpose(results: dict[str, Any]) -> list[str]:
    horizon = results["metrics"]["data"]["horizon_days"]
    within = f"within {horizon:g} days" if horizon is not None else "in the end, however long that takes"
    return [
        f"For each lead the probability that it ends in {results['objective']} {within}, given what was known when it "
        "was scored and that it was still open then.",
        f"The model is {say_family(results['metrics'])}. Log-odds are a base, plus what the lead told us (fit), plus "
        "what it did (engagement), exactly.",
    ]


def list_uses(results: dict[str, Any]) -> list[str]:
    return [
        f"To decide which leads to call, to nurture or to leave, by cuts on the probability of {results['objective']}; "
        "the reports of the scenarios say which cuts and what they earn.",
        f"For leads like those of the source “{results['source']}”, scored at the ages it was tested at.",
    ]


def list_misuses(results: dict[str, Any]) -> list[str]:
    return [
        "To say what calling a lead would change: it tells who converts, not who converts because of it.",
        "To judge a person, a salesperson or a channel; to refuse anybody a service, credit or a job.",
        "For leads of another company, offer or country, or after the way of winning leads has changed, before it was "
        "tested there.",
        f"For other ends than {results['objective']}: a lead may be good for one and bad for another.",
    ]


def list_data(results: dict[str, Any]) -> list[str]:
    intake, folds = results["intake"], {row["fold"]: row for row in results["folds"]}
    period = ""
    if intake["first_lead_at"]:
        period = f", from {say_date(intake['first_lead_at'])} to {say_date(intake['last_lead_at'])}"
    sentences = [
        f"Source “{results['source']}”: {results['description']}",
        f"{say_leads(intake['leads'])} of {say_count(intake['persons'])} persons and {say_count(intake['activities'])} "
        f"activities{period}.",
    ]
    words = {"history": "Learned from", "test": "Tested on the newest"}
    sentences += [
        f"{word} {say_leads(folds[fold]['leads'])} at {say_count(folds[fold]['rows'])} scored moments; "
        f"{say_count(folds[fold]['conversions'])} of these leads convert."
        for fold, word in words.items()
        if fold in folds
    ]
    return sentences


def list_features(results: dict[str, Any]) -> list[str]:
    metrics = results["metrics"]
    hidden = ", ".join(name.replace("_", " ") for name in metrics["fairness"])
    late = ", ".join(name.replace("_", " ") for name in metrics["leakage"].get("columns", []))
    when = ["Only what was known at the moment of scoring is used."] if metrics["data"]["is_dated"] else []
    return [
        *when,
        f"Protected and so never used: {hidden}." if hidden else "No column of the source is declared protected.",
        f"Filled in after the outcome and so never used: {late}."
        if late
        else "No column is declared as filled in after the outcome.",
    ]


def tabulate_features(results: dict[str, Any]) -> tuple[str, list[str], list[list[str]]]:
    groups = Counter((metric.kind, metric.group) for metric in results["catalogue"])
    rows = [[f"{KINDS[kind]}: {group}", say_count(count)] for (kind, group), count in groups.items()]
    return "Metrics the model may use, beside the lead's age", ["Kind and group", "Metrics"], rows


def tabulate_figures(results: dict[str, Any]) -> tuple[str, list[str], list[list[str]]]:
    metrics = results["metrics"]
    others = {"With the true probabilities": metrics["truth"]} if "truth" in metrics else {}
    others |= {"Refitted step by step": metrics["rolling"]}
    rows = [
        [
            label,
            say_figure(metrics["test"], name, digits),
            *(say_figure(figures, name, digits) if name in figures else MISSING for figures in others.values()),
        ]
        for name, (label, digits) in FIGURES.items()
        if name in metrics["test"]
    ]
    caption = f"Figures of the test leads ({say_share(results['confidence'], 0)} intervals, resampled by person)"
    return caption, ["Measure", "Test", *others], rows


def list_beliefs(results: dict[str, Any]) -> list[str]:
    metrics = results["metrics"]
    return [
        say_belief(results),
        f"The calibration error is {say_decimal(metrics['test']['ece'] * 100, 1)} percentage points; perfect "
        f"probabilities would show up to {say_decimal(metrics['test']['ece_if_calibrated_95'] * 100, 1)} by chance.",
        say_cells(metrics["calibration_checks"], results["confidence"]),
    ]


def list_limits(results: dict[str, Any]) -> list[str]:
    """Return what the data cannot bear: the alerts of these data, and what holds for all."""
    return [
        *results["alerts"],
        "The outcomes are those of leads as they were worked on at the time; whoever was not contacted may have been "
        "lost for that reason.",
        "The figures are of the past: when offers, prices, channels or the sales team change, they may too.",
        "An interval says how far the figure moves with other test leads, not with another history to learn from.",
    ]


def list_makings(results: dict[str, Any], params: Params) -> list[str]:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    cuts = ", ".join(say_share(cut, 0) for cut in params.folds.cuts)
    return [
        f"Candidates and calibration were chosen forward in time, at {cuts} of the history's leads; the newest "
        f"{say_share(params.folds.test_share, 0)} of all leads were kept for the test and had no part in any choice.",
        f"Made by “dvc repro” with source “{results['source']}”, objective “{results['name']}” and seed "
        f"{params.model.seed} in params.yaml; {versions}.",
        "Beside this page: model.html, the whole report on the model.",
    ]


def write_markdown(title: str, parts: Sequence[Part]) -> str:
    """Return the card as Markdown; what comes from data cannot be read as markup."""
    lines = [f"# {escape_markdown(title)}", ""]
    for part in parts:
        lines += [f"## {part.title}", "", *(f"- {escape_markdown(sentence)}" for sentence in part.sentences), ""]
        if part.table:
            caption, head, rows = part.table
            lines += [escape_markdown(caption), "", write_row(head), write_row(["---"] * len(head), is_rule=True)]
            lines += [*(write_row(row) for row in rows), ""]
    return "\n".join(lines)


def write_row(cells: Sequence[str], is_rule: bool = False) -> str:
    return f"| {' | '.join(cells if is_rule else map(escape_markdown, cells))} |"


def escape_markdown(text: str) -> str:
    """Return text on one line whose characters mean nothing to Markdown or HTML.

    >>> escape_markdown("a|b <i> *c*")
    'a\\\\|b &lt;i&gt; \\\\*c\\\\*'
    """
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", escape(" ".join(text.split()), quote=False))


def write_page(title: str, parts: Sequence[Part], source: str) -> str:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    body = [f"<h1>{escape(title)}</h1>"]
    for part in parts:
        body.append(f"<h2>{escape(part.title)}</h2>")
        body.append(write_list(part.sentences) if len(part.sentences) > 1 else write_paragraph(part.sentences[0]))
        if part.table:
            caption, head, rows = part.table
            body.append(write_table(head, rows, caption))
    return PAGE.format(source=escape(f"{source}, {title}"), style=style, body="\n".join(body))


if __name__ == "__main__":
    run_stage(main)
