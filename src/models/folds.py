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
        ``lead_id, person, sequence, created_at, age, is_mature, label_known_at, is_quarantined``,
        in order of creation.
    test_share : float
        Share of the leads whose first snapshot is mature that are for the test: the newest.

    Returns
    -------
    Series of {"history", "embargoed", "test", "censored", "quarantined", "current"}
        ``embargoed`` rows are of earlier leads, but their label came after the test began or
        in a source without dates their person is in the test too; ``censored`` ones are not
        mature; ``current`` is the snapshot at the end of the data.
    """
    trained = rows[(rows["age"] != CURRENT) & ~rows["is_quarantined"]]
    first = trained.drop_duplicates("lead_id")
    mature = first.loc[first["is_mature"], ["sequence", "created_at"]]
    count_test = round(len(mature) * test_share)
    test_from = find_start(mature, len(mature) - count_test) if count_test else None
    fold = pd.Series("history", index=rows.index)
    if test_from is not None:
        fold[rows["sequence"] >= test_from["sequence"]] = "test"
    fold[~rows["is_mature"].astype(bool)] = "censored"
    fold[rows["is_quarantined"]] = "quarantined"
    fold[rows["age"] == CURRENT] = "current"
    if test_from is not None:
        is_late = rows["label_known_at"] > test_from["created_at"]
        fold[(fold == "history") & (is_late | find_entangled(rows, fold == "test"))] = "embargoed"
    return fold


def find_entangled(rows: pd.DataFrame, is_later: pd.Series) -> pd.Series:
    """Say which rows may share their outcome with one of the later rows: same person, no dates.

    Where leads have dates, a person's earlier request is part of what is known of it when it comes
    back, and the embargo parts their outcomes. Without dates one sale may stand in both.
    """
    return rows["person"].isin(rows.loc[is_later, "person"]) & rows["created_at"].isna()


def find_start(leads: pd.DataFrame, position: int) -> pd.Series:
    """Return the lead at a `position` in order of creation, or the nearest that begins a moment.

    Leads of one moment, all those that a campaign reaches, stay on one side of a cut.
    """
    moments = leads["created_at"]
    if pd.isna(moments.iloc[position]):
        return leads.iloc[position]
    first, following = (moments.searchsorted(moments.iloc[position], side) for side in ("left", "right"))
    is_nearer = following - position < position - first and following < len(leads)
    return leads.iloc[following if is_nearer else first]


@dataclass(frozen=True)
class ForwardFold:
    """Rows to fit on and the later rows to predict, as boolean arrays over the history."""

    fit: np.ndarray
    predict: np.ndarray


def describe_shortage(history: pd.DataFrame, cuts: list[float]) -> str:
    """Return why no cut date leaves enough to learn from before it, and what would mend that.

    Parameters
    ----------
    history, cuts
        As of `list_forward_folds`.
    """
    what = "no cut date leaves known conversions, and known failures, before it (folds.cuts)"
    leads = history.drop_duplicates("sequence")
    start = find_start(leads, int(cuts[-1] * len(leads)))
    known_at = history.groupby("label")["label_known_at"].min()
    lacking = known_at.max() - start["created_at"]
    if pd.isna(lacking) or lacking < pd.Timedelta(0):
        return f"{what}: more leads are needed"
    days, kind = lacking.days + 1, "converts" if known_at.idxmax() == 1 else "does not convert"
    return (
        f"{what}: by the last, {start['created_at']:%Y-%m-%d}, no lead is known that {kind}; the first is known {days} "
        f"days later: declare a horizon_days shorter by {days}, or come back with {days} days more of leads"
    )


def list_forward_folds(history: pd.DataFrame, cuts: list[float]) -> list[ForwardFold]:
    """Return a fold for each cut date: fit on what was known by then, predict until the next.

    Parameters
    ----------
    history : DataFrame
        Rows of the history: ``person, sequence, created_at, label_known_at, label``.
    cuts : list of float
        Shares of the history's leads at which a fold begins, increasing. A cut before which
        not both classes were known, or with no rows until the next, is left out.
    """
    leads = history.drop_duplicates("sequence")
    starts = [find_start(leads, int(cut * len(leads))) for cut in cuts]
    is_after = [(history["sequence"] >= start["sequence"]).to_numpy() for start in starts]
    is_after.append(np.zeros(len(history), bool))
    folds = []
    for position, start in enumerate(starts):
        fit = ~is_after[position] & ~(history["label_known_at"] > start["created_at"]).to_numpy()
        predict = is_after[position] & ~is_after[position + 1]
        fit &= ~find_entangled(history, pd.Series(predict, index=history.index)).to_numpy()
        if history["label"][fit].nunique() == 2 and predict.any():
            folds.append(ForwardFold(fit, predict))
    return folds
