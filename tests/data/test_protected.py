import pytest
from pydantic import ValidationError

from src.data.declarations import Leads

COLUMNS = {"lead_id": "Id", "created_at": "Created", "sector": "Sector", "city": "City"}
SEX = {"column": "Sex", "type": "category", "known": "creation", "protected": True}
BUDGET = {"column": "Budget", "type": "number", "known": "creation"}


def declare(**keys) -> Leads:
    return Leads.model_validate({"file": "leads.csv", "columns": COLUMNS} | keys)


def test_protected_columns_are_canonical_and_own():
    """Check that both ways to declare are listed, canonical columns first, and that none is the default."""
    assert declare(protected=["city"], own={"sex": SEX, "budget": BUDGET}).list_protected() == ["city", "sex"]
    assert declare(own={"budget": BUDGET}).list_protected() == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"protected": ["gender"]}, "protected"),
        ({"protected": ["lead_id"]}, "protected"),
        ({"protected": ["country"]}, "protected.country is none of the declared columns"),
        ({"protected": ["city"], "own": {"town": BUDGET | {"column": "City"}}}, "town reads the same column as city"),
        ({"own": {"sex": SEX, "kind": BUDGET | {"column": "Sex"}}}, "kind reads the same column as sex"),
        ({"own": {"where": SEX | {"column": "City"}}}, "city reads the same column as where, which is protected"),
    ],
)
def test_what_cannot_be_protected_is_refused(keys, message):
    """Check unknown and undeclared names, and a protected column that comes in again under another name."""
    with pytest.raises(ValidationError, match=message):
        declare(**keys)


def test_two_protected_names_may_read_one_column():
    """Check that only a name that would be a feature is refused."""
    assert declare(own={"sex": SEX, "gender": SEX}).list_protected() == ["sex", "gender"]
