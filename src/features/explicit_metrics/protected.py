"""Columns that a source declares protected: hidden from every metric, kept apart to check how leads are treated."""

from itertools import pairwise

import numpy as np
import pandas as pd

from src.data.flags import read_flag
from src.data.sources import Source
from src.data.tables import PERSONAL_COLUMNS
from src.features.explicit_metrics.values import clean_place, is_placeholder, map_distinct

GIVEN = "given"
QUARTERS = (0.25, 0.5, 0.75)


def hide_protected(leads: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Return the leads as if nobody had filled in what is protected: no metric can tell it, nor that it is there."""
    nothing = pd.Series(None, index=leads.index, dtype="str")
    own = [name for name in source.leads.own if source.leads.own[name].protected]
    return leads.assign(**dict.fromkeys(source.leads.protected, nothing)).drop(columns=own)


def group_protected(leads: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Return the groups in which protected columns are reported: ``lead_id`` and a column of names for each.

    What may say who somebody is (`PERSONAL_COLUMNS`, texts) is only "given" or missing, numbers are
    quarters, dates are years.
    """
    groups = {name: group_column(leads[name], find_type(name, source)) for name in source.leads.list_protected()}
    return pd.DataFrame({"lead_id": leads["lead_id"], **groups})


def find_type(name: str, source: Source) -> str:
    """Return the type of a protected column: as declared, or of a canonical one "text" or "category"."""
    if name in source.leads.own:
        return source.leads.own[name].type
    return "text" if name in PERSONAL_COLUMNS else "category"


def group_column(values: pd.Series, type_: str) -> pd.Series:
    if type_ == "number":
        return cut_quarters(values.astype(float))
    if type_ == "date":
        return values.dt.strftime("%Y").astype("str")
    if type_ == "flag":
        return map_distinct(values, lambda text: {1.0: "yes", 0.0: "no"}.get(read_flag(text)), "str")
    if type_ == "category":
        return map_distinct(values, lambda text: None if is_placeholder(text) else clean_place(text), "str")
    return values.notna().map({True: GIVEN, False: None}).astype("str")


def cut_quarters(values: pd.Series) -> pd.Series:
    """Return the quarter each number lies in, fewer than four where values repeat.

    >>> cut_quarters(pd.Series([1.0, 2.0, 3.0, 4.0])).tolist()
    ['up to 1.75', 'over 1.75 to 2.5', 'over 2.5 to 3.25', 'over 3.25']
    """
    edges = sorted({float(f"{edge:.3g}") for edge in values.quantile(list(QUARTERS)).dropna()})
    said = [f"{edge:,.10g}" for edge in edges]
    between = [f"over {low} to {high}" for low, high in pairwise(said)]
    names = np.array([f"up to {said[0]}", *between, f"over {said[-1]}"] if said else [""], dtype=object)
    places = np.searchsorted(edges, values.to_numpy())
    return pd.Series(np.where(values.notna(), names[places], None), index=values.index, dtype="str")
