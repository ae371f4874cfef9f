"""The keys of a scenario's figures, in the one place that names them."""

import pytest
from pydantic import ValidationError

from src.policies.results import PolicyResults, read_policy
from src.stage import InputError
from tests.reports.project import make_policy, write


def test_figures_are_read_as_they_were_written(tmp_path):
    """Check that reading and writing again loses and adds nothing."""
    figures = make_policy(0.1)
    write(tmp_path / "policy.json", figures)
    found = read_policy(tmp_path / "policy.json", "tiny")
    assert found.model_dump(by_alias=True, exclude_unset=True) == figures
    assert found.can_call
    assert not found.has_varying_values


@pytest.mark.parametrize("change", [{"colour": 1}, {"test": {}}, {"decide_at": None}])
def test_unknown_and_missing_keys_are_refused(change):
    with pytest.raises(ValidationError):
        PolicyResults.model_validate(make_policy(0.1) | change)


def test_figures_of_another_source_are_refused(tmp_path):
    """Check that a page never mixes two sources, and that what does not apply is None."""
    write(tmp_path / "policy.json", {"source": "tiny", "applicable": False})
    assert read_policy(tmp_path / "policy.json", "tiny") is None
    with pytest.raises(InputError, match="these are of tiny, not of other"):
        read_policy(tmp_path / "policy.json", "other")
