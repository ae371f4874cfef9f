"""Figures of the documentation come from files: ``python -m benchmarks.figures [collect]``.

``collect`` takes the figures of the source that was run last from ``metrics/`` into ``results_sources.json``. Without
it the tables of ``docs/figures.md`` are written from that file and from ``results_worlds.json``, between lines that
name them; a test compares the two.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.implicit import RESULTS
from benchmarks.peers import PEERS
from benchmarks.worlds import RESULTS as WORLDS_RESULTS
from src.files import read_json, write_json
from src.params import load_params

ROOT = Path(__file__).parents[1]
SOURCES_RESULTS = Path(__file__).parent / "results_sources.json"
FIGURES = ROOT / "docs" / "figures.md"

CANDIDATES = ("base_rate", "newest", "points", "naive_bayes", "logistic", "boosting", "average")


def main() -> None:
    if sys.argv[1:] == ["collect"]:
        collect_figures()
    text = FIGURES.read_text(encoding="utf-8")
    FIGURES.write_text(replace_tables(text), encoding="utf-8")


def collect_figures() -> None:
    """Take what the last run measured of each objective of its source."""
    params = load_params()
    found = read_json(SOURCES_RESULTS) if SOURCES_RESULTS.exists() else {}
    for objective in params.objectives:
        path = ROOT / "metrics" / f"{objective}.json"
        metrics = read_json(path) if path.exists() else {}
        if metrics.get("source") == params.source and metrics["applicable"]:
            found[f"{params.source}, {objective}"] = pick_figures(metrics)
    if params.source == "sample":
        found["profits"] = pick_profits({name: part.objective for name, part in params.scenarios.items()})
    write_json(found, SOURCES_RESULTS)


def pick_figures(metrics: dict[str, Any]) -> dict[str, Any]:
    names = ("roc_auc", "log_loss", "calibration_slope")
    test = {f"{name}{end}": metrics["test"][f"{name}{end}"] for name in names for end in ("", "_low", "_high")}
    rolling, intervals = metrics["rolling"], metrics["intervals"]
    ages = metrics["test"]["by_age"]
    return {
        "champion": metrics["champion"],
        "weights": [step["weight"] for step in rolling["steps"]],
        "test": test,
        "truth": metrics.get("truth", {}).get("log_loss"),
        "slopes": {
            age: [part[f"calibration_slope{end}"] for end in ("", "_low", "_high")] for age, part in ages.items()
        },
        "coverage": intervals.get("coverage"),
        "coverage_by_age": {age: part.get("coverage") for age, part in intervals["by_age"].items()},
        "median_width": intervals["median_width"],
        "rolling": {name: rolling[name] for name in ("roc_auc", "log_loss")},
        "refitting": rolling["difference"],
        "candidates": {name: part["log_loss"] for name, part in metrics["candidates"]["test"].items()},
        "forward": {name: part["log_loss"] for name, part in metrics["candidates"]["forward"].items()},
    }


def replace_tables(text: str) -> str:
    """Return the text with each table between its lines written anew."""
    for name, render in TABLES.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{FIGURES} has no table {name}")
        text = text.partition(begin)[0] + begin + render() + end + text.partition(end)[2]
    return text


def render_sources() -> str:
    rows = ["| source, objective | model | ROC-AUC | log loss | slope | true probabilities | above them |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name, figures in read_sources().items():
        test, truth = figures["test"], figures["truth"]
        above = f"{test['log_loss'] / truth - 1:.1%}".replace("%", " %") if truth else ""
        rows.append(
            f"| `{name.split(', ')[0]}`, {name.split(', ')[1]} | {figures['champion']} "
            f"| {write_interval(test, 'roc_auc', 3)} | {write_interval(test, 'log_loss', 4)} "
            f"| {write_interval(test, 'calibration_slope', 2)} | {write_number(truth, 4)} | {above} |"
        )
    return "\n".join(rows) + "\n"


def render_candidates() -> str:
    found = read_sources()
    rows = ["| candidate | " + " | ".join(found) + " |", "|---" * (len(found) + 1) + "|"]
    for candidate in CANDIDATES:
        losses = [figures["candidates"].get(candidate) for figures in found.values()]
        bold = [figures["champion"] == candidate for figures in found.values()]
        cells = [
            f"**{write_number(loss, 4)}**" if is_it else write_number(loss, 4)
            for loss, is_it in zip(losses, bold, strict=True)
        ]
        rows.append(f"| {candidate.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def render_ages() -> str:
    rows = ["| source, objective | calibration slope by age | intervals hold the truth, by age |", "|---|---|---|"]
    for name, figures in read_sources().items():
        if figures["truth"] is None:
            continue
        slopes = [f"{age} {slope:.2f} ({low:.2f}–{high:.2f})" for age, (slope, low, high) in figures["slopes"].items()]
        held = [f"{age} {share:.0%}".replace("%", " %") for age, share in figures["coverage_by_age"].items()]
        rows.append(f"| {name} | {', '.join(slopes)} | {', '.join(held)} |")
    return "\n".join(rows) + "\n"


def render_rolling() -> str:
    rows = ["| source, objective | refitted | frozen | difference | weights of boosting |", "|---|---|---|---|---|"]
    for name, figures in read_sources().items():
        rolling, test, change = figures["rolling"], figures["test"], figures["refitting"]
        low, high = change["loss_difference_low"], change["loss_difference_high"]
        rows.append(
            f"| {name} | {rolling['roc_auc']:.3f} / {rolling['log_loss']:.4f} | {test['roc_auc']:.3f} / "
            f"{test['log_loss']:.4f} | {change['loss_difference']:+.4f} ({low:+.4f} to {high:+.4f}) "
            f"| {', '.join(f'{weight:g}' for weight in figures['weights'])} |"
        )
    return "\n".join(rows) + "\n"


def render_worlds() -> str:
    """Return each world's excess over the truth's log loss, before, now, and by the best peer, over common seeds."""
    found = read_json(WORLDS_RESULTS)
    rows = ["| world | seeds | frozen: before | now | best peer | ratio | rolling: before | now | best peer | ratio |"]
    rows.append("|---|---|---|---|---|---|---|---|---|---|")
    for world, now in found["procedure"].items():
        before = found.get("before", {}).get(world, {})
        seeds = [seed for seed in now if seed in found["peers"].get(world, {}) and "refused" not in now[seed]]
        if not seeds:
            continue
        cells = [world.replace("_", " "), str(len(seeds))]
        for way in ("frozen", "rolling"):
            own = np.mean([now[seed][way]["excess"] for seed in seeds])
            known = [before[seed] for seed in seeds if seed in before]
            old = [figures[way]["excess"] for figures in known if "refused" not in figures]
            peers = {peer: np.mean([found["peers"][world][seed][peer][way] for seed in seeds]) for peer in PEERS}
            best = min(peers, key=lambda peer: peers[peer])
            # Of other seeds than now nothing is said.
            earlier = "–" if len(known) < len(seeds) else f"{np.mean(old) * 1e4:.0f}" if old else "refused"
            cells += [earlier, f"{own * 1e4:.0f}", f"{peers[best] * 1e4:.0f} {best.replace('_', ' ')}"]
            cells.append(f"{own / peers[best]:.2f}")
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


REFERENCES = {
    "0h": ((0.452, 0.627), (0.458, 0.622)),
    "1h": ((0.547, 0.706), (0.545, 0.701)),
    "1d": ((0.629, 0.684), (0.612, 0.678)),
    "3d": ((0.641, 0.667), (0.616, 0.647)),
    "7d": ((0.607, 0.715), (0.592, 0.702)),
    "14d": ((0.526, 0.802), (0.480, 0.830)),
}
"""Log loss and ROC-AUC of default boosting and a default regression on 36 hand-made features, by age."""


def render_profits() -> str:
    """Return what each scenario earns of what the true probabilities would, in percent."""
    rows = ["| scenario | by outcomes | expected | best cuts, expected |", "|---|---|---|---|"]
    for scenario, shares in read_json(SOURCES_RESULTS)["profits"].items():
        rows.append(f"| {scenario} | " + " | ".join(f"{share * 100:.1f} %" for share in shares) + " |")
    return "\n".join(rows) + "\n"


def pick_profits(scenarios: dict[str, str]) -> dict[str, list[float]]:
    """Return the share of the truth's profit by scenario: on the outcomes, in expectation, by the best cuts."""
    found = {}
    for scenario, objective in scenarios.items():
        test = read_json(ROOT / "metrics" / "policies" / f"{objective}-{scenario}.json")["test"]
        truth, expected = test["profit_of_truth"], test["expected"]
        earned = (truth + test["less_than_truth"]["profit"]) / truth
        found[scenario] = [earned, *(expected[name] / expected["truth"] for name in ("chosen", "of_best_cuts"))]
    return found


def read_sources() -> dict[str, Any]:
    """Return the figures of each objective of each source."""
    return {name: part for name, part in read_json(SOURCES_RESULTS).items() if name != "profits"}


def render_protocol() -> str:
    found = read_json(RESULTS)["bpi2012"]
    rows = ["| age | this pipeline | default boosting | default logistic |", "|---|---|---|---|"]
    for age, references in REFERENCES.items():
        own = (found[age]["log_loss"], found[age]["roc_auc"])
        cells = [f"{write_number(loss, 3)} / {write_number(auc, 3)}" for loss, auc in (own, *references)]
        rows.append(f"| {age} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def write_interval(figures: dict[str, float], name: str, digits: int) -> str:
    value, low, high = (write_number(figures[f"{name}{end}"], digits) for end in ("", "_low", "_high"))
    return f"{value} ({low}–{high})"


def write_number(value: float | None, digits: int) -> str:
    return (
        ""
        if value is None
        else f"{value:.{digits}f}".replace("0.", ".", 1)
        if abs(value) < 1
        else f"{value:.{digits}f}"
    )


TABLES: dict[str, Callable[[], str]] = {
    "sources": render_sources,
    "candidates": render_candidates,
    "ages": render_ages,
    "rolling": render_rolling,
    "worlds": render_worlds,
    "bpi2012": render_protocol,
    "profits": render_profits,
}

if __name__ == "__main__":
    main()
