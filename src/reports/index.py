"""Stage `index`: the landing page of the reports, and the headline figures that DVC compares."""

from html import escape
from typing import Any

from src import paths
from src.files import write_json, write_text
from src.reports.render import TEMPLATES
from src.reports.results import collect_overview, name_objective
from src.reports.text import (
    say_count,
    say_date,
    say_decimal,
    say_difference,
    say_figure,
    say_probability,
    say_profit,
    say_quarantine,
    say_share,
    write_list,
    write_paragraph,
    write_table,
    write_verdict,
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
    reports = [*(scenario["link"] for scenario in overview["scenarios"].values()), *overview["models"].values()]
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
        period = f", which came in from {say_date(intake['first_lead_at'])} to {say_date(intake['last_lead_at'])}"
    rest = (
        f"The source “{overview['source']}” holds {say_count(intake['leads'])} leads{period}. The first paragraph of "
        "each report says where the cuts lie and what they earn."
    )
    parts = [
        "<h1>Which leads to call, to nurture, to leave</h1>",
        write_verdict("Open the scenario that is closest to your own.", rest),
        write_scenarios(overview),
        write_objectives(overview["objectives"]),
        write_models(overview["models"]),
    ]
    if overview["alerts"]:
        parts += ["<h2>Before you believe it</h2>", write_list(overview["alerts"])]
    return "\n".join(parts)


def write_scenarios(overview: dict[str, Any]) -> str:
    """Return one entry a scenario: its report, its cuts and what they earn."""
    items = []
    for scenario in overview["scenarios"].values():
        link = f'<a href="{escape(scenario["link"], quote=True)}">{escape(scenario["title"])}</a>'
        items.append(f"<li><strong>{link}</strong><br>{escape(say_outcome(scenario, overview['confidence']))}</li>")
    return f"<h2>Scenarios</h2><ul>{''.join(items)}</ul>"


def say_outcome(scenario: dict[str, Any], confidence: float) -> str:
    policy = scenario["policy"]
    if not policy["applicable"]:
        return "Not applicable to this source."
    cuts, test = policy["cuts"], policy["test"]
    nurture = f", nurture from {say_probability(cuts['discard'])}" if cuts["discard"] < cuts["sales"] else ""
    call = f"Call up to {scenario['capacity']} a week, usually" if scenario["capacity"] else "Call"
    profit, interval = say_profit(test)
    return (
        f"{call} from a probability of {say_probability(cuts['sales'])}{nurture}: {profit} on the "
        f"{say_count(test['leads'])} newest leads ({say_share(confidence, 0)} interval {interval}). "
        f"{say_difference(policy['difference'], 'The best simple rule', scenario['best_rule'])}"
    )


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
    head = ["Probability of", "Test leads that convert"]
    for measure in ("ROC-AUC", "Log loss"):
        head += [measure, *(["Best possible"] if has_truth else [])]
    legend = (
        "ROC-AUC: the chance that a lead that converts has a higher probability than one that does not (0.5 is a coin, "
        "1 is perfect). Log loss: the mean penalty for a probability far from what happened (lower is better)."
    )
    if has_truth:
        legend += " Best possible: the figure of the true probabilities, which only made-up data can know."
    table = write_table(
        head, rows, "How good the probabilities are, over all moments at which the newest leads were scored"
    )
    spam = [say_quarantine(figures["data"]["quarantine"], name_objective(name)) for name, figures in applicable.items()]
    # Without any spam all objectives say the same.
    return f"<h2>Probabilities</h2>{table}{write_paragraph(legend, 'note')}{write_list(list(dict.fromkeys(spam)))}"


def write_models(models: dict[str, str]) -> str:
    """Return the links to the reports on the models, one an objective."""
    links = [
        f'<a href="{escape(link, quote=True)}">{escape(name_objective(name))}</a>' for name, link in models.items()
    ]
    return f"<p>How each model was chosen and checked, and what it rests on: for {', for '.join(links)}.</p>"


if __name__ == "__main__":
    run_stage(main)
