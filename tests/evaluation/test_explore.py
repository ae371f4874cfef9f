import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from src.evaluation import explore
from src.features.catalogue import Metric

NAMES = pd.DataFrame(
    {"column": ["kind", "kind", "asset"], "code": [0, 3, 0], "value": ["email_sent", "email_clicked", "welcome"]}
)


def test_files_are_one_row_each():
    """Check that only the counts of the intake are shown, whatever else it holds."""
    file = {"file": "a.csv", "rows_read": 5, "rows_kept": 3, "rows_rejected": 1, "duplicates": 1, "undeclared": []}
    table = explore.tabulate_files({"files": [file]})
    assert table.to_dict("records") == [
        {"file": "a.csv", "rows_read": 5, "rows_kept": 3, "rows_rejected": 1, "duplicates": 1}
    ]


def test_rejections_are_counted_by_reason():
    """Check that the most frequent reason comes first and that a whole row is called so."""
    rejected = pd.DataFrame(
        {
            "file": ["a.csv", "a.csv", "b.csv"],
            "column": [None, "when", "when"],
            "reason": ["too_few_fields", "not_understood", "not_understood"],
        }
    )
    counts = explore.count_rejections(pd.concat([rejected, rejected.tail(1)]))
    assert counts.to_numpy().tolist() == [
        ["b.csv", "when", "not_understood", 2],
        ["a.csv", "(whole row)", "too_few_fields", 1],
        ["a.csv", "when", "not_understood", 1],
    ]


def test_nothing_rejected_gives_no_rows():
    """Check that a clean source has an empty table."""
    assert explore.count_rejections(pd.DataFrame(columns=["file", "column", "reason"])).empty


@pytest.mark.parametrize(
    ("conversions", "count", "low", "high"),
    # 0 of 10: from 0 to z²/(n + z²). 5 of 10: 0.5 ± z/(n + z²) sqrt(n/4 + z²/4).
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 1.0)],
)
def test_interval_is_wilsons(conversions, count, low, high):
    """Check the score interval against values worked out by hand, at z = 1.96."""
    found = explore.measure_interval(np.array([conversions]), np.array([count]), 0.95)
    assert np.ravel(found) == pytest.approx([low, high], abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
@example((29, 29))
@example((0, 29))
def test_interval_holds_the_rate(pair):
    """Check that the interval lies within 0 and 1 and around the rate."""
    conversions, count = pair
    low, high = (float(end) for end in explore.measure_interval(conversions, count, 0.95))
    assert 0 <= low <= conversions / count <= high <= 1


def test_rates_count_each_group_and_the_missing():
    """Check leads, conversions and rate of each group; missing is a group of its own, the last."""
    label = pd.Series([1.0, 0.0, 0.0, 1.0, 1.0])
    group = pd.Series(["web", "fair", "web", None, "fair"])
    rates = explore.measure_rates(label, group, 0.95)
    assert rates[["group", "leads", "conversions", "rate"]].to_numpy().tolist() == [
        ["fair", 2, 1, 0.5],
        ["web", 2, 1, 0.5],
        [explore.UNKNOWN, 1, 1, 1.0],
    ]


def test_rates_of_nothing_known():
    """Check that a group nobody gave is one row, not an error."""
    rates = explore.measure_rates(pd.Series([1.0, 0.0]), pd.Series([None, None], dtype="str"), 0.95)
    assert rates["group"].tolist() == [explore.UNKNOWN]


def test_rates_keep_the_order_of_categories():
    """Check that ordered groups are not sorted by name, and that empty ones are left out."""
    group = pd.Series(pd.Categorical(["7 days", "at once"], ["at once", "1 day", "7 days"], ordered=True))
    rates = explore.measure_rates(pd.Series([0.0, 1.0]), group, 0.95)
    assert rates["group"].tolist() == ["at once", "7 days"]


def test_months_are_in_order():
    """Check that periods are groups as they are."""
    month = pd.Series(pd.to_datetime(["2025-02-01", "2024-12-01", None])).dt.to_period("M")
    rates = explore.measure_rates(pd.Series([0.0, 1.0, 1.0]), month, 0.95)
    assert rates["group"].tolist() == ["2024-12", "2025-02", explore.UNKNOWN]


def test_rare_categories_become_one():
    """Check that the most frequent stay, ties by name, and that missing stays missing."""
    values = pd.Series([*"cabcabcabc", None], dtype="str")
    kept = explore.keep_frequent(values, 2)
    assert kept.tolist()[:4] == ["c", "a", explore.OTHER, "c"]
    assert pd.isna(kept[10])


def test_what_two_leads_have_has_no_name():
    """Check that a value too rare to be shown is one of the others, even where there is room."""
    assert explore.keep_frequent(pd.Series(["ana", "ana", *"aaa"]), 9).tolist() == [explore.OTHER] * 2 + ["a"] * 3


def test_deciles_of_different_values_are_equal_groups():
    """Check that a hundred different values fall into ten groups of ten, in order."""
    deciles = explore.cut_deciles(pd.Series(np.arange(1.0, 101.0)))
    assert deciles.value_counts().tolist() == [10] * 10
    assert deciles.iloc[0] == "up to 10.9"
    assert deciles.iloc[99] == "over 90.1"
    assert deciles.cat.ordered


def test_deciles_join_where_one_value_fills_several():
    """Check that many zeros are one group and that an unknown value is in none."""
    deciles = explore.cut_deciles(pd.Series([0.0] * 8 + [1.0, 5.0, np.nan]))
    assert deciles.iloc[0] == "up to 0"
    assert (deciles == "up to 0").sum() == 8
    assert pd.isna(deciles.iloc[10])


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [3.0, 3.0]])
def test_deciles_of_nothing_or_one_value(values):
    """Check that there is at most one group where there is at most one value."""
    assert explore.cut_deciles(pd.Series(values, dtype=float)).nunique() <= 1


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1))
def test_deciles_follow_the_values(values):
    """Check that a larger value is never in a lower group and that no known value is lost."""
    values = pd.Series(values)
    codes = explore.cut_deciles(values).cat.codes
    assert (codes >= 0).equals(values.notna())
    order = values.dropna().sort_values().index
    assert codes[order].is_monotonic_increasing


def test_kinds_are_counted_with_their_leads():
    """Check activities and leads of each kind, the most frequent first."""
    activities = pd.DataFrame({"lead_key": [0, 0, 1, 1], "kind": [0, 0, 0, 3]})
    assert explore.count_kinds(activities, NAMES).to_numpy().tolist() == [["email_sent", 3, 2], ["email_clicked", 1, 1]]


def test_leads_without_activities_count_as_none():
    """Check that the log's silence about a lead is a zero, and that the typical lead is not one."""
    activities = pd.DataFrame({"lead_key": [1, 1, 1, 4, 5, 5]})
    counts = explore.count_per_lead(activities, pd.DataFrame({"lead_key": [0, 1, 4, 5]}))
    assert counts.to_dict() == {0: 0, 1: 3, 4: 1, 5: 2}
    assert explore.find_typical(counts) == 5


def test_timeline_joins_activities_and_outcomes_in_order():
    """Check that what a lead did and what became of it are told in order, codes as texts."""
    activities = pd.DataFrame({"occurred_at": [2_000_000, 1_000_000], "kind": [3, 0], "asset": [-1, 0]})
    outcomes = pd.DataFrame(
        {"kind": ["won", "lost"], "occurred_at": pd.Series([pd.Timestamp("1970-01-01 00:00:01.5"), pd.NaT])}
    )
    timeline = explore.tell_timeline(activities, outcomes, NAMES)
    assert timeline["what"].tolist() == ["email_sent", "outcome: won", "email_clicked", "outcome: lost"]
    assert timeline["detail"].isna().tolist() == [False, True, True, True]
    assert timeline["at"].iloc[0] == pd.Timestamp("1970-01-01 00:00:01")
    assert pd.isna(timeline["at"].iloc[3])


def test_a_yes_or_no_is_two_groups_and_those_it_says_nothing_of_are_none():
    """Check the groups of two metrics over four leads, one of them unknown to the second."""
    label = pd.Series([1.0, 0.0, 1.0, 1.0])
    flags = pd.DataFrame({"has_phone": [1.0, 1.0, 0.0, 0.0], "is_free": [1.0, 1.0, 1.0, np.nan]})
    rates = explore.measure_flags(label, flags, 0.95)
    found = rates[["group", "leads", "conversions"]].to_numpy().tolist()
    assert found == [["has_phone: no", 2, 2], ["has_phone: yes", 2, 1], ["is_free: yes", 3, 2]]


def test_numbers_are_shown_by_tenths_and_names_by_frequency():
    """Check one metric of each type."""
    numbers = explore.group_metric(pd.Series([1.0, 2.0, np.nan]), 5)
    assert isinstance(numbers.dtype, pd.CategoricalDtype)
    names = explore.group_metric(pd.Series(["a", "a", "a", "b", None], dtype="str"), 1)
    assert names.fillna("?").tolist() == ["a", "a", "a", "(other)", "?"]


def test_what_was_understood_is_one_row_a_field_and_metric():
    """Check share and list of what was not."""
    unknown = [{"value": "jefaza", "leads": 3}, {"value": "x", "leads": 1}]
    fields = [
        {"field": "job_title", "metric": "job_seniority", "given": 16, "understood": 12, "unknown": unknown},
        {"field": "email", "metric": "is_email_valid", "given": 3, "understood": 2, "unknown": []},
    ]
    assert explore.tabulate_understood(fields).to_numpy().tolist() == [
        ["job_title", "job_seniority", 16, "75.0%", "jefaza (3), x (1)"],
        ["email", "is_email_valid", 3, "66.7%", ""],
    ]


def describe(name: str, origin: str = "page_viewed", kind: str = "number") -> Metric:
    return Metric(name, "implicit", "counts", kind, "pages", "Pages seen.", origin)


def test_snapshots_of_a_lead_stand_side_by_side():
    """Check one row a metric in the order asked for, and one column a snapshot, the earliest first."""
    features = pd.DataFrame(
        {
            "age": ["1d", "0h"],
            "snapshot_at": pd.to_datetime(["2025-01-02", "2025-01-01"]),
            "a": [3.0, 1.0],
            "b": [4.0, 2],
        }
    )
    table = explore.tabulate_snapshots(features, [describe("b"), describe("a")])
    assert list(table.columns) == ["metric", "0h", "1d"]
    assert table.to_numpy().tolist() == [["b (pages)", 2.0, 4.0], ["a (pages)", 1.0, 3.0]]


def test_metrics_are_ranked_by_how_well_each_orders_the_leads():
    """Check ROC-AUCs by hand: 1, 0 (as good, the other way), 3 of 4 pairs with the missing lowest, and no category."""
    label = pd.Series([0.0, 0.0, 1.0, 1.0], index=[7, 5, 3, 1])
    features = pd.DataFrame(
        {"up": [1.0, 2, 3, 4], "down": [4.0, 3, 2, 1], "some": [np.nan, 2, 1, 3], "same": [1.0] * 4, "name": ["x"] * 4},
        index=label.index,
    )
    metrics = [describe("same"), describe("some"), describe("up"), describe("down"), describe("name", kind="category")]
    ranked = explore.rank_metrics(label, features, metrics)
    assert [metric.name for metric in ranked["metric"]] == ["up", "down", "some", "same"]
    assert ranked["roc_auc"].tolist() == [1.0, 0.0, 0.75, 0.5]


def test_best_metric_of_each_origin_is_picked():
    """Check that a second metric of the same origin is passed over, and that none are picked of none."""
    metrics = [describe("a", "x"), describe("b", "x"), describe("c", "y"), describe("d", "z")]
    ranked = pd.DataFrame({"metric": metrics, "roc_auc": [0.9, 0.8, 0.7, 0.6]})
    assert [metric.name for metric in explore.pick_best(ranked, 2)] == ["a", "c"]
    nothing = explore.rank_metrics(pd.Series([], dtype=float), pd.DataFrame(), [])
    assert explore.pick_best(nothing, 2) == []
