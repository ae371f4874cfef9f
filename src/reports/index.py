"""The landing page of the reports, and the headline figures that DVC compares."""

from html import escape
from pathlib import Path
from typing import Any

from src import paths
from src.files import write_metrics, write_text
from src.params import load_params
from src.reports.audit import say_verdict
from src.reports.fragments import write_list, write_paragraph, write_table, write_verdict
from src.reports.language import get_language, say, use_language
from src.reports.measures import say_quarantine
from src.reports.render import COMPARED, COMPARED_TITLE, TEMPLATES
from src.reports.results import collect_overview, name_objective, read_figures
from src.reports.scenarios import (
    list_verdict,
    list_warnings,
    name_scenario,
    say_best_rule,
    say_truth,
    take_applicable,
    write_profits,
    write_scenarios,
)
from src.reports.text import say_count, say_date, say_decimal, say_figure, say_names, say_share
from src.stage import run_stage

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
"""As the template of the reports: whatever slips into the page can load and send nothing."""


def main() -> str:
    use_language(load_params().report.language)
    landing = collect_landing()
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "report" / "tables.js").read_text(encoding="utf-8")
    body = f"{write_body(landing)}\n<script>{script}</script>"
    write_text(fill_page(landing["source"], style, body), paths.INDEX)
    write_metrics(collect_headline(landing), paths.HEADLINE)
    scenarios = [scenario["link"] for scenario in landing["scenarios"].values()]
    reports = [*scenarios, landing["comparison"], *landing["models"].values(), *landing["cards"].values()]
    return "\n".join([str(paths.INDEX), *(f"{paths.INDEX.parent}/{link}" for link in reports)])


def collect_landing() -> dict[str, Any]:
    """Return what the landing page shows.

    Returns
    -------
    dict
        That of `collect_overview`, each scenario with its short ``label`` and the ``alerts`` with those
        of the base rate, and with ``audits`` (of each objective that is applicable), ``comparison`` (a
        link) and ``cards`` (one by objective).
    """
    overview = collect_overview()
    labelled = {name: scenario | {"label": name_scenario(name)} for name, scenario in overview["scenarios"].items()}
    applicable = [name for name, figures in overview["objectives"].items() if figures["applicable"]]
    return overview | {
        "scenarios": labelled,
        "alerts": list_warnings(overview),
        "audits": {name: read_figures(paths.audit(name), overview["source"]) for name in applicable},
        "comparison": f"{COMPARED}.html",
        "cards": {name: name_page(paths.card(name).with_suffix(".html")) for name in overview["objectives"]},
    }


def fill_page(name: str, style: str, body: str) -> str:
    """Return a whole page, its title made of `name`."""
    title = escape(say("Lead scoring: {name}", name=name))
    return PAGE.format(language=get_language(), title=title, style=style, body=body)


def name_page(path: Path) -> str:
    """Return a page's address as seen from the landing page."""
    return path.relative_to(paths.INDEX.parent).as_posix()


def collect_headline(overview: dict[str, Any]) -> dict[str, Any]:
    """Return the few figures to compare between runs: discrimination, loss and profit."""
    headline: dict[str, Any] = {}
    for name, figures in overview["objectives"].items():
        if figures["applicable"]:
            headline[name] = {key: figures["test"][key] for key in ("roc_auc", "log_loss")}
    headline["profit"] = {
        name: scenario["policy"]["test"]["profit"]
        for name, scenario in overview["scenarios"].items()
        if scenario["policy"]["applicable"]
    }
    return headline


def write_body(landing: dict[str, Any]) -> str:
    count = len(landing["alerts"])
    what = say("one thing") if count == 1 else say("{count} things", count=count)
    link = (
        '<p class="note">'
        + say('Before you rely on it, read <a href="#alerts">{what} about the data</a>.', what=what)
        + "</p>"
    )
    parts = [
        ("<h1>" + say("Which leads to call, to nurture, to leave") + "</h1>"),
        write_summary(landing) + (link if count else ""),
        write_order(landing),
        write_economics(landing),
        write_objectives(landing["objectives"]),
    ]
    if landing["audits"]:
        parts.append("<h2>" + say("The data") + f"</h2>{write_list(list_data(landing))}")
    alerts = (
        write_list(landing["alerts"]) if count else write_paragraph(say("Nothing in the data calls for a warning."))
    )
    parts.append('<h2 id="alerts">' + say("Before you believe it") + f"</h2>{alerts}")
    return "\n".join([*parts, ("<h2>" + say("Make it again") + f"</h2>{write_paragraph(say_making(landing))}")])


def write_summary(landing: dict[str, Any]) -> str:
    """Return the first paragraph: whether the cuts hold, on which leads, and where to go from here."""
    applicable = take_applicable(landing)
    if not applicable:
        return write_verdict(say("No scenario is applicable to this source."), say_leads_read(landing))
    first, *rest = list_verdict(applicable)
    basis = say(
        "{leads_read} The newest are the test, from which nothing was learned.", leads_read=say_leads_read(landing)
    )
    where = say("Open the scenario that is closest to your own: its first paragraph says where the cuts lie.")
    return write_verdict(first, " ".join([*rest, basis, where]))


def write_order(landing: dict[str, Any]) -> str:
    """Return what to read first, and which question each report answers."""
    models = {name_objective(name): link for name, link in landing["models"].items()}
    cards = {say("for {name}", name=name_objective(name)): link for name, link in landing["cards"].items()}
    items = [
        say(
            '<a href="#scenarios">A scenario</a>: whom to call, whom to nurture and what that earns, with '
            "two handles to try cuts of your own. Enough to decide."
        ),
        say(
            "{comparison}: how far the cuts depend on what you assume.",
            comparison=write_link(landing["comparison"], say(COMPARED_TITLE)),
        ),
        say("How each model was chosen and checked, and what it rests on: {models}.", models=write_links(models)),
        say("Model cards, one page each, for whoever did not make it: {cards}.", cards=write_links(cards)),
    ]
    return "<h2>" + say("What to read first") + "</h2><ol>" + "".join(f"<li>{item}</li>" for item in items) + "</ol>"


def write_link(link: str, text: str) -> str:
    return f'<a href="{escape(link, quote=True)}">{escape(text)}</a>'


def write_links(links: dict[str, str]) -> str:
    return ", ".join(write_link(link, text) for text, link in links.items())


def write_economics(landing: dict[str, Any]) -> str:
    """Return each scenario with its report and what to do, and what that earned."""
    scenarios = '<h2 id="scenarios">' + say("Scenarios") + f"</h2>{write_scenarios(landing)}"
    if not take_applicable(landing):
        return scenarios
    note = " ".join(filter(None, [say_best_rule(), say_truth(landing)]))
    return scenarios + write_profits(landing) + write_paragraph(note, "note")


def write_objectives(objectives: dict[str, Any]) -> str:
    """Return one row an objective: how good its probabilities are on the test leads."""
    applicable = {name: figures for name, figures in objectives.items() if figures["applicable"]}
    if not applicable:
        return ""
    has_truth = any("truth" in figures for figures in applicable.values())
    rows = []
    for name, figures in applicable.items():
        test, truth = figures["test"], figures.get("truth", {})
        row = [name_objective(name).capitalize(), say_count(figures["data"]["conversions"]["test"])]
        for measure in ("roc_auc", "log_loss"):
            row += [say_figure(test, measure, 3), *([say_decimal(truth.get(measure), 3)] if has_truth else [])]
        rows.append(row)
    head = [say("Probability of"), say("Test leads that convert")]
    for measure in ("ROC-AUC", say("Log loss")):
        head += [measure, *([say("Best possible")] if has_truth else [])]
    legend = say(
        "ROC-AUC: that share of the pairs (0.5 is a coin, 1 is perfect). Log loss: the mean penalty for "
        "a probability far from what happened (lower is better)."
    )
    if has_truth:
        legend += say(" Best possible: the figure of the true probabilities, which only made-up data can know.")
    table = write_table(
        head, rows, say("How good the probabilities are, over all moments at which the newest leads were scored")
    )
    finding = write_paragraph(say_order(applicable))
    return "<h2>" + say("Probabilities") + f"</h2>{finding}{table}{write_paragraph(legend, 'note')}"


def say_order(objectives: dict[str, Any]) -> str:
    """Return in how many of a hundred pairs the probability puts the lead that converts first."""
    shares = [
        say(
            "{roc_auc} of the pairs for {name}",
            roc_auc=say_share(figures["test"]["roc_auc"], 0),
            name=name_objective(name),
        )
        for name, figures in objectives.items()
    ]
    return say(
        "Of a lead that converts and one that does not, the first has the higher probability in {shares}.",
        shares=say_names(shares),
    )


def say_leads_read(landing: dict[str, Any]) -> str:
    """Return how many leads there are and, where it is known, of when."""
    intake = landing["intake"]
    period = ""
    if intake["first_lead_at"]:
        period = say(
            ", which came in from {first_lead_at} to {last_lead_at}",
            first_lead_at=say_date(intake["first_lead_at"]),
            last_lead_at=say_date(intake["last_lead_at"]),
        )
    return say(
        "The source “{source}” holds {leads} leads{period}.",
        source=landing["source"],
        leads=say_count(intake["leads"]),
        period=period,
    )


def list_data(landing: dict[str, Any]) -> list[str]:
    """Return which leads are the test of each objective, what the audit found, and what is set apart as spam."""
    sentences, spam = [], []
    for name, audit in landing["audits"].items():
        objective, data = name_objective(name).capitalize(), landing["objectives"][name]["data"]
        when = (
            say(
                ", of {test_from} to {test_until}",
                test_from=say_date(data["test_from"]),
                test_until=say_date(data["test_until"]),
            )
            if data["test_from"]
            else ""
        )
        tested = data["leads"].get("test", 0)
        sentences.append(
            say(
                "{objective}: tested on the {tested} newest leads{when}. {audit}",
                objective=objective,
                tested=say_count(tested),
                when=when,
                audit=say_audit(audit),
            )
        )
        spam.append(say_quarantine(data["quarantine"], name_objective(name)))
    # Without any spam all objectives say the same.
    return [*sentences, *dict.fromkeys(spam)]


def say_audit(audit: dict[str, Any]) -> str:
    """Return in one line whether a column may know the outcome."""
    return (
        say("Audit: {audit}", audit=say_verdict(audit))
        if audit["metrics"]
        else say("Audit: the history is too short for one.")
    )


def say_making(landing: dict[str, Any]) -> str:
    return say(
        "All pages come from “dvc repro” with source “{source}” in params.yaml. Change a value there, "
        "add a scenario or exchange the data, and run it again: only what depends on it is made anew.",
        source=landing["source"],
    )


if __name__ == "__main__":
    run_stage(main)
