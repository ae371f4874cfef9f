"""Whether the same person had asked before, and what became of it, as far as it was known by then."""

import numpy as np
import pandas as pd

from src.data.persons import normalise_email, normalise_phone
from src.features.explicit_metrics.values import list_metrics

WHO = "person, or email and phone"
WHO_AND_WHAT = f"{WHO}; outcomes"

METRICS = list_metrics(
    "person",
    [
        ("count_earlier_requests", "number", "leads", "Earlier leads of the same person.", WHO),
        (
            "days_since_earlier_request",
            "number",
            "days",
            "Days since the person's latest earlier lead; missing for the first.",
            f"{WHO}; created_at",
        ),
        ("count_earlier_won", "number", "leads", "Earlier leads of the person won by then.", WHO_AND_WHAT),
        ("count_earlier_lost", "number", "leads", "Earlier leads of the person lost by then.", WHO_AND_WHAT),
        (
            "count_earlier_accepted",
            "number",
            "leads",
            "Earlier leads of the person that a client had accepted by then.",
            WHO_AND_WHAT,
        ),
        (
            "count_earlier_refused",
            "number",
            "leads",
            "Earlier leads of the person that a client had rejected or returned by then.",
            WHO_AND_WHAT,
        ),
    ],
)

TALLY = ["requests", "won", "lost", "accepted", "refused"]
"""What is counted of a person's earlier leads; a figure's place here is its place in a tally."""

PLACES = {kind: TALLY.index(kind) for kind in ("won", "lost", "accepted")} | dict.fromkeys(("rejected", "returned"), 4)
"""The place in a tally of each kind of outcome."""


def measure_person(leads: pd.DataFrame, outcomes: pd.DataFrame, is_person_declared: bool) -> pd.DataFrame:
    """Return the earlier requests of each lead's person and their outcomes.

    Where the source does not say who is who, ``person`` joins all leads linked by an e-mail or a
    phone, also those that only a later lead links. So the links are followed again here, lead by
    lead, as they were known at its creation.

    Parameters
    ----------
    leads : DataFrame
        In order of creation, with ``lead_id``, ``created_at``, ``email``, ``phone``, ``person``.
    outcomes : DataFrame
        ``lead_id``, ``kind``, ``occurred_at``. An outcome counts from then on; one without a
        time never does, since nobody can say whether it was known.
    is_person_declared : bool
        Whether ``person`` is the source's own word.
    """
    created_at = leads["created_at"]
    keys = drop_single_keys(number_keys(leads[["person"]] if is_person_declared else list_contacts(leads)))
    counts, last = follow_persons(keys, list_changes(leads, outcomes, (keys >= 0).any(axis=1)))
    latest = created_at.reset_index(drop=True).reindex(last).set_axis(leads.index)
    measured = pd.DataFrame(counts, index=leads.index, columns=[f"count_earlier_{name}" for name in TALLY])
    measured.loc[created_at.isna(), measured.columns[1:]] = np.nan  # what had happened by then is not known
    measured.insert(1, "days_since_earlier_request", (created_at - latest) / pd.Timedelta(days=1))
    return measured


def list_contacts(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the normalised e-mail and phone of each lead; with neither, its person instead."""
    email, phone = normalise_email(leads["email"]), normalise_phone(leads["phone"])
    nameless = leads["person"].where(email.isna() & phone.isna())
    return pd.DataFrame({"email": email, "phone": phone, "person": nameless})


def number_keys(keys: pd.DataFrame) -> np.ndarray:
    """Return `keys` as numbers, equal ones for equal text of a column, -1 for none."""
    numbered, offset = np.empty(keys.shape, dtype=np.int64), 0
    for place, column in enumerate(keys):
        codes, distinct = pd.factorize(keys[column])
        numbered[:, place] = np.where(codes >= 0, codes + offset, -1)
        offset += len(distinct)
    return numbered


def drop_single_keys(keys: np.ndarray) -> np.ndarray:
    """Return `keys` with -1 for those of one row only: they link nobody, and are most of them."""
    repeats = np.bincount(keys[keys >= 0], minlength=1)
    return np.where((keys >= 0) & (repeats[keys] > 1), keys, -1)


def list_changes(leads: pd.DataFrame, outcomes: pd.DataFrame, is_linked: np.ndarray) -> np.ndarray:
    """Return what the tallies of the linked rows gain, and from which row on it is known.

    Returns
    -------
    array of int, shape (n, 3)
        Columns (the first row that may know it, the row it is about, its place in a tally), in
        order of the first. A request is known to the row that follows it, an outcome to the first
        row created when it had occurred, and never to its own.
    """
    rows = np.flatnonzero(is_linked)
    requests = np.stack([rows + 1, rows, np.zeros_like(rows)], axis=1)
    row_of = pd.Series(rows, index=leads["lead_id"].iloc[rows])
    found = pd.DataFrame(
        {
            "row": outcomes["lead_id"].map(row_of),
            "place": outcomes["kind"].map(PLACES),
            "occurred_at": outcomes["occurred_at"],
        }
    )
    # A lead rejected and returned is refused once, from the first of the two on.
    first = found.dropna().groupby(["row", "place"])["occurred_at"].min().reset_index()
    row, place = first["row"].to_numpy(np.int64), first["place"].to_numpy(np.int64)
    if leads["created_at"].isna().all():
        return requests
    since = leads["created_at"].searchsorted(first["occurred_at"])
    changes = np.concatenate([requests, np.stack([np.maximum(since, row + 1), row, place], axis=1)])
    return changes[np.argsort(changes[:, 0], kind="stable")]


def follow_persons(keys: np.ndarray, changes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what was known, at each row, of the earlier rows that share a key, directly or by others.

    Parameters
    ----------
    keys : array of int, shape (n, m)
        Up to m keys a row, in order of creation; -1 is no key.
    changes : array of int, shape (k, 3)
        See `list_changes`.

    Returns
    -------
    counts : array of float, shape (n, 5)
        The tally of those earlier rows.
    last : array of int, shape (n,)
        The latest of them, -1 where there is none.
    """
    parent = list(range(keys.max(initial=-1) + 1))
    tallies: dict[int, list[int]] = {}  # by root, and the last row behind the figures
    counts, last = np.zeros((len(keys), len(TALLY))), np.full(len(keys), -1)
    linked, root_of, waiting = np.flatnonzero((keys >= 0).any(axis=1)), {}, changes.tolist()[::-1]
    for row, row_keys in zip(linked.tolist(), keys[linked].tolist(), strict=True):
        while waiting and waiting[-1][0] <= row:
            _, about, place = waiting.pop()
            add_change(tallies[find_root(parent, root_of[about])], about, place)
        roots = list(dict.fromkeys(find_root(parent, key) for key in row_keys if key >= 0))
        tally = tallies[roots[0]] = merge_tallies([tallies.pop(root) for root in roots if root in tallies])
        for root in roots[1:]:
            parent[root] = roots[0]
        root_of[row] = roots[0]
        if tally[-1] >= 0:
            counts[row], last[row] = tally[:-1], tally[-1]
    return counts, last


def add_change(tally: list[int], row: int, place: int) -> None:
    tally[place] += 1
    tally[-1] = max(tally[-1], row)


def merge_tallies(tallies: list[list[int]]) -> list[int]:
    """Return the sums of some `tallies`, which end in the last row behind each."""
    if len(tallies) == 1:
        return tallies[0]
    *sums, _ = map(sum, zip(*tallies, [0] * (len(TALLY) + 1), strict=True))
    return [*sums, max((tally[-1] for tally in tallies), default=-1)]


def find_root(parent: list[int], key: int) -> int:
    """Return the key that stands for all keys linked with `key`, shortening the way there."""
    while parent[key] != key:
        parent[key] = parent[parent[key]]
        key = parent[key]
    return key
