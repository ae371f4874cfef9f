"""Leads that are good for one objective and bad for another, for the pages that say it."""

from typing import Any

import pandas as pd

from src.reports.language import gettext as _
from src.reports.names import write_objective


def tabulate_groups(pair: Any) -> pd.DataFrame:
    """Return one row a group of a pair of objectives: its leads, and how many of them end in each objective."""
    first, second = map(write_objective, pair.objectives)
    names = {
        "both": _("both"),
        "first": _("%(objective)s alone") % {"objective": first},
        "second": _("%(objective)s alone") % {"objective": second},
        "neither": _("neither"),
    }
    return pd.DataFrame([{"group": names[key], **group} for key, group in pair.table.items()])
