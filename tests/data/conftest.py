"""A project in a folder of its own, with a source called ``mine`` that tests write by hand."""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from src.data.sources import Source, load_source

ROOT = Path(__file__).parents[2]

DECLARATION = {
    "description": "A handful of leads.",
    "as_of": "2026-01-31T23:59:59",
    "leads": {
        "file": "leads.csv",
        "columns": {"lead_id": "id", "created_at": "created", "country": "country"},
        "own": {"size": {"column": "size", "type": "number", "known": "creation"}},
    },
    "outcomes": [{"column_of_leads": "result", "kinds": {"1": "won", "0": "lost"}}],
    "objectives": {"sale": {"converted": ["won"], "closed": ["lost"], "horizon_days": None}},
}

LEADS = "id,created,country,size,result\na,2026-01-01,ES,1,1\nb,2026-01-02,NA,2.5,0\n"


class PlainDumper(yaml.SafeDumper):
    """Writes a value that stands in two places twice: declarations may have no aliases."""

    def ignore_aliases(self, data):
        return True


class Project:
    """The folder a program runs in."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.raw = folder / "data/raw/mine"
        self.raw.mkdir(parents=True)
        (folder / "data/sources").mkdir()
        text = (ROOT / "params.yaml").read_text(encoding="utf-8")
        (folder / "params.yaml").write_text(text.replace("source: sample", "source: mine"), encoding="utf-8")
        shutil.copy(ROOT / "points.yaml", folder)
        self.declare()
        self.write("leads.csv", LEADS)

    def declare(self, name: str = "mine", **changes) -> Source:
        """Write the declaration with other values of its keys; ``leads`` is changed key by key."""
        value = copy.deepcopy(DECLARATION)
        value["leads"] |= changes.pop("leads", {})
        path = self.folder / f"data/sources/{name}.yaml"
        text = yaml.dump(value | changes, Dumper=PlainDumper, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return load_source(name)

    def write(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = self.raw / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def allow_rejects(self, share: float = 1.0) -> None:
        path = self.folder / "params.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("max_rejected_share: 0.01", f"max_rejected_share: {share}"), encoding="utf-8")

    def list_files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()}

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess:
        """Run a program as a user would, in this folder."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)
