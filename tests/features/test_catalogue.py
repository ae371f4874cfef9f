import pandas as pd
import pytest

from src.features.catalogue import Metric, check_features, read_catalogue, write_catalogue

VISITS = Metric("visits", "implicit", "counts", "number", "visits", "How often.", "page_viewed")
FORM = Metric("form", "explicit", "form", "category", "name", "Which form.", "form")


def test_features_come_in_the_order_and_the_types_of_the_catalogue():
    """Check that keys come first, numbers are floats and categories text with missing values."""
    features = pd.DataFrame({"form": ["a", None], "visits": [1, 2], "lead_id": ["x", "y"]})
    checked = check_features(features, [VISITS, FORM])
    assert list(checked) == ["lead_id", "visits", "form"]
    assert checked["visits"].dtype == float
    assert checked["form"].dtype == "str"
    assert checked["form"].isna().tolist() == [False, True]
    assert list(features) == ["form", "visits", "lead_id"]


@pytest.mark.parametrize(
    ("columns", "catalogue"),
    [(["visits", "odd"], [VISITS]), (["form"], [VISITS, FORM]), (["visits"], [VISITS, VISITS])],
    ids=["no entry", "no column", "entry twice"],
)
def test_a_column_without_its_entry_is_refused(columns, catalogue):
    """Check that features and catalogue must name the same columns, each once."""
    with pytest.raises(AssertionError, match="features and catalogue differ"):
        check_features(pd.DataFrame({name: [1.0] for name in columns}), catalogue)


def test_a_catalogue_is_read_as_it_was_written(tmp_path):
    """Check that entries and their order survive the file."""
    write_catalogue([FORM, VISITS], tmp_path / "catalogue.json")
    assert read_catalogue(tmp_path / "catalogue.json") == [FORM, VISITS]
