import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from src.evaluation.calibration import (
    IsotonicBlocks,
    compare_calibrators,
    cut_bands,
    join_rare,
    judge_fold,
    list_parts,
    mark_standing_out,
    measure_calibration,
    measure_cells,
    predict_isotonic,
    predict_venn_abers,
)
from src.params import Evaluation

PARAMS = Evaluation.model_construct(bootstrap=100, confidence=0.95, assessable_conversions=2)


def make_rows(label: list[int], p: list[float], person: list[str] | None = None) -> pd.DataFrame:
    """Return one row a lead, all at once, in one month."""
    names = [f"L{number}" for number in range(len(label))]
    rows = pd.DataFrame({"lead_id": names, "person": person or names, "label": label, "probability": p})
    return rows.assign(created_at=pd.Timestamp("2026-01-05"), age="0h", age_days=0.0)


def take(rows: pd.DataFrame, cell: list[str], params: Evaluation = PARAMS) -> list[dict]:
    return measure_cells(rows, {"part": pd.Series(cell, index=rows.index, dtype="category")}, params, 1)["part"]


def test_a_cell_says_what_was_promised_and_what_happened():
    """Check counts, rates and O:E of two cells: 2 of 4 where 1 was promised, 1 of 2 where 1 was."""
    rows = make_rows([1, 0, 0, 1, 1, 0], [0.25] * 4 + [0.5] * 2)
    first, second = take(rows, ["a"] * 4 + ["b"] * 2)
    assert {key: first[key] for key in ("name", "n", "leads", "converted_leads", "mean_probability")} == {
        "name": "a",
        "n": 4,
        "leads": 4,
        "converted_leads": 2,
        "mean_probability": 0.25,
    }
    assert (first["base_rate"], first["observed_to_expected"]) == (0.5, 2.0)
    assert (second["base_rate"], second["observed_to_expected"], second["verdict"]) == (0.5, 1.0, "not_assessable")


def test_a_cell_without_conversions_has_wilsons_interval():
    """Check that none of 4 is at most 1.96 ** 2 / (4 + 1.96 ** 2) = 49 %: 4.9 for each one promised at 10 %."""
    (cell,) = take(make_rows([0] * 4, [0.1] * 4), ["a"] * 4)
    assert (cell["base_rate_low"], cell["verdict"]) == (0.0, "not_assessable")
    assert cell["base_rate_high"] == pytest.approx(0.4899, abs=1e-4)
    assert cell["observed_to_expected_high"] == pytest.approx(4.899, abs=1e-3)


def test_a_lead_that_converts_at_five_ages_is_one_event():
    """Check that rows of one person bring no certainty: five times each row leaves the intervals as they were."""
    rows = make_rows([1, 0, 0, 1, 0, 0, 1, 0], [0.3, 0.1, 0.2, 0.6, 0.1, 0.3, 0.4, 0.2])
    once, often = take(rows, ["a"] * 8), take(pd.concat([rows] * 5, ignore_index=True), ["a"] * 40)
    assert (once[0].pop("n"), often[0].pop("n")) == (8, 40)
    assert once[0] == pytest.approx(often[0])
    assert once[0]["converted_leads"] == 3


@pytest.mark.parametrize(("rate", "verdict"), [(0.1, "holds"), (0.2, "too_low"), (0.04, "too_high")])
def test_the_verdict_follows_the_interval(rate, verdict):
    """Check that of 1,000 leads to whom 10 % was promised 10 %, 20 % and 4 % are judged rightly."""
    label = [1] * round(1000 * rate) + [0] * round(1000 * (1 - rate))
    (cell,) = take(make_rows(label, [0.1] * 1000), ["a"] * 1000)
    assert cell["verdict"] == verdict
    assert cell["stands_out"] == (verdict != "holds")
    assert cell["observed_to_expected_low"] < rate / 0.1 < cell["observed_to_expected_high"]


def test_a_gap_must_beat_the_largest_of_all_cells():
    """Check that a gap of 1.5 errors stands out alone, and not beside a cell that chance takes to 2.3 errors."""
    wide, quiet = np.array([1.5, 0.5, 2.5, 0.5, 2.5]), np.array([0.0, 0.0, 0.0, 0.0, 3.0])
    assert mark_standing_out([wide], 0.95) == [True]
    assert mark_standing_out([wide, quiet], 0.95) == [False, False]
    assert mark_standing_out([wide * 4, quiet], 0.95) == [False, False]
    assert mark_standing_out([wide + 3, quiet], 0.95) == [True, False]
    assert mark_standing_out([], 0.95) == []


def test_parts_are_those_that_there_are():
    """Check months, quarters, ages in their order, and that without dates and ages only the bands are left."""
    rows = pd.concat([make_rows([1], [0.3]).assign(age=age, age_days=days) for age, days in (("30d", 30), ("7d", 7))])
    rows = rows.reset_index(drop=True)
    parts = list_parts(rows, pd.Series(["fairs", "fairs"]))
    assert {name: list(part.cat.categories) for name, part in parts.items()} == {
        "month": ["2026-01"],
        "quarter": ["2026-Q1"],
        "channel": ["(other)"],
        "age": ["7d", "30d"],
        "band": ["0.2-0.5"],
    }
    undated = rows.assign(created_at=pd.NaT, age="0h", age_days=np.nan)
    assert list(list_parts(undated, None)) == ["band"]


def test_bands_begin_where_they_say():
    """Check that an edge belongs to the band above it."""
    bands = cut_bands(pd.Series([0.0, 0.00999, 0.01, 0.5, 0.99]))
    assert bands.tolist() == ["0-0.01", "0-0.01", "0.01-0.02", "0.5-1", "0.5-1"]


def name_values(counts: dict[str | None, int]) -> pd.Series:
    return pd.Series([value for value, count in counts.items() for _ in range(count)], dtype="str")


@pytest.mark.parametrize(
    ("counts", "groups"),
    [
        ({"a": 30, "b": 40}, ["b", "a"]),
        # The three of c are too few to be shown, and so are the others without b.
        ({"a": 30, "b": 25, "c": 3}, ["a", "(other)"]),
        ({"a": 30, "b": 25, "c": 12, "d": 8}, ["a", "b", "(other)"]),
        ({"a": 30, None: 20}, ["a", "(unknown)"]),
        ({"a": 30, None: 19}, ["(other)"]),
        ({"a": 1}, ["(other)"]),
    ],
)
def test_what_few_leads_have_is_not_shown(counts, groups):
    """Check that no group has fewer than 20 leads, what is missing and the joined others included."""
    values = name_values(counts)
    assert list(join_rare(values, pd.Series(range(len(values)))).cat.categories) == groups


def test_groups_are_counted_in_leads():
    """Check that ten leads with three rows each are ten, and that at most so many as asked are named."""
    lead = pd.Series([f"L{number % 10}" for number in range(30)])
    assert set(join_rare(name_values({"a": 30}), lead)) == {"(other)"}
    many = name_values({letter: 20 + number for number, letter in enumerate("abcdef")})
    assert list(join_rare(many, pd.Series(range(len(many))), most=2).cat.categories) == ["f", "e", "(other)"]


def make_forward(count: int, seed: int = 3) -> pd.DataFrame:
    """Return three folds a month apart, labels known at once, log-odds twice too far from 0."""
    generator = np.random.default_rng(seed)
    z = generator.normal(-1, 1, 3 * count)
    fold = np.repeat([0, 1, 2], count)
    begin = pd.Timestamp("2026-01-01") + pd.to_timedelta(30 * fold, unit="D")
    return pd.DataFrame(
        {
            "lead_id": range(3 * count),
            "fold": fold,
            "learned": 3 * count,
            "fold_from": begin,
            "label_known_at": begin + pd.Timedelta(days=1),
            "label": (generator.random(3 * count) < 1 / (1 + np.exp(-z))).astype(float),
            "log_odds": 2 * z,
            "person": [f"P{number}" for number in range(3 * count)],
        }
    )


def test_calibrators_are_judged_on_later_folds():
    """Check that the first fold judges nobody, that twice too bold log-odds need a slope, and the differences."""
    found = compare_calibrators(make_forward(1500), "temperature", PARAMS, 1)
    by_name = {row["name"]: row for row in found["calibrators"]}
    assert list(by_name) == ["none", "temperature", "isotonic", "venn_abers"]
    assert (found["rows"], found["last_rows"]) == (3000, 1500)
    assert by_name["none"]["loss_difference_low"] > 0
    assert (by_name["temperature"]["is_chosen"], by_name["temperature"]["loss_difference"]) == (True, 0.0)
    assert by_name["none"]["log_loss"] - by_name["temperature"]["log_loss"] == pytest.approx(
        by_name["none"]["loss_difference"]
    )
    assert by_name["isotonic"]["distinct"] < by_name["venn_abers"]["distinct"] < by_name["none"]["distinct"] == 1500


def test_an_outcome_that_was_not_known_yet_teaches_no_calibrator():
    """Check that labels of the first fold that became known after the second began change nothing in it."""
    forward = make_forward(50)
    late = forward.assign(label_known_at=forward["fold_from"] + pd.Timedelta(days=31))
    assert compare_calibrators(late[late["fold"] < 2], "none", PARAMS, 1) == {}
    rows = forward[forward["fold"] == 1]
    mixed = forward.copy()
    mixed.loc[:24, "label_known_at"] = rows["fold_from"].iloc[0] + pd.Timedelta(seconds=1)
    turned = mixed.copy()
    turned.loc[:24, "label"] = 1 - turned.loc[:24, "label"]
    pd.testing.assert_frame_equal(judge_fold(mixed, rows), judge_fold(turned, rows))
    assert not judge_fold(mixed, rows).equals(judge_fold(forward, rows))


def test_venn_abers_by_hand():
    """Check two known rows, 0 at 1 and 1 at 2: a row at 3 has p1 = 1 and p0 = (1 + 0) / 2, so p = 1 / 1.5.

    At 2 its p0 is 1/2 too; at 0 p0 = 0 and, pooled with the 0 at 1, p1 = 1/2, so p = 0.5 / 1.5.
    """
    p = predict_venn_abers(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([3.0, 2.0, 0.0]))
    assert p.tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3])


@settings(max_examples=60)
@given(
    known=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), min_size=1, max_size=25),
    score=st.integers(-1, 7),
    added=st.integers(0, 1),
)
def test_one_more_row_is_fitted_as_by_isotonic_regression_again(known, score, added):
    """Check the short way against fitting all rows, the added one among them."""
    scores, labels = np.array(known, dtype=float).T
    fitted = IsotonicRegression().fit([*scores, score], [*labels, added]).predict([score])
    assert IsotonicBlocks(labels, scores).fit_with(np.array([score], float), float(added)) == pytest.approx(fitted[:1])


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1)), min_size=1, max_size=25),
    st.lists(st.floats(-5, 5), min_size=1, max_size=5),
)
@settings(max_examples=60)
def test_isotonic_regression_is_that_of_scikit_learn(known, later):
    """Check its values between known scores and beyond them, also where known scores repeat."""
    scores, labels = np.array(known, dtype=float).T
    expected = IsotonicRegression(out_of_bounds="clip").fit(scores, labels).predict(later)
    assert predict_isotonic(labels, scores, np.array(later)) == pytest.approx(expected)


def test_all_figures_of_probabilities_that_hold():
    """Check that perfect probabilities are called so, that parts add up, and that one broken month is found."""
    generator = np.random.default_rng(5)
    p = generator.beta(1, 6, 6000)
    rows = make_rows((generator.random(6000) < p).astype(int).tolist(), p.tolist())
    rows["created_at"] = pd.Timestamp("2026-01-15") + pd.to_timedelta(30 * (np.arange(6000) % 6), unit="D")
    channel = pd.Series(np.where(np.arange(6000) % 2, "a", "b"))
    params = PARAMS.model_copy(update={"assessable_conversions": 50})
    found = measure_calibration(rows, channel, make_forward(100), "none", params, 1)
    assert found["all"]["verdict"] == "holds"
    assert [cell["n"] for cell in found["curve"]] == [600] * 10
    assert all(sum(cell["n"] for cell in part) == 6000 for part in found["cells"].values())
    assert found["standing_out"] == 0
    assert found["off_by_chance"] == pytest.approx(0.05 * found["assessable"])
    broken = rows.assign(label=rows["label"].where(rows["created_at"].dt.month != 3, 1))
    months = measure_calibration(broken, channel, make_forward(100), "none", params, 1)["cells"]["month"]
    assert {cell["name"]: cell["verdict"] for cell in months if cell["stands_out"]} == {"2026-03": "too_low"}


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_rows_changes_nothing_that_is_said(seed):
    """Check that shuffled rows give the same rates, O:E and counts."""
    rows = make_rows([1, 0, 0, 1, 1, 0, 0, 0], [0.3, 0.1, 0.2, 0.6, 0.1, 0.3, 0.4, 0.2])
    cell = pd.Series(list("aabbaabb"))
    order = np.random.default_rng(seed).permutation(8)
    names = ("name", "n", "leads", "converted_leads", "mean_probability", "base_rate", "observed_to_expected")
    straight = [[found[name] for name in names] for found in take(rows, cell.tolist())]
    shuffled = [[found[name] for name in names] for found in take(rows.iloc[order], cell.iloc[order].tolist())]
    assert shuffled == [[pytest.approx(value) for value in row] for row in straight]
