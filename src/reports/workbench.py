"""What the notebooks for people work with: the data in one line, another model against ours, other thresholds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from src import paths
from src.evaluation.explore import decay, group_metric, measure_rates
from src.evaluation.walk import list_steps
from src.features.catalogue import Metric, read_catalogue
from src.files import read_table
from src.models.folds import list_forward_folds
from src.models.measures import Ranking, draw_weights, find_interval, measure_losses
from src.params import Scenario, load_params
from src.policies.economics import ROUTES, find_crossing, find_levels
from src.policies.explorer import measure_routes, route_by_levels
from src.policies.figures import compare_profits
from src.policies.results import read_policy
from src.policies.routing import count_routes, route_leads, take_routes
from src.reports.charts import BLUE, GREY, ORANGE, Picture, new_picture, styled
from src.reports.language import gettext as _
from src.reports.names import write_metric
from src.stage import InputError

CATALOGUES = (paths.EXPLICIT_CATALOGUE, paths.IMPLICIT_CATALOGUE, paths.TOTALS_CATALOGUE)
KEPT = ("history", "embargoed", "test")
"""The folds whose outcomes are known."""


@dataclass(frozen=True)
class Folds:
    """How the rows of a dataset are parted in time; both lists are what scikit-learn takes as ``cv``.

    Attributes
    ----------
    rows : DataFrame
        Keys, person, age, times and fold of each row.
    out_of_fold : list of (ndarray, ndarray)
        Within the training period: positions to fit on, and later ones to predict.
    rolling : list of (ndarray, ndarray)
        Over the test period: at each step everything known by then, and the leads until the next step.
    catalogue : list of Metric
        Of the features, but for the lead's age.
    """

    rows: pd.DataFrame
    out_of_fold: list[tuple[np.ndarray, np.ndarray]]
    rolling: list[tuple[np.ndarray, np.ndarray]]
    catalogue: list[Metric]

    @property
    def first(self) -> np.ndarray:
        """Which rows are the first snapshot of their lead: each lead once."""
        return ~self.rows["lead_id"].duplicated().to_numpy()


def load_dataset(objective: str) -> tuple[pd.DataFrame, pd.Series, Folds]:
    """Return features, label and folds of every snapshot whose outcome is known, in order of creation.

    Numbers are floats with NaN for unknown, categories of the type ``category``; ``age_days`` is the age of the lead.

    Raises
    ------
    InputError
        ``unknown_objective``, or ``not_applicable`` where the source does not know the objective.
    """
    params = load_params()
    table = read_table(paths.processed(params.check_objective(objective)))
    if table.empty:
        raise InputError("not_applicable", f"{params.source} does not say which leads end in {objective}")
    table = table[table["fold"].isin(KEPT)].reset_index(drop=True)
    catalogue = [metric for path in CATALOGUES for metric in read_catalogue(path)]
    names = [metric.name for metric in catalogue]
    kinds = {metric.name: "category" for metric in catalogue if metric.type == "category"}
    rows = table.drop(columns=names)
    is_history = np.flatnonzero(table["fold"] == "history")
    forward = list_forward_folds(table.iloc[is_history], params.folds.cuts)
    return (
        table[[*names, "age_days"]].astype(kinds),
        table["label"].astype(int),
        Folds(
            rows,
            [(is_history[fold.fit], is_history[fold.predict]) for fold in forward],
            [
                (np.flatnonzero(step.fit), np.flatnonzero(step.predict & (table["fold"] == "test")))
                for step in list_steps(table, params.evaluation.refit_every)
            ],
            catalogue,
        ),
    )


def predict_rolling(estimator: Any, features: pd.DataFrame, label: pd.Series, folds: Folds) -> pd.Series:
    """Return what a scikit-learn classifier predicts of the test, refitted at each step on what was known by then."""
    from sklearn.base import clone

    predicted = pd.Series(np.nan, index=features.index)
    # On a busy machine the threads of a fit wait for each other longer than they work.
    with threadpool_limits(limits=1):
        for fit, later in folds.rolling:
            fitted = clone(estimator).fit(features.iloc[fit], label.iloc[fit])
            predicted.iloc[later] = fitted.predict_proba(features.iloc[later])[:, 1]
    return predicted.dropna()


def read_ours(objective: str, folds: Folds) -> pd.Series:
    """Return what the pipeline predicted of the same rows, refitted at the same steps."""
    rolled = read_table(paths.rolling_predictions(objective), ["lead_id", "age", "probability"])
    keys = folds.rows[["lead_id", "age"]].reset_index()
    joined = keys.merge(rolled, on=["lead_id", "age"], validate="one_to_one").set_index("index")
    return joined["probability"].sort_index()


def compare_models(own: pd.Series, objective: str, label: pd.Series, folds: Folds) -> pd.DataFrame:
    """Return log loss and ROC-AUC of another model and of ours on the same rows, and their paired difference.

    Returns
    -------
    DataFrame
        One row a measure: ``ours``, ``own``, ``difference`` (own less ours) and the ends of its interval over
        resampled persons.
    """
    params, ours = load_params(), read_ours(objective, folds)
    at = own.index.intersection(ours.index)
    y, pair = label[at].to_numpy(float), {"ours": ours[at].to_numpy(), "own": own[at].to_numpy()}
    weights = draw_weights(folds.rows["person"][at], params.evaluation.bootstrap, params.model.seed)
    once, rows = np.ones((1, len(at))), []
    losses = {name: measure_losses(y, p) for name, p in pair.items()}
    rankings = {name: Ranking(y, p) for name, p in pair.items()}
    for measure, take in (
        ("log loss", lambda name, w: w @ losses[name] / w.sum(axis=1)),
        ("ROC-AUC", lambda name, w: rankings[name].measure_roc_auc(w)),
    ):
        whole = {name: float(np.ravel(take(name, once))[0]) for name in pair}
        low, high = find_interval(take("own", weights) - take("ours", weights), params.evaluation.confidence)
        difference = whole["own"] - whole["ours"]
        rows.append({"measure": measure, **whole, "difference": difference, "low": low, "high": high})
    return pd.DataFrame(rows)


def compare_value(own: pd.Series, scenario: str, folds: Folds) -> pd.DataFrame:
    """Return what a scenario brings with the probabilities of another model and with ours, on the same leads.

    Returns
    -------
    DataFrame
        One row: ``ours``, ``own``, ``difference`` (own less ours) and its interval, ``calls_ours``, ``calls_own``.
    """
    params = load_params()
    chosen = params.get_scenario(scenario)
    leads, at = take_decided(scenario, chosen, folds)
    pair = {"ours": read_ours(chosen.objective, folds)[at].to_numpy(), "own": own[at].to_numpy()}
    rows = {name: leads.assign(probability=p) for name, p in pair.items()}
    routes = {name: route_leads(each, chosen) for name, each in rows.items()}
    earned = {name: take_routes(rows[name], routes[name], chosen) for name in pair}
    weights = draw_weights(folds.rows["person"][at], params.evaluation.bootstrap, params.model.seed)
    more = compare_profits("ours", earned["own"], earned["ours"], weights, params.evaluation.confidence)
    return pd.DataFrame(
        [
            {name: float(each.sum()) for name, each in earned.items()}
            | {"difference": more["profit"], "low": more["profit_low"], "high": more["profit_high"]}
            | {f"calls_{name}": count_routes(route)["sales"] for name, route in routes.items()}
        ]
    )


def take_decided(name: str, scenario: Scenario, folds: Folds) -> tuple[pd.DataFrame, pd.Index]:
    """Return the decisions of a scenario on the test, and the rows of the dataset that they are about."""
    policy = read_policy(paths.policy(scenario.objective, name), load_params().source)
    leads = read_table(paths.decisions(scenario.objective, name))
    rows = folds.rows[(folds.rows["fold"] == "test") & (folds.rows["age"] == policy.decide_at)]
    rows = rows.sort_values("sequence")
    if len(rows) != len(leads) or not np.array_equal(rows["label"].to_numpy(), leads["label"].to_numpy()):
        raise InputError("stale_figures", "the decisions are not those of the dataset; run dvc repro")
    return leads, rows.index


def try_thresholds(name: str, discard: float | None = None, sales: float | None = None, **changed: Any) -> pd.DataFrame:
    """Return what other thresholds bring under other assumptions, beside those that the assumptions call for.

    Parameters
    ----------
    name : str
        A scenario of ``params.yaml``.
    discard, sales : float, optional
        From which worth (probability x value / default value) a lead is nurtured and called; by default those
        that follow from the amounts.
    **changed
        ``value``, ``cost_sales``, ``cost_nurture``, ``factor_nurture`` and ``capacity`` (calls a week) in place of
        the scenario's.

    Returns
    -------
    DataFrame
        One row a route, ``tried`` and ``implied`` thresholds side by side: leads, conversions, value.
    """
    scenario = change_scenario(load_params().get_scenario(name), changed)
    leads = read_table(paths.decisions(scenario.objective, name))
    if changed.get("capacity") is not None:
        leads = leads.assign(capacity=float(changed["capacity"]))
    levels = find_levels(scenario)
    rest, alone = (find_crossing(scenario, "discard", route) for route in ("nurture", "sales"))
    tried = (levels.discard if discard is None else discard, levels.sales if sales is None else sales)
    rows = {}
    for said, (low, high) in (("tried", tried), ("implied", (levels.discard, levels.sales))):
        route = route_by_levels(leads, min(low, high), high, rest, alone, scenario)
        rows[said] = pd.DataFrame(measure_routes(leads, route, scenario), index=list(ROUTES)).rename(
            columns={"profit": "value"}
        )
        rows[said].loc["all"] = rows[said].sum()
    return pd.concat(rows, axis=1)


def change_scenario(scenario: Scenario, changed: dict[str, Any]) -> Scenario:
    """Return a scenario with other amounts, checked as those of ``params.yaml`` are."""
    values = scenario.model_dump()
    for key, value in changed.items():
        part, _joint, name = key.partition("_")
        if value is None or key == "capacity":
            continue
        if key == "value":
            values["value"] = values["value"] | {"default": value} if isinstance(values["value"], dict) else value
        else:
            values[part][name] = value
    return Scenario.model_validate(values)


@styled
def plot_rates(label: pd.Series, groups: pd.Series, most: int = 12) -> Picture:
    """Return the rates of conversion of groups with Wilson's intervals: of a number its tenths."""
    confidence = load_params().evaluation.confidence
    is_text = not pd.api.types.is_numeric_dtype(groups)
    values = groups.astype(object).where(groups.notna()) if is_text else groups
    rates = measure_rates(label, group_metric(values, most), confidence)
    figure = new_picture(6.0, max(1.4, 0.7 + 0.25 * len(rates)))
    axes, places = figure.subplots(), range(len(rates))
    ends = [(rates["rate"] - rates["rate_low"]) * 100, (rates["rate_high"] - rates["rate"]) * 100]
    axes.errorbar(rates["rate"] * 100, places, xerr=[end.clip(lower=0) for end in ends], fmt="o", color=BLUE)
    axes.axvline(label.mean() * 100, color=GREY, linewidth=1, linestyle="--")
    names = [f"{group[:30]} ({leads:,})" for group, leads in zip(rates["group"], rates["leads"], strict=True)]
    axes.set_yticks(places, names, parse_math=False)
    axes.invert_yaxis()
    axes.set_xlabel(_("%(what)s: leads that convert (%%)") % {"what": write_metric(str(groups.name))}, parse_math=False)
    return figure


@styled
def plot_decays(half_lives: list[float], until: int = 60) -> Picture:
    """Return what an activity counts as the days go by, for each half-life."""
    figure, days = new_picture(6.0, 2.6), np.linspace(0, until, 200)
    axes = figure.subplots()
    for number, half_life in enumerate(half_lives):
        colour = (BLUE, ORANGE, GREY)[number % 3]
        axes.plot(days, decay(days, half_life), color=colour, label=f"{half_life:g}")
    axes.set(xlabel=_("days since the activity"), ylabel=_("what it counts"), xlim=(0, until), ylim=(0, 1.02))
    axes.legend(title=_("half-life"))
    return figure
