"""How much of what its form asks a lead filled in, and what it left out.

No source says which fields a form asks, so that is learned from the form's earlier leads.
"""

import numpy as np
import pandas as pd

from src.features.explicit_metrics.values import list_metrics

LEFT_OUT = {
    "email": ("email",),
    "phone": ("phone",),
    "job_title": ("job_title",),
    "company": ("company",),
    "company_size": ("company_size",),
    "sector": ("sector",),
    "place": ("country", "region", "city", "postal_code"),
    "message": ("message",),
}
"""The answers whose absence is a metric of its own, and the fields that give each of them."""

METRICS = list_metrics(
    "form",
    [
        (
            "count_fields_given",
            "number",
            "fields",
            "Fields the lead filled in.",
            "every column a lead fills in",
        ),
        (
            "share_fields_given",
            "number",
            "share",
            "Share of the fields the form asks, as its earlier leads show, that the lead filled in.",
            "every column a lead fills in, form",
        ),
        (
            "count_fields_left_out",
            "number",
            "fields",
            "Fields the form asks, as its earlier leads show, that the lead did not fill in.",
            "every column a lead fills in, form",
        ),
        *(
            (
                f"leaves_out_{answer}",
                "number",
                "yes/no",
                f"The form asks for the {answer.replace('_', ' ')} and the lead did not give it; "
                "missing where the form does not ask.",
                f"{', '.join(fields)}, form",
            )
            for answer, fields in LEFT_OUT.items()
        ),
    ],
)

RECENT = 500
"""Latest earlier leads of a form that show what it asks: forms change, and old mistakes are to be forgotten."""

FEWEST_LEADS = 10
"""Earlier leads from which a form is known; before, the leads of all forms show what forms ask."""

MIN_SHARE = 0.05
"""Share of these leads who must have filled a field in: fewer are an import's or a merge's mistakes."""

FEWEST_GIVEN = 2
"""The same as a number of leads: one alone may be a mistake."""


def measure_completeness(given: pd.DataFrame, form: pd.Series) -> pd.DataFrame:
    """Return what leads gave and left out of the fields that their forms ask.

    Parameters
    ----------
    given : DataFrame of bool, shape (n, m)
        Whether each lead, in order of creation, filled in each of the fields.
    form : Series of str, shape (n,)
        Leads without one count as of one form.
    """
    asked = find_asked(given, form)
    left_out = asked & ~given
    count_asked = asked.sum(axis=1)
    is_known = count_asked > 0
    return pd.DataFrame(
        {
            "count_fields_given": given.sum(axis=1).astype(float),
            "share_fields_given": (1 - left_out.sum(axis=1) / count_asked.where(is_known)).astype(float),
            "count_fields_left_out": left_out.sum(axis=1).astype(float).where(is_known),
            **{f"leaves_out_{answer}": mark_left_out(given, asked, list(of)) for answer, of in LEFT_OUT.items()},
        }
    )


def find_asked(given: pd.DataFrame, form: pd.Series) -> pd.DataFrame:
    """Return whether each lead's form asks each field, as shown by the leads before it."""
    filled = given.to_numpy(dtype=bool)
    by_form, leads_of_form = count_recent(filled, pd.factorize(form)[0])
    by_all, leads_of_all = count_recent(filled, np.zeros(len(given), dtype=int))
    is_new = leads_of_form < FEWEST_LEADS
    count = np.where(is_new[:, None], by_all, by_form)
    leads = np.where(is_new, leads_of_all, leads_of_form)
    asked = (count >= FEWEST_GIVEN) & (count >= MIN_SHARE * leads[:, None])
    return pd.DataFrame(asked, index=given.index, columns=given.columns)


def count_recent(filled: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many of the `RECENT` rows of its group before each row filled each field, and of how many.

    Parameters
    ----------
    filled : array of bool, shape (n, m)
    group : array of int, shape (n,)

    Returns
    -------
    count : array of int, shape (n, m)
    rows : array of int, shape (n,)
    """
    order = np.argsort(group, kind="stable")
    totals = np.zeros((len(filled) + 1, filled.shape[1]), dtype=np.int32)
    np.cumsum(filled[order], axis=0, out=totals[1:])
    here = np.arange(len(filled))
    first = np.searchsorted(group[order], group[order])
    since = np.maximum(first, here - RECENT)
    place = np.argsort(order)
    return (totals[here] - totals[since])[place], (here - since)[place]


def mark_left_out(given: pd.DataFrame, asked: pd.DataFrame, fields: list[str]) -> pd.Series:
    """Return 1 where none of the `fields` was given, 0 where one was, NaN where none is asked."""
    return (~given[fields].any(axis=1)).astype(float).where(asked[fields].any(axis=1))
