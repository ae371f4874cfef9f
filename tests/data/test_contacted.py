import pytest
from pydantic import ValidationError

from src.data.sources import Contacted, Source

LOG = {"file": "log.csv", "columns": {"lead_id": "l", "occurred_at": "o", "kind": "k"}}


def declare(contacted: dict, type_: str = "flag", known: str = "after_outcome", activities: tuple = (LOG,)) -> Source:
    own = {"called": {"column": "Called", "type": type_, "known": known}}
    return Source.model_validate(
        {
            "description": "Made by hand.",
            "as_of": "2026-12-31T00:00:00",
            "leads": {"file": "leads.csv", "columns": {"lead_id": "ID", "created_at": "Created"}, "own": own},
            "activities": list(activities),
            "outcomes": [{"column_of_leads": "Won", "kinds": {"yes": "won"}}],
            "objectives": {"sale": {"converted": ["won"], "horizon_days": 10}},
            "contacted": contacted,
        }
    )


def test_contact_is_declared_in_one_of_two_forms():
    """Check kinds of activity and an own flag."""
    assert declare({"kinds": ["call_made"]}).contacted == Contacted(kinds=["call_made"])
    assert declare({"column": "called"}).contacted == Contacted(column="called")


@pytest.mark.parametrize(
    ("contacted", "more", "message"),
    [
        ({}, {}, "needs either kinds"),
        ({"kinds": ["call_made"], "column": "called"}, {}, "needs either kinds"),
        ({"kinds": ["call_made"]}, {"activities": ()}, "contacted.kinds needs activities"),
        ({"column": "phoned"}, {}, "contacted.column must be one of leads.own"),
        ({"column": "called"}, {"type_": "category"}, "of type flag"),
        # Known at creation it would be a feature, and contact comes after the scoring.
        ({"column": "called"}, {"known": "creation"}, "known: after_outcome"),
        ({"column": "called"}, {"known": "later"}, "known: after_outcome"),
    ],
)
def test_impossible_declarations_are_refused(contacted, more, message):
    """Check that each fault is named."""
    with pytest.raises(ValidationError, match=message):
        declare(contacted, **more)
