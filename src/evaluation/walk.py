"""The procedure as it would have been run, step by step: learn again, choose, predict what comes next.

Nothing is looked at before its time: a step learns from labels known when it began, and chooses family,
rounds, calibrator and re-centring by predictions made at earlier steps whose labels are known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.calibration import Calibrator
from src.models.candidates import LEARNED, Fitted, FittedBoosting
from src.models.champion import average, choose_champion, count_conversions
from src.models.encoding import AGE, CodedRows, code_metrics
from src.models.folds import find_entangled, find_start
from src.models.forward import FORWARD_COLUMNS, count_longest, fit_family, run_together
from src.models.measures import measure_losses, to_probability
from src.models.recentring import Recentring, settle_level
from src.models.saved import SavedModel
from src.params import Model, Params

MOST_LEARNED = 100_000
"""Rows that say what rate a step's model promises of those it learned from: more move no digit that is shown."""

EVERY = 10
"""The number of trees is a multiple of this, or what it was before: losses between differ by nothing."""


@dataclass(frozen=True)
class Step:
    """One refit: when it happens, the rows it learns from and those it predicts (boolean arrays)."""

    began_at: pd.Timestamp
    fit: np.ndarray
    predict: np.ndarray


@dataclass(frozen=True)
class Block:
    """What the families of one step say: log-odds by family, and of boosting by number of trees.

    Attributes
    ----------
    rows : DataFrame
        The rows that the step predicts.
    log_odds : dict of str to ndarray
        Of these rows.
    learned : DataFrame
        The rows that it learned from, without their features; of very many a part, evenly taken.
    learned_log_odds : dict of str to ndarray
    rounds : list of int
    """

    rows: pd.DataFrame
    log_odds: dict[str, np.ndarray]
    learned: pd.DataFrame
    learned_log_odds: dict[str, np.ndarray]
    rounds: list[int]


@dataclass(frozen=True)
class Choice:
    """What a step chose among what was known; of boosting the `weight`."""

    family: str
    weight: float
    rounds: int
    calibrator: Calibrator
    recentring: Recentring


def list_steps(rows: pd.DataFrame, refit_every: float) -> list[Step]:
    """Return the refits over the last third of the leads.

    Parameters
    ----------
    rows : DataFrame
        Mature rows in order of creation: ``lead_id, person, sequence, created_at, label_known_at,
        label, fold`` (history, embargoed or test).
    refit_every : float
        Share of the test's leads between two refits; leads of one moment stay together.

    Notes
    -----
    The first step also predicts the leads that came before the test but whose first outcome was not
    known when it began: nothing was learned from them, and later choices may use them.
    """
    is_test = (rows["fold"] == "test").to_numpy()
    leads = rows[is_test].drop_duplicates("sequence")
    # A sixth is not exact in binary: six of them may be a little less than all.
    count = math.ceil(1 / refit_every - 1e-6)
    positions = [min(round(number * refit_every * len(leads)), len(leads) - 1) for number in range(count)]
    starts = [find_start(leads, position) for position in positions]
    # Several positions within one moment begin one step.
    starts = [start for number, start in enumerate(starts) if number == 0 or start.name != starts[number - 1].name]
    is_after = [(rows["sequence"] >= start["sequence"]).to_numpy() for start in starts] + [np.zeros(len(rows), bool)]
    steps = []
    for number, start in enumerate(starts):
        fit = ~is_after[number] & ~(rows["label_known_at"] > start["created_at"]).to_numpy()
        predict = is_after[number] & ~is_after[number + 1] & is_test
        fit &= ~find_entangled(rows, pd.Series(predict, rows.index)).to_numpy()
        if number == 0:
            predict = predict | find_waiting(rows, fit, start["created_at"])
        steps.append(Step(start["created_at"], fit, predict))
    return steps


def find_waiting(rows: pd.DataFrame, fit: np.ndarray, began_at: pd.Timestamp) -> np.ndarray:
    """Say which rows are of earlier leads, none of whose labels was known when the first step began."""
    is_late = (rows["label_known_at"] > began_at) & (rows["fold"] != "test")
    return (is_late & ~rows["lead_id"].isin(rows.loc[fit, "lead_id"])).to_numpy()


def predict_steps(
    rows: pd.DataFrame, steps: list[Step], model: SavedModel, families: dict[str, Fitted], params: Model
) -> list[Block]:
    """Return what every family, learned again at each step, says of the step's rows.

    Parameters
    ----------
    rows : DataFrame
        Mature rows with their features and ``fold``.
    steps : list of Step
    model : SavedModel
        That of the history. Regressions start from it.
    families : dict of str to Fitted
        Every family fitted on the history, boosting with some more trees than the model has (`LONGER`). A step
        that learns from just the history takes them as they are.
    params : Model
        With the size of trees that was chosen (`narrow_search`).
    """
    longest = count_longest(model.rounds, params)
    grid = sorted({model.rounds, longest, *range(EVERY, longest, EVERY)})
    is_history, coded = (rows["fold"] == "history").to_numpy(), code_metrics(rows, model.catalogue)

    def predict_step(step: Step) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        is_known = (step.fit == is_history).all()
        learned = families if is_known else fit_step(rows, step, coded, model.catalogue, families, longest, params)
        own = predict_rows(rows.iloc[take_learned(step)], learned, grid)
        return predict_rows(limit_age(rows, step), learned, grid), own

    # The last step has most to learn from: begun first, no core waits for it at the end.
    found = run_together([partial(predict_step, step) for step in reversed(steps)], params.threads)[::-1]
    columns = [*FORWARD_COLUMNS, "created_at", "fold"]
    return [
        Block(rows.loc[step.predict, columns], said, rows[columns].iloc[take_learned(step)], own, grid)
        for step, (said, own) in zip(steps, found, strict=True)
    ]


def take_learned(step: Step) -> np.ndarray:
    """Return the places of the rows that a step learned from; of more than `MOST_LEARNED` evenly taken ones."""
    places = np.flatnonzero(step.fit)
    return places[:: max(1, -(-len(places) // MOST_LEARNED))]


def fit_step(
    rows: pd.DataFrame,
    step: Step,
    coded: CodedRows,
    catalogue: list[Metric],
    families: dict[str, Fitted],
    rounds: int,
    params: Model,
) -> dict[str, Fitted]:
    """Return what the model is made of, fitted on what was known when a step began; `coded` has all rows' features."""
    fit, known = rows[step.fit], coded.take(step.fit)
    return {
        family: fit_family(family, fit, catalogue, params, rounds, start=families["logistic"], coded=known)
        for family in LEARNED
    }


def limit_age(rows: pd.DataFrame, step: Step) -> pd.DataFrame:
    """Return the rows that a step predicts, older ones at the last age it learned from."""
    predict = rows[step.predict]
    return predict.assign(**{AGE.name: predict[AGE.name].clip(upper=rows.loc[step.fit, AGE.name].max())})


def predict_rows(rows: pd.DataFrame, families: dict[str, Fitted], grid: list[int]) -> dict[str, np.ndarray]:
    """Return the log-odds of the rows by each family; of boosting a column for each number of trees in `grid`."""
    said = predict_by_rounds(families["boosting"], rows, grid)
    return {"logistic": families["logistic"].predict(rows), "boosting": said}


def predict_by_rounds(fitted: FittedBoosting, rows: pd.DataFrame, grid: list[int]) -> np.ndarray:
    """Return the log-odds after each number of trees in `grid`, shape (rows, numbers)."""
    booster, values = fitted.load(), fitted.encoding.transform(rows)
    added = [
        booster.predict(values, raw_score=True, start_iteration=start, num_iteration=end - start)
        for start, end in zip([0, *grid], grid, strict=False)
    ]
    return np.cumsum(np.column_stack(added), axis=1)


def walk_steps(
    forward: pd.DataFrame, steps: list[Step], blocks: list[Block], rounds: int, params: Params
) -> tuple[pd.DataFrame, list[Choice]]:
    """Return every forward and rolling prediction, and what each step chose, the last one for what comes after.

    Parameters
    ----------
    forward : DataFrame
        The forward predictions of the history: `FORWARD_COLUMNS`, ``fold``, ``fold_from`` and the
        log-odds of each family.
    steps, blocks : list
        See `list_steps` and `predict_steps`.
    rounds : int
        The number of trees chosen on `forward`.
    params : Params
        With fewer conversions than ``evaluation.assessable_conversions`` the rounds stay.

    Returns
    -------
    predicted : DataFrame
        The columns of `forward`; those of a step also ``step`` (from 1), ``is_test``, ``created_at``,
        ``family``, the ``calibrated`` log-odds of the choice, and ``shift``, the shift asked for.
    choices : list of Choice
        One a step and one from everything, for the model of today.
    """
    predicted = forward[[*FORWARD_COLUMNS, "fold", "fold_from", "learned", *LEARNED]]
    first, choices = int(forward["fold"].max()) + 1, []
    for number, (step, block) in enumerate(zip(steps, blocks, strict=True)):
        choice = settle(choose(predicted, blocks[:number], step, rounds, params), block)
        began = {"fold": first + number, "fold_from": step.began_at, "learned": int(step.fit.sum())}
        part = take_block(block, choice).assign(step=number + 1, **began)
        predicted = pd.concat([predicted, part], ignore_index=True)
        choices.append(choice)
    everything = Step(pd.NaT, np.ones(len(steps[0].fit), bool), np.zeros(len(steps[0].fit), bool))
    return predicted, [*choices, choose(predicted, blocks, everything, rounds, params)]


def choose(predicted: pd.DataFrame, blocks: Sequence[Block], step: Step, rounds: int, params: Params) -> Choice:
    """Return weight, rounds and slope by the predictions whose labels were known when a step began, or all.

    The level is that of the rows that the step learns from (`settle`).
    """
    enough = params.evaluation.assessable_conversions
    known = predicted[~(predicted["label_known_at"] > step.began_at)]
    champion = choose_champion(known, int(step.fit.sum()), params.model)
    rounds = choose_rounds(blocks, step.began_at, rounds, enough)
    return Choice(
        champion.family, champion.weight, rounds, Calibrator("temperature", 0.0, champion.slope), Recentring()
    )


def settle(choice: Choice, block: Block) -> Choice:
    """Return the choice with the intercept and the shift that a step's own rows ask for."""
    log_odds = average(take_log_odds(block.learned_log_odds, block.rounds, choice), choice.weight)
    calibrator, recentring = settle_level(block.learned, log_odds, choice.calibrator.slope)
    return replace(choice, calibrator=calibrator, recentring=recentring)


def choose_rounds(blocks: Sequence[Block], began_at: pd.Timestamp, rounds: int, min_conversions: int) -> int:
    """Return the number of trees with the lowest loss on the rows known by then, or `rounds` with too few."""
    conversions, losses = 0, 0.0
    for block in blocks:
        is_known = ~(block.rows["label_known_at"] > began_at).to_numpy()
        label = block.rows["label"].to_numpy()[is_known]
        p = to_probability(block.log_odds["boosting"][is_known])
        losses = losses + measure_losses(label[:, None], p).sum(axis=0)
        conversions += count_conversions(block.rows[is_known])
    return blocks[0].rounds[int(np.argmin(losses))] if blocks and conversions >= min_conversions else rounds


def take_block(block: Block, choice: Choice) -> pd.DataFrame:
    """Return a step's rows with what each family said, boosting at the chosen rounds, and what was chosen."""
    log_odds = take_log_odds(block.log_odds, block.rounds, choice)
    return block.rows.drop(columns="fold").assign(
        is_test=block.rows["fold"] == "test",
        **log_odds,
        family=choice.family,
        calibrated=choice.calibrator.calibrate(average(log_odds, choice.weight)),
        shift=choice.recentring.shift,
        recentring=choice.recentring.amount,
    )


def take_log_odds(log_odds: dict[str, np.ndarray], grid: list[int], choice: Choice) -> dict[str, np.ndarray]:
    """Return what each family says, boosting with the number of trees that was chosen."""
    return {"logistic": log_odds["logistic"], "boosting": log_odds["boosting"][:, grid.index(choice.rounds)]}
