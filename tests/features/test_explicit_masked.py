"""Contact data in fields that become categories: left out, and counted."""

import pandas as pd

from src.features.explicit_metrics.understood import LABELS, TYPED_FIELDS, count_masked


def test_what_is_masked_is_counted_by_field():
    """Check that ids of digits are kept where a website sets them, and that addresses are left out and counted."""
    leads = pd.DataFrame({name: pd.Series([None, None, None], dtype="str") for name in (*LABELS, *TYPED_FIELDS, "own")})
    leads["campaign"] = ["120210000000000", "ana@x.es", "+34 612 345 678"]
    leads["landing_page"] = ["x.es/lp/20240611234?email=ana@x.es", "x.es/@ana", None]
    leads["city"] = ["612 345 678", "Madrid", None]
    leads["own"] = ["SKU-12345678", "ana@x.es", None]
    assert count_masked(leads, ["own"]) == [
        {"field": "city", "leads": 1},
        {"field": "campaign", "leads": 2},
        {"field": "landing_page", "leads": 1},
        {"field": "own", "leads": 1},
    ]
