"""Stage `index`: the landing page of the reports, and the headline figures that DVC compares."""

from html import escape
from typing import Any

from src import paths
from src.files import write_json, write_text
from src.reports.render import TEMPLATES
from src.reports.results import collect_overview, name_objective
from src.reports.text import (
    MISSING,
    say_amount,
    say_count,
    say_date,
    say_figure,
    say_probability,
    write_list,
    write_paragraph,
    write_table,
)
from src.stage import run_stage

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lead scoring: {source}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def main() -> str:
    overview = collect_overview()
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    write_text(PAGE.format(source=escape(overview["source"]), style=style, body=write_body(overview)), paths.INDEX)
    write_json(collect_headline(overview), paths.HEADLINE)
    reports = [scenario["link"] for scenario in overview["scenarios"].values()]
    return "\n".join([str(paths.INDEX), *(f"{paths.INDEX.parent}/{link}" for link in reports)])


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


def write_body(overview: dict[str, Any]) -> str:
    intake = overview["intake"]
    period = ""
    if intake["first_lead_at"]:
        period = f" that came in from {say_date(intake['first_lead_at'])} to {say_date(intake['last_lead_at'])}"
    opening = (
        f"{say_count(intake['leads'])} leads of the source {overview['source']}{period}. Open the scenario that is "
        "closest to your own: its first paragraph says where the cuts lie and what they earn."
    )
    parts = [
        "<h1>Which leads to call, to nurture, to leave</h1>",
        write_paragraph(opening, "verdict"),
        write_scenarios(overview["scenarios"]),
        write_objectives(overview["objectives"]),
    ]
    if overview["alerts"]:
        parts += ["<h2>Before you believe it</h2>", write_list(overview["alerts"])]
    return "\n".join(parts)


def write_scenarios(scenarios: dict[str, Any]) -> str:
    """Return one line a scenario: its report, its cuts and what they earn."""
    items = []
    for scenario in scenarios.values():
        link = f'<a href="{escape(scenario["link"], quote=True)}">{escape(scenario["title"])}</a>'
        items.append(f"<li>{link}: {escape(say_outcome(scenario['policy']))}</li>")
    return f"<h2>Scenarios</h2><ul>{''.join(items)}</ul>"


def say_outcome(policy: dict[str, Any]) -> str:
    if not policy["applicable"]:
        return "not applicable to this source."
    cuts, test = policy["cuts"], policy["test"]
    nurture = f", nurture from {say_probability(cuts['discard'])}" if cuts["discard"] < cuts["sales"] else ""
    return (
        f"call from {say_probability(cuts['sales'])}{nurture}; {say_amount(test['profit'])} on "
        f"{say_count(test['leads'])} leads of the test fold "
        f"({say_amount(test['profit_low'])} to {say_amount(test['profit_high'])})."
    )


def write_objectives(objectives: dict[str, Any]) -> str:
    """Return one row an objective: how good its probabilities are on the test fold."""
    rows = []
    for name, figures in objectives.items():
        if figures["applicable"]:
            test, truth = figures["test"], figures.get("truth", {})
            ideal = f"{truth['roc_auc']:.3f}, {truth['log_loss']:.3f}" if truth else MISSING
            cells = [say_figure(test, "roc_auc", 3), say_figure(test, "log_loss", 3), ideal]
            rows.append([name_objective(name).capitalize(), say_count(test["conversions"]), *cells])
    head = ["Probability of", "Conversions in the test", "ROC-AUC", "Log loss", "The same of the truth"]
    return "<h2>Probabilities</h2>" + write_table(head, rows, "On the newest leads, which no choice has seen")


if __name__ == "__main__":
    run_stage(main)
