"""Which rows may teach, which are predicted, and from when: everything goes forward in time.

A row may be used to fit or choose anything at time T only if its label was known by T. Where
the source has no times, or the objective no horizon, creation order alone decides.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from src.features.snapshots import CURRENT


def assign_folds(rows: pd.DataFrame, test_share: float) -> pd.Series:
    """Return the fold of each row, ordered by creation.

    Parameters
    ----------
    rows : DataFrame
        ``lead_id, sequence, created_at, age, is_mature, label_known_at``, in order of creation.
    test_share : float
        Share of the leads whose first snapshot is mature that are for the test: the newest.

    Returns
    -------
    Series of {"history", "embargoed", "test", "censored", "current"}
        ``embargoed`` rows are of earlier leads, but their label came after the test began;
        ``censored`` ones are not mature; ``current`` is the snapshot at the end of the data.
    """
    trained = rows[rows["age"] != CURRENT]
    first = trained.drop_duplicates("lead_id")
    mature = first.loc[first["is_mature"], ["sequence", "created_at"]]
    count_test = round(len(mature) * test_share)
    test_from = mature.iloc[len(mature) - count_test] if count_test else None
    fold = pd.Series("history", index=rows.index)
    if test_from is not None:
        fold[is_from(rows, test_from)] = "test"
        is_late = rows["label_known_at"] > test_from["created_at"]
        fold[(fold == "history") & is_late] = "embargoed"
    fold[~rows["is_mature"].astype(bool)] = "censored"
    fold[rows["age"] == CURRENT] = "current"
    return fold


def is_from(rows: pd.DataFrame, start: pd.Series) -> pd.Series:
    """Tell which rows are of leads that came in no earlier than the lead `start`.

    Leads of one moment (all those that a campaign reaches) stay on one side.
    """
    if pd.isna(start["created_at"]):
        return rows["sequence"] >= start["sequence"]
    return rows["created_at"] >= start["created_at"]


@dataclass(frozen=True)
class ForwardFold:
    """Rows to fit on and the later rows to predict, as boolean arrays over the history."""

    fit: np.ndarray
    predict: np.ndarray


def list_forward_folds(history: pd.DataFrame, cuts: list[float]) -> list[ForwardFold]:
    """Return a fold for each cut date: fit on what was known by then, predict until the next.

    Parameters
    ----------
    history : DataFrame
        Rows of the history: ``sequence, created_at, label_known_at, label``.
    cuts : list of float
        Shares of the history's leads at which a fold begins, increasing. A cut before which
        not both classes were known, or with no rows until the next, is left out.
    """
    leads = history.drop_duplicates("sequence")
    starts = [leads.iloc[int(cut * len(leads))] for cut in cuts]
    is_after = [is_from(history, start).to_numpy() for start in starts]
    is_after.append(np.zeros(len(history), bool))
    folds = []
    for position, start in enumerate(starts):
        fit = ~is_after[position] & ~(history["label_known_at"] > start["created_at"]).to_numpy()
        predict = is_after[position] & ~is_after[position + 1]
        if history["label"][fit].nunique() == 2 and predict.any():
            folds.append(ForwardFold(fit, predict))
    return folds
