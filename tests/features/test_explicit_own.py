import pandas as pd
import pytest

from src.data.columns import OwnColumn
from src.features.explicit_metrics.own import MOST_LISTED, measure_own, read_flag


def declare(type_: str) -> OwnColumn:
    return OwnColumn(column="Raw", type=type_, known="creation")


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Sí", 1), ("YES", 1), ("true", 1), ("1", 1), ("x", 1), ("No", 0), ("falso", 0), ("0", 0), ("maybe", None)],
)
def test_a_flag_is_yes_or_no_or_missing(text, answer):
    """Check the words for yes and no; anything else is unknown."""
    assert read_flag(text) == answer


@pytest.mark.parametrize(
    ("type_", "values", "name", "expected"),
    [
        ("number", [1.5, None], "extra", [1.5, -1]),
        ("flag", ["Yes", None], "extra", [1, -1]),
        ("category", ["  Rojo  VIVO ", None], "extra", ["rojo vivo", -1]),
        ("text", ["hola", None], "extra_length", [4, -1]),
        ("date", [pd.Timestamp("2026-01-01"), pd.NaT], "days_since_extra", [2, -1]),
    ],
)
def test_each_type_becomes_its_feature(type_, values, name, expected):
    """Check the name and value of a feature of each type that a source may declare."""
    created = pd.to_datetime(["2026-01-03", "2026-01-03"])
    leads = pd.DataFrame({"extra": pd.Series(values), "created_at": created})
    measured, metrics = measure_own(leads, {"extra": declare(type_)}, "explicit", "own columns")
    assert [metric.name for metric in metrics] == list(measured) == [name]
    assert measured[name].astype(object).where(measured[name].notna(), -1).tolist() == expected


def test_a_name_that_is_taken_is_prefixed():
    """Check that an own column never hides a metric of the project."""
    leads = pd.DataFrame({"weekday": [1.0], "created_at": pd.to_datetime(["2026-01-03"])})
    own = {"weekday": declare("number")}
    _, metrics = measure_own(leads, own, "explicit", "own columns", frozenset({"weekday"}))
    assert [metric.name for metric in metrics] == ["own_weekday"]


def test_a_list_is_a_feature_for_each_of_its_frequent_values():
    """Check yes and no whatever the order, how many there are, that missing stays missing, and the cap."""
    texts = ['["Excel","Power BI"]', '["Excel"]', None, '["ana@x.es"]']
    leads = pd.DataFrame({"extra": pd.Series(texts, dtype="str"), "created_at": pd.NaT})
    measured, metrics = measure_own(leads, {"extra": declare("list")}, "explicit", "own columns")
    assert [metric.name for metric in metrics] == list(measured)
    assert measured.fillna(-1).to_dict("list") == {
        "count_extra": [2, 1, -1, 0],
        "extra_excel": [1, 1, -1, 0],
        "extra_power_bi": [1, 0, -1, 0],
    }
    many = pd.DataFrame({"extra": [str([f"v{n}" for n in range(50)]).replace("'", '"')], "created_at": pd.NaT})
    assert measure_own(many, {"extra": declare("list")}, "explicit", "own columns")[0].shape == (1, MOST_LISTED + 1)
