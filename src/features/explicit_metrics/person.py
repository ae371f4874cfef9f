"""Whether the same person had asked before, as far as it was known by then."""

import numpy as np
import pandas as pd

from src.data.persons import normalise_email, normalise_phone
from src.features.explicit_metrics.values import list_metrics

METRICS = list_metrics(
    "person",
    [
        (
            "count_earlier_requests",
            "number",
            "leads",
            "Earlier leads of the same person.",
            "person, or email and phone",
        ),
        (
            "days_since_earlier_request",
            "number",
            "days",
            "Days since the person's latest earlier lead; missing for the first.",
            "person, or email and phone; created_at",
        ),
    ],
)


def measure_person(leads: pd.DataFrame, is_person_declared: bool) -> pd.DataFrame:
    """Return the earlier requests of each lead's person; `leads` are in order of creation.

    Where the source does not say who is who, ``person`` joins all leads linked by an e-mail or a
    phone, also those that only a later lead links. So the links are followed again here, lead by
    lead, as they were known at its creation.
    """
    keys = leads[["person"]] if is_person_declared else list_contacts(leads)
    count, latest = follow_persons(keys.to_numpy(dtype=object), leads["created_at"])
    return pd.DataFrame(
        {
            "count_earlier_requests": count,
            "days_since_earlier_request": (leads["created_at"] - latest) / pd.Timedelta(days=1),
        }
    )


def list_contacts(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the normalised e-mail and phone of each lead; with neither, its person instead."""
    email, phone = normalise_email(leads["email"]), normalise_phone(leads["phone"])
    nameless = leads["person"].where(email.isna() & phone.isna())
    return pd.DataFrame({"email": "e" + email, "phone": "p" + phone, "person": "n" + nameless})


def follow_persons(keys: np.ndarray, created_at: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Return how many earlier rows share a key with each row, directly or by way of others.

    Parameters
    ----------
    keys : array of object, shape (n, m)
        Up to m keys a row, in order of creation; what is no text is no key.
    created_at : Series of datetime64, shape (n,)

    Returns
    -------
    count : array of float, shape (n,)
    latest : Series of datetime64, shape (n,)
        When the latest of those earlier rows was created, missing where there is none.
    """
    parent: dict[str, str] = {}
    requests: dict[str, tuple[int, int]] = {}  # by root: how many rows, and the last of them
    count, last = np.zeros(len(keys)), np.full(len(keys), -1)
    for row, row_keys in enumerate(keys):
        roots = list(dict.fromkeys(find_root(parent, key) for key in row_keys if isinstance(key, str)))
        known = [requests.pop(root) for root in roots if root in requests]
        if known:
            count[row] = sum(number for number, _ in known)
            last[row] = max(at for _, at in known)
        if roots:
            parent |= dict.fromkeys(roots, roots[0])
            requests[roots[0]] = (int(count[row]) + 1, row)
    latest = created_at.reset_index(drop=True).reindex(last)
    return count, latest.set_axis(created_at.index)


def find_root(parent: dict[str, str], key: str) -> str:
    """Return the key that stands for all keys linked with `key`, shortening the way there."""
    while (above := parent.setdefault(key, key)) != key:
        parent[key] = parent[above]
        key = above
    return key
