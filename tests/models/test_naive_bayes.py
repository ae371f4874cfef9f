import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.catalogue import Metric
from src.models.candidates import fit_naive_bayes
from src.models.candidates.naive_bayes import cut_number, find_values, weigh_values
from src.models.encoding import code_metrics, code_rows

COLOUR = Metric("colour", "explicit", "form", "category", "name", "What the lead likes.", "colour")
VISITS = Metric("visits", "implicit", "counts", "number", "visits", "How often the lead came.", "page_viewed")


def test_values_weigh_the_ratio_of_their_shares():
    """Check counts by hand, with 0.1 added to each: of 1 winner and 3 losers two have value 1, two value 2.

    Winners: 1.1 and 0.1 of 1.2; losers: 1.1 and 2.1 of 3.2. Value 0 has no row.
    """
    weights = weigh_values(np.array([1, 1, 2, 2]), np.array([1.0, 0, 0, 0]), 3)
    expected = [0.0, np.log((1.1 / 1.2) / (1.1 / 3.2)), np.log((0.1 / 1.2) / (2.1 / 3.2))]
    assert weights.tolist() == pytest.approx(expected)


def test_numbers_are_cut_at_quantiles():
    """Check five bins of ten numbers, fewer where values repeat, and none where nothing is known."""
    assert cut_number(np.arange(1.0, 11)) == [2, 4, 6, 8]
    assert cut_number(np.array([0.0] * 7 + [1, 5, 9])) == [0, 1]
    assert cut_number(np.array([np.nan])) == []


def test_each_value_finds_its_weight():
    """Check missing (0), bins that hold their end, and rare values (1) before the levels."""
    rows = pd.DataFrame(
        {"visits": [np.nan, -5, 0, 0.5, 1, 99], "colour": ["red", None, "ultraviolet", "blue"] + ["red"] * 2}
    )
    coded = code_metrics(rows.astype({"colour": "str"}), [COLOUR, VISITS])
    assert find_values(coded, "visits", [0, 1], None).tolist() == [0, 1, 1, 2, 2, 3]
    assert find_values(coded, "colour", None, ["blue", "red"]).tolist() == [3, 0, 1, 2, 3, 3]


def test_log_odds_are_a_line_through_the_sum_of_weights():
    """Check base and contributions of a row that was seen, and of one of values never seen."""
    generator = np.random.default_rng(1)
    rows = pd.DataFrame({"lead_id": [f"lead{n}" for n in range(200)], "visits": generator.integers(0, 4, 200) * 1.0})
    rows["colour"] = pd.Series(generator.choice(["red", "blue"], 200), dtype="str")
    label = (generator.random(200) < np.where(rows["colour"] == "red", 0.7, 0.3)).astype(float)
    fitted = fit_naive_bayes(rows, label, [COLOUR, VISITS], 5)
    base, parts = fitted.contribute(rows)
    assert fitted.predict(rows).tolist() == (base + parts.sum(axis=1)).tolist()
    # The line makes the mean promise equal the rate.
    assert (1 / (1 + np.exp(-fitted.predict(rows)))).mean() == pytest.approx(label.mean(), abs=1e-6)
    red, blue = fitted.weights["colour"][3], fitted.weights["colour"][2]
    assert fitted.slope > 0
    assert red > 0 > blue
    unseen = pd.DataFrame({"visits": [np.nan], "colour": pd.Series([None], dtype="str")})
    assert fitted.predict(unseen).tolist() == [fitted.log_odds]


def test_what_is_said_twice_counts_once():
    """Check that the same metric under ten names gives the probabilities of one."""
    generator = np.random.default_rng(2)
    rows = pd.DataFrame({"lead_id": [f"lead{n}" for n in range(300)], "visits": generator.integers(0, 4, 300) * 1.0})
    label = (generator.random(300) < 0.1 + 0.2 * rows["visits"]).astype(float).to_numpy()
    names = [f"visits{n}" for n in range(10)]
    many = rows.assign(**dict.fromkeys(names, rows["visits"]))
    metrics = [Metric(name, "implicit", "counts", "number", "visits", "The same.", "page_viewed") for name in names]
    one, ten = fit_naive_bayes(rows, label, [VISITS], 5), fit_naive_bayes(many, label, metrics, 5)
    assert ten.predict(many).tolist() == pytest.approx(one.predict(rows).tolist(), abs=1e-5)


@given(st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=1, max_size=60))
def test_every_number_has_a_weight(values):
    """Check that each value, missing, extreme or repeated, falls into a bin that there is."""
    numbers = pd.Series(values, dtype=float)
    cuts = cut_number(numbers.to_numpy())
    codes = find_values(code_rows(numbers.to_frame("visits"), ["visits"], []), "visits", cuts, None)
    assert ((codes == 0) == numbers.isna()).all()
    assert codes.max() <= len(cuts) + 1
    assert cuts == sorted(set(cuts))
