from pathlib import Path

import pytest

from tests.reports.project import make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny project, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    return make_project(tmp_path)
