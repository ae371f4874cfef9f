"""Measure the procedure on made worlds with known truth: ``python -m benchmarks.worlds [--seeds 10] [--worlds a,b]``.

Every world (`benchmarks.made_worlds`) goes through the product's own functions from the label on: folds, candidates,
choice, calibration, the frozen model and the refits step by step. Beside it stand libraries as they come
(`benchmarks.peers`), fitted on the same rows. What is measured is the excess of the expected log loss over the
truth's: the mean over the predicted leads of the divergence of the prediction from the true probability, so that no
luck of the outcomes is in it. Nothing of the product reads the truth.

The figures are written to ``benchmarks/results_worlds.json`` under the name given with ``--name``; what the peers
did is kept there and measured again only with ``--peers``.
"""

import argparse
import logging
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.made_worlds import BEGIN, DAYS, HORIZON, WORLDS, World
from benchmarks.peers import PEERS, make_metric
from src.data.objectives import needs_horizon, propose_horizon
from src.data.sources import Objective
from src.evaluation.rolling import take_known, take_rolled
from src.evaluation.walk import Step, list_steps, predict_steps, walk_steps
from src.features.catalogue import Metric
from src.files import read_json, write_json
from src.models.candidates import narrow_search
from src.models.dataset import decide_moments, fold_rows, label_rows
from src.models.encoding import AGE
from src.models.forward import fit_families
from src.models.measures import Ranking, measure_losses
from src.models.train import choose_model, search_forward
from src.params import Params, load_params
from src.stage import InputError

RESULTS = Path(__file__).parent / "results_worlds.json"
AS_OF = BEGIN + pd.Timedelta(days=DAYS + HORIZON)

NEWER = 100
"""Outcomes from after a change that must be known before the mean prediction is held against the truth."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--worlds", default=",".join(WORLDS))
    parser.add_argument("--name", default="procedure", help="what these figures of the procedure are called")
    parser.add_argument("--peers", action="store_true", help="measure the peers again")
    parser.add_argument("--dry", action="store_true", help="print and write nothing")
    options = parser.parse_args()
    params, found = load_params(), read_json(RESULTS) if RESULTS.exists() else {}
    for name in options.worlds.split(","):
        for seed in range(options.seeds):
            started = time.process_time()
            prepared = prepare_world(name, seed, params)
            known = found.get("peers", {}).get(name, {}).get(str(seed))
            if prepared is not None and (known is None or options.peers):
                known = measure_peers(*prepared, params)
            figures = measure_procedure(*prepared, params) if prepared is not None else {"refused": True}
            figures["cpu_s"] = round(time.process_time() - started, 1)
            for kind, part in ((options.name, figures), ("peers", known)):
                if part is not None:
                    found.setdefault(kind, {}).setdefault(name, {})[str(seed)] = round_numbers(part)
        print(describe(name, found, options.name, options.seeds), flush=True)
        if not options.dry:
            write_json(found, RESULTS)


def prepare_world(name: str, seed: int, params: Params) -> tuple[pd.DataFrame, list[Metric], World] | None:
    """Return the dataset of a world by the product's own functions, with ``truth``; None where it is refused."""
    rng = np.random.default_rng([seed, list(WORLDS).index(name)])
    world = WORLDS[name](rng)
    leads, outcomes = tell_history(world, rng)
    objective = Objective(converted=["won"], closed=["lost"], horizon_days=world.horizon)
    source = SimpleNamespace(is_dated=lambda: world.is_dated, get_as_of=lambda: AS_OF)
    try:
        if needs_horizon(source, objective, outcomes):
            days = propose_horizon(leads, outcomes[outcomes["kind"] == "won"], AS_OF)
            objective = objective.model_copy(update={"horizon_days": days})
        moments = decide_moments(leads["lead_id"], outcomes, objective, ["0h"])
        spine = leads[["lead_id"]].assign(snapshot_at=leads["created_at"], age="0h", age_days=0.0)
        rows = label_rows(spine, leads, moments, objective, source)
        nobody = pd.DataFrame({"lead_id": pd.Series(dtype=str), "reasons": pd.Series(dtype=str)})
        rows, _ = fold_rows(rows, nobody, objective, params.folds)
    except InputError as refusal:
        logging.info("%s: %s", name, refusal)
        return None
    truth = world.ever * (1.0 if objective.horizon_days is None else world.win_by(objective.horizon_days))
    features = world.features.assign(lead_id=leads["lead_id"], truth=truth)
    catalogue = [AGE, *(make_metric(world.features, column) for column in world.features)]
    return rows.merge(features, on="lead_id", validate="many_to_one"), catalogue, world


def tell_history(world: World, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the leads and what is known of their outcomes at the end of the data."""
    count = len(world.ever)
    created_at = BEGIN + pd.to_timedelta(np.arange(count) / count * DAYS, unit="D").round("s").as_unit("us")
    leads = pd.DataFrame({"lead_id": [f"L{place:06d}" for place in range(count)], "sequence": np.arange(count)})
    leads["person"] = leads["lead_id"] if world.person is None else [f"P{code}" for code in world.person]
    leads["created_at"] = created_at if world.is_dated else pd.Series(pd.NaT, leads.index, "datetime64[us]")
    wins = rng.random(count) < (world.ever if world.drawn is None else world.drawn)
    win_after = rng.uniform(0.01, 25, count) if world.win_after is None else world.win_after
    lose_after = rng.uniform(1, 30, count) if world.lose_after is None else world.lose_after
    days = np.where(wins, win_after, lose_after)
    occurred_at = pd.Series(created_at + pd.to_timedelta(days, unit="D").round("s"), leads.index)
    is_known = occurred_at <= AS_OF
    outcomes = pd.DataFrame({"lead_id": leads["lead_id"], "kind": np.where(wins, "won", "lost")})
    outcomes["occurred_at"] = occurred_at if world.is_dated else leads["created_at"]
    return leads, outcomes[is_known].reset_index(drop=True)


def split_rows(dataset: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(dataset[dataset["fold"] == fold].reset_index(drop=True) for fold in ("history", "test"))


def measure_procedure(
    dataset: pd.DataFrame, catalogue: list[Metric], world: World, params: Params
) -> dict[str, dict[str, float]]:
    """Return the figures of the frozen model and of the refits step by step."""
    history, test = split_rows(dataset)
    forward, search = search_forward(history, catalogue, params.folds.cuts, params.model)
    families = fit_families(history, catalogue, search, params.model)
    model, forward = choose_model(history, forward, search, families, catalogue, params.model)
    rows = take_known(dataset)
    steps = list_steps(rows, params.evaluation.refit_every)
    blocks = predict_steps(rows, steps, model, families, narrow_search(params.model, search.trees))
    predicted, choices = walk_steps(forward, steps, blocks, search.rounds, params)
    rolled = take_rolled(predicted, rows, model)
    rolled["truth"] = rolled["lead_id"].map(dataset.drop_duplicates("lead_id").set_index("lead_id")["truth"])
    p = rolled["probability"].to_numpy()
    return {
        "frozen": measure_figures(test["truth"].to_numpy(), model.predict(test), test["label"].to_numpy()),
        "rolling": measure_figures(rolled["truth"].to_numpy(), p, rolled["label"].to_numpy())
        | measure_mean(rolled, p, rows, steps, world),
        "chosen": {"family": model.family, "slope": model.calibrator.slope},
        "slopes": [choice.calibrator.slope for choice in choices],
    }


def measure_peers(
    dataset: pd.DataFrame, catalogue: list[Metric], world: World, params: Params
) -> dict[str, dict[str, float]]:
    """Return each peer's excess, frozen and refitted at the same steps."""
    names = [metric.name for metric in catalogue if metric is not AGE]
    history, test = split_rows(dataset)
    rows = take_known(dataset)
    steps = list_steps(rows, params.evaluation.refit_every)
    found = {}
    for name, fit in PEERS.items():
        frozen = fit(history[names], history["label"].to_numpy())(test[names])
        p, is_test = np.full(len(rows), np.nan), (rows["fold"] == "test").to_numpy()
        for step in steps:
            at = step.predict & is_test
            p[at] = fit(rows.loc[step.fit, names], rows.loc[step.fit, "label"].to_numpy())(rows.loc[at, names])
        found[name] = {
            "frozen": measure_excess(test["truth"].to_numpy(), frozen),
            "rolling": measure_excess(rows.loc[is_test, "truth"].to_numpy(), p[is_test]),
        }
    return found


def measure_excess(truth: np.ndarray, p: np.ndarray) -> float:
    """Return the mean divergence of predictions from the truth: what they cost in log loss, in expectation."""
    costs = [measure_losses(np.full(len(truth), outcome), p) for outcome in (0.0, 1.0)]
    least = [measure_losses(np.full(len(truth), outcome), truth) for outcome in (0.0, 1.0)]
    return float(np.mean((1 - truth) * (costs[0] - least[0]) + truth * (costs[1] - least[1])))


def measure_figures(truth: np.ndarray, p: np.ndarray, label: np.ndarray) -> dict[str, float]:
    ones = np.ones(len(p))
    return {
        "excess": measure_excess(truth, p),
        "mean": float(p.mean()),
        "truth": float(truth.mean()),
        "roc_auc": Ranking(label, p).measure_roc_auc(ones),
    }


def measure_mean(
    rolled: pd.DataFrame, p: np.ndarray, rows: pd.DataFrame, steps: list[Step], world: World
) -> dict[str, float]:
    """Return how far the mean prediction is from the truth, in joint standard errors, once enough is known.

    The steps that count are those that began with `NEWER` known outcomes from after the change. The joint error is
    that of the rate of these outcomes, of which the first such step had fewest, and of the outcomes predicted.
    """
    changed = world.changes_at * (rows["sequence"].max() + 1)
    newer = [int((step.fit & (rows["sequence"] >= changed)).sum()) for step in steps]
    counted = [number for number, count in enumerate(newer, start=1) if count >= NEWER]
    if not counted:
        return {}
    at = rolled["step"].isin(counted).to_numpy()
    truth = rolled["truth"].to_numpy()[at]
    variance = truth.mean() * (1 - truth.mean())
    error = np.sqrt(variance / newer[counted[0] - 1] + np.sum(truth * (1 - truth)) / len(truth) ** 2)
    return {
        "off": float((p[at].mean() - truth.mean()) / error),
        "off_log_odds": float((p[at].mean() - truth.mean()) / variance),
    }


def describe(world: str, found: dict[str, Any], name: str, seeds: int) -> str:
    """Return the figures of a world as lines: the procedure beside the best peer, each over the same seeds."""
    own = [found[name][world][str(seed)] for seed in range(seeds)]
    own = [(figures, found["peers"][world][str(seed)]) for seed, figures in enumerate(own) if "refused" not in figures]
    if not own:
        return f"{world:18} refused"
    lines = []
    for way in ("frozen", "rolling"):
        mine = np.array([figures[way]["excess"] for figures, _ in own])
        peers = {peer: np.array([figures[peer][way] for _, figures in own]) for peer in PEERS}
        best = min(peers, key=lambda peer: peers[peer].mean())
        error = np.std(mine - 1.15 * peers[best], ddof=1) / np.sqrt(len(mine)) if len(mine) > 1 else 0.0
        ratio = mine.mean() / peers[best].mean()
        holds = mine.mean() <= 1.15 * peers[best].mean() + 2 * error
        level = np.mean([figures[way]["mean"] - figures[way]["truth"] for figures, _ in own])
        lines.append(
            f"{world:18} {way:8} {mine.mean():.5f}  best {best:18} {peers[best].mean():.5f} ratio {ratio:5.2f} "
            f"{'' if holds else 'MISSED'}{' >1.5' if ratio > 1.5 else ''} one rate {peers['base_rate'].mean():.5f} "
            f"mean off {level:+.4f}"
        )
    off = [figures["rolling"]["off"] for figures, _ in own if "off" in figures["rolling"]]
    families = [figures["chosen"]["family"] for figures, _ in own]
    slopes = [slope for figures, _ in own for slope in [figures["chosen"]["slope"], *figures["slopes"]]]
    cpu = np.mean([figures["cpu_s"] for figures, _ in own])
    lines.append(
        f"{'':18} within 2 SE {sum(abs(value) <= 2 for value in off)} of {len(off)}; slopes {min(slopes):.2f} to "
        f"{max(slopes):.2f}; {', '.join(f'{families.count(one)} {one}' for one in sorted(set(families)))}; {cpu:.1f} s"
    )
    return "\n".join(lines)


def round_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: round_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [round_numbers(part) for part in value]
    return round(value, 6) if isinstance(value, float) else value


if __name__ == "__main__":
    os.nice(10)
    main()
