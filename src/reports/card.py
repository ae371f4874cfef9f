"""An objective's model on one page, as HTML and as Markdown, for readers outside the team."""

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
from src.reports.fragments import write_list, write_paragraph, write_table
from src.reports.index import fill_page
from src.reports.language import mark, say, use_language, write_digits
from src.reports.measures import say_family
from src.reports.metric_words import say_stored
from src.reports.model.calibration import say_cells
from src.reports.model.page import KINDS, say_belief, say_promise
from src.reports.model.results import collect_model_results
from src.reports.render import TEMPLATES
from src.reports.text import MISSING, say_count, say_date, say_decimal, say_figure, say_leads, say_share
from src.stage import read_item, run_stage

PACKAGES = ("lightgbm", "numpy", "pandas", "scipy")
"""What the figures come from; their versions are pinned."""

FIGURES = {
    "roc_auc": ("ROC-AUC", 3),
    "log_loss": (mark("Log loss"), 4),
    "brier": (mark("Brier score"), 4),
    "base_rate": (mark("Share that converts"), 4),
    "mean_probability": (mark("Mean probability"), 4),
    "calibration_slope": (mark("Calibration slope"), 2),
    "calibration_intercept": (mark("Calibration intercept"), 2),
    "ece": (mark("Calibration error (ECE)"), 4),
}


@dataclass(frozen=True)
class Part:
    """A part of the card: sentences, and a table (caption, head, rows) where there is one."""

    title: str
    sentences: Sequence[str]
    table: tuple[str, Sequence[str], Sequence[Sequence[str]]] | None = None


def main() -> str:
    params = load_params()
    use_language(params.report.language)
    name = params.check_objective(read_item())
    results = collect_model_results(name) | {"description": load_source(params.source).description}

    title = say("Model card: the probability of {objective}", objective=results["objective"])
    parts = list_parts(results, params)

    path = paths.card(name)
    write_text(write_markdown(title, parts), path)
    write_text(write_page(title, parts, results["source"]), path.with_suffix(".html"))
    return f"{path} and {path.with_suffix('.html')}"


def list_parts(results: dict[str, Any], params: Params) -> list[Part]:
    """Return the parts of the card in their order; of an objective that does not apply only that."""
    if not results["is_applicable"]:
        reason = say(
            "The source “{source}” does not say which leads end in {objective}.",
            source=results["source"],
            objective=results["objective"],
        )
        return [Part(say("Not applicable"), [reason])]
    return [
        Part(say("What it is"), list_purpose(results)),
        Part(say("What it is for"), list_uses(results)),
        Part(say("What it is not for"), list_misuses(results)),
        Part(say("Data"), list_data(results)),
        Part(say("Features"), list_features(results), tabulate_features(results)),
        Part(say("Figures"), [say_promise(results)], tabulate_figures(results)),
        Part(say("Can the probabilities be believed?"), list_beliefs(results)),
        Part(say("Known limits"), list_limits(results)),
        Part(say("How it was made"), list_makings(results, params)),
    ]


def list_purpose(results: dict[str, Any]) -> list[str]:
    horizon = results["metrics"]["data"]["horizon_days"]
    within = (
        say("within {horizon} days", horizon=write_digits(format(horizon, "g")))
        if horizon is not None
        else say("in the end, however long that takes")
    )
    return [
        say(
            "For each lead the probability that it ends in {objective} {within}, given what was known when "
            "it was scored and that it was still open then.",
            objective=results["objective"],
            within=within,
        ),
        say(
            "The model is {family}. Log-odds are a base, plus what the lead told us (fit), plus what it did "
            "(engagement), exactly.",
            family=say_family(results["metrics"]),
        ),
    ]


def list_uses(results: dict[str, Any]) -> list[str]:
    return [
        say(
            "To decide which leads to call, to nurture or to leave, by cuts on the probability of "
            "{objective}; the reports of the scenarios say which cuts and what they earn.",
            objective=results["objective"],
        ),
        say(
            "For leads like those of the source “{source}”, scored at the ages it was tested at.",
            source=results["source"],
        ),
    ]


def list_misuses(results: dict[str, Any]) -> list[str]:
    return [
        say("To say what calling a lead would change: it tells who converts, not who converts because of it."),
        say("To judge a person, a salesperson or a channel; to refuse anybody a service, credit or a job."),
        say(
            "For leads of another company, offer or country, or after the way of winning leads has changed, "
            "before it was tested there."
        ),
        say(
            "For other ends than {objective}: a lead may be good for one and bad for another.",
            objective=results["objective"],
        ),
    ]


def list_data(results: dict[str, Any]) -> list[str]:
    intake, folds = results["intake"], {row["fold"]: row for row in results["folds"]}
    period = ""
    if intake["first_lead_at"]:
        period = say(
            ", from {first_lead_at} to {last_lead_at}",
            first_lead_at=say_date(intake["first_lead_at"]),
            last_lead_at=say_date(intake["last_lead_at"]),
        )
    sentences = [
        say("Source “{source}”: {description}", source=results["source"], description=results["description"]),
        say(
            "{leads} of {persons} persons and {activities} activities{period}.",
            leads=say_leads(intake["leads"]),
            persons=say_count(intake["persons"]),
            activities=say_count(intake["activities"]),
            period=period,
        ),
    ]
    words = {"history": say("Learned from"), "test": say("Tested on the newest")}
    sentences += [
        say(
            "{word} {leads} at {rows} scored moments; {conversions} of these leads convert.",
            word=word,
            leads=say_leads(folds[fold]["leads"]),
            rows=say_count(folds[fold]["rows"]),
            conversions=say_count(folds[fold]["conversions"]),
        )
        for fold, word in words.items()
        if fold in folds
    ]
    return sentences


def list_features(results: dict[str, Any]) -> list[str]:
    metrics = results["metrics"]
    hidden = ", ".join(name.replace("_", " ") for name in metrics["fairness"])
    late = ", ".join(name.replace("_", " ") for name in metrics["leakage"].get("columns", []))
    when = [say("Only what was known at the moment of scoring is used.")] if metrics["data"]["is_dated"] else []
    return [
        *when,
        say("Protected and so never used: {hidden}.", hidden=hidden)
        if hidden
        else say("No column of the source is declared protected."),
        say("Filled in after the outcome and so never used: {late}.", late=late)
        if late
        else say("No column is declared as filled in after the outcome."),
    ]


def tabulate_features(results: dict[str, Any]) -> tuple[str, list[str], list[list[str]]]:
    groups = Counter((metric.kind, metric.group) for metric in results["catalogue"])
    rows = [[f"{say(KINDS[kind])}: {say_stored(group)}", say_count(count)] for (kind, group), count in groups.items()]
    return say("Metrics the model may use, beside the lead's age"), [say("Kind and group"), say("Metrics")], rows


def tabulate_figures(results: dict[str, Any]) -> tuple[str, list[str], list[list[str]]]:
    metrics = results["metrics"]
    others = {say("With the true probabilities"): metrics["truth"]} if "truth" in metrics else {}
    others |= {say("Refitted step by step"): metrics["rolling"]}
    rows = [
        [
            say(label),
            say_figure(metrics["test"], name, digits),
            *(say_figure(figures, name, digits) if name in figures else MISSING for figures in others.values()),
        ]
        for name, (label, digits) in FIGURES.items()
        if name in metrics["test"]
    ]
    caption = say(
        "Figures of the test leads ({confidence} intervals, resampled by person)",
        confidence=say_share(results["confidence"], 0),
    )
    return caption, [say("Measure"), say("Test"), *others], rows


def list_beliefs(results: dict[str, Any]) -> list[str]:
    metrics = results["metrics"]
    return [
        say_belief(results),
        say(
            "The calibration error is {ece} percentage points; perfect probabilities would show up to "
            "{ece_if_calibrated_95} by chance.",
            ece=say_decimal(metrics["test"]["ece"] * 100, 1),
            ece_if_calibrated_95=say_decimal(metrics["test"]["ece_if_calibrated_95"] * 100, 1),
        ),
        say_cells(metrics["calibration_checks"], results["confidence"]),
    ]


def list_limits(results: dict[str, Any]) -> list[str]:
    """Return what the data cannot bear: the alerts of these data, and what holds for all."""
    return [
        *results["alerts"],
        say(
            "The outcomes are those of leads as they were worked on at the time; whoever was not contacted "
            "may have been lost for that reason."
        ),
        say("The figures are of the past: when offers, prices, channels or the sales team change, they may too."),
        say("An interval says how far the figure moves with other test leads, not with another history to learn from."),
    ]


def list_makings(results: dict[str, Any], params: Params) -> list[str]:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    cuts = ", ".join(say_share(cut, 0) for cut in params.folds.cuts)
    return [
        say(
            "Candidates and calibration were chosen forward in time, at {cuts} of the history's leads; the "
            "newest {test_share} of all leads were kept for the test and had no part in any choice.",
            cuts=cuts,
            test_share=say_share(params.folds.test_share, 0),
        ),
        say(
            "Made by “dvc repro” with source “{source}”, objective “{name}” and seed {seed} in params.yaml; "
            "{versions}.",
            source=results["source"],
            name=results["name"],
            seed=params.model.seed,
            versions=versions,
        ),
        say("Beside this page: model.html, the whole report on the model."),
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
    return fill_page(source + ", " + title, style, "\n".join(body))


if __name__ == "__main__":
    run_stage(main)
