import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from src import paths
from src.evaluation import objectives
from src.evaluation.objectives import compare_objectives, correlate, join_tables
from src.files import read_json, write_table
from src.params import Evaluation, load_params

PARAMS = Evaluation.model_construct(bootstrap=40, confidence=0.95, assessable_conversions=2)


def make_table(p: list[float], label: list[int] | None = None, start: int = 0) -> pd.DataFrame:
    """Return one row a lead, scored as it came in."""
    names = [f"L{number}" for number in range(start, start + len(p))]
    table = pd.DataFrame({"lead_id": names, "person": names, "snapshot_at": pd.Timestamp("2026-01-05")})
    return table.assign(age_days=0.0, probability=p, label=label or [0] * len(p))


def test_opposite_orders_share_no_lead():
    """Check ten leads in opposite orders: of the top three of each none is common, and ranks correlate by -1."""
    p = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05]
    (pair,) = compare_objectives(
        {"sale": make_table(p, [1, 1, 0] + [0] * 7), "accepted": make_table(p[::-1], [0] * 9 + [1])}, PARAMS, 1
    )
    assert (pair["objectives"], pair["leads"]) == (["sale", "accepted"], 10)
    assert pair["correlation"] == pytest.approx(-1)
    assert {name: group["leads"] for name, group in pair["table"].items()} == {
        "both": 0,
        "first": 3,
        "second": 3,
        "neither": 4,
    }
    assert pair["table"]["first"]["converts_first"] == pytest.approx(2 / 3)
    assert pair["table"]["second"]["converts_second"] == pytest.approx(1 / 3)
    assert pair["table"]["both"]["converts_first"] is None
    assert pair["examples"]["first"][0] == {"lead_id": "L0", "p_first": 0.9, "p_second": 0.05}
    assert [row["lead_id"] for row in pair["examples"]["second"]] == ["L9", "L8", "L7", "L6", "L5"]


def test_leads_are_compared_at_the_first_moment_that_both_scored():
    """Check that a moment of one objective alone is passed over, and leads of one alone are left out."""
    first = make_table([0.9, 0.8])
    later = first.assign(snapshot_at=pd.Timestamp("2026-01-12"), age_days=7.0, probability=[0.5, 0.4])
    other = later.iloc[:1].assign(probability=0.2)
    both = join_tables(pd.concat([later, first]), other)
    assert both[["lead_id", "p_first", "p_second"]].to_dict("records") == [
        {"lead_id": "L0", "p_first": 0.5, "p_second": 0.2}
    ]


def test_sources_without_dates_have_one_moment():
    """Check that leads without moments are joined by their id alone."""
    undated = make_table([0.9, 0.8]).assign(
        snapshot_at=pd.Series([pd.NaT] * 2, dtype="datetime64[us]"), age_days=np.nan
    )
    assert len(join_tables(undated, undated)) == 2


def test_one_objective_or_no_common_lead_is_no_pair():
    """Check that there is nothing to compare."""
    assert compare_objectives({"sale": make_table([0.5])}, PARAMS, 1) == []
    apart = {"sale": make_table([0.5, 0.4]), "accepted": make_table([0.5, 0.4], start=2)}
    assert compare_objectives(apart, PARAMS, 1) == []


def test_equal_probabilities_have_no_order():
    """Check that a model of the base rate alone gives no correlation, and no example."""
    (pair,) = compare_objectives({"sale": make_table([0.5] * 4), "accepted": make_table([0.1] * 4)}, PARAMS, 1)
    assert (pair["correlation"], pair["correlation_low"]) == (None, None)
    assert pair["examples"] == {"first": [], "second": []}
    assert pair["table"]["both"]["share"] == pytest.approx(0.3)


@settings(max_examples=40)
@given(values=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30))
def test_of_ranks_the_correlation_is_spearmans(values):
    """Check against scipy, ties included."""
    first, second = pd.DataFrame(values, dtype=float).rank().to_numpy().T
    if len(set(first)) > 1 and len(set(second)) > 1:
        assert correlate(first, second, np.ones(len(first))) == pytest.approx(spearmanr(first, second).statistic)


def test_the_stage_compares_what_applies(tmp_path, monkeypatch):
    """Check that an objective without predictions is left out, and that the file names its source."""
    params = load_params()
    monkeypatch.setattr(objectives, "load_params", lambda: params)
    monkeypatch.chdir(tmp_path)
    write_table(make_table([0.5, 0.4]), paths.predictions("sale"))
    write_table(pd.DataFrame(), paths.predictions("accepted"))
    assert objectives.main() == "1 objectives, 0 pairs compared"
    assert read_json(paths.OBJECTIVES) == {"source": params.source, "applicable": False, "pairs": []}
    write_table(make_table([0.4, 0.5]), paths.predictions("accepted"))
    objectives.main()
    assert read_json(paths.OBJECTIVES)["pairs"][0]["leads"] == 2
