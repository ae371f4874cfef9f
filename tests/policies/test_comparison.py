import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from src import paths
from src.policies.comparison import compare_routes, list_moves
from src.policies.economics import DISCARD, NURTURE, SALES
from tests.reports.leads import make_leads, make_scenario


def allow(*may_sales: bool) -> pd.DataFrame:
    return pd.DataFrame({"may_sales": may_sales, "may_nurture": True})


def test_leads_that_change_route_by_what_moved_them():
    """Check six leads: same, less, less, same, from nothing to a call, and kept from calls in one alone."""
    first = np.array([SALES, SALES, NURTURE, DISCARD, DISCARD, SALES])
    second = np.array([SALES, NURTURE, DISCARD, DISCARD, SALES, DISCARD])
    everybody, fewer = allow(*[True] * 6), allow(*[True] * 5, False)
    counts = {"leads": 6, "changed": 4, "closed": 1, "sales": 2, "discard": 2, "most": None}
    assert compare_routes(everybody, fewer, first, second) == counts
    # Without the condition the last lead counts in both: called in the first alone, discarded in the second alone.
    assert compare_routes(everybody, everybody, first, second) == counts | {"closed": 0, "sales": 3, "discard": 3}
    # Without the third nobody falls from nurturing to nothing.
    first[2] = DISCARD
    assert compare_routes(everybody, fewer, first, second)["most"] == "sales"


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.booleans()), max_size=30))
def test_changes_are_counted_once_and_in_either_direction(rows):
    """Check that the order of the scenarios does not matter and that who moves counts in one way or in both."""
    table = pd.DataFrame(rows, columns=["first", "second", "may_first", "may_second"])
    routes = [table[name].to_numpy(int) for name in ("first", "second")]
    allowed = [allow(*table[name].astype(bool)) for name in ("may_first", "may_second")]
    counts = compare_routes(*allowed, *routes)
    assert counts == compare_routes(*reversed(allowed), *reversed(routes))
    moved = counts["changed"] - counts["closed"]
    assert max(counts["sales"], counts["discard"]) <= moved <= counts["sales"] + counts["discard"]


def test_only_the_same_leads_are_compared(tmp_path, monkeypatch):
    """Check that scenarios of another objective or age are left out, and most changes come first."""
    monkeypatch.chdir(tmp_path)
    paths.decisions("sale", "dear").parent.mkdir(parents=True)
    leads = make_leads([0.5, 0.05, 0.2, 0.001], [1, 0, 0, 0])
    # At 300 the cuts are 1.4 and 8.5 %, at 30 they are 14 and 85 %, at 100 they are 4.3 and 25 %.
    scenarios = {
        "dear": make_scenario(),
        "middle": make_scenario(value=100.0),
        "cheap": make_scenario(value=30.0),
        "later": make_scenario(),
        "client": make_scenario(objective="accepted"),
    }
    for name, scenario in scenarios.items():
        leads.to_parquet(paths.decisions(scenario.objective, name))
    ages = dict.fromkeys(scenarios, "1d") | {"later": "7d"}
    found = [
        (move["first"], move["second"], move["changed"], move["sales"], move["discard"], move["most"])
        for move in list_moves(scenarios, ages)
    ]
    assert found == [
        ("dear", "cheap", 3, 2, 1, "sales"),
        ("middle", "cheap", 2, 1, 1, None),
        ("dear", "middle", 1, 1, 0, "sales"),
    ]
