import os
from pathlib import Path

import pytest

from src.scoring import watch
from src.stage import InputError


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for name in ("leads", "activities"):
        (tmp_path / name).mkdir()
    return tmp_path


def put(path: Path, seconds_ago: float) -> Path:
    path.write_text("id\n")
    status = path.stat()
    os.utime(path, (status.st_atime, status.st_mtime - seconds_ago))
    return path


def test_only_whole_files_are_taken_the_oldest_first(inbox):
    """Check files that settled, one that is fresh, one that is unfinished by its name, and one that is hidden."""
    younger, older = put(inbox / "leads/a.csv", 10), put(inbox / "leads/b.csv", 20)
    put(inbox / "leads/c.csv", 0)
    put(inbox / "leads/d.csv.partial", 30)
    put(inbox / "leads/.e.csv", 30)
    assert watch.list_whole(inbox / "leads") == (older, younger)


def test_a_folder_is_scored_once_for_what_lies_there_and_again_for_what_is_new(inbox, monkeypatch):
    """Check that a look that finds nothing new yields nothing."""
    monkeypatch.setattr(watch.time, "sleep", lambda seconds: None)
    first = put(inbox / "leads/a.csv", 20)
    seen = watch.watch_folder(inbox, once=False)
    assert next(seen).leads == (first,)
    second = put(inbox / "leads/b.csv", 10)
    assert next(seen).leads == (first, second)
    assert len(list(watch.watch_folder(inbox, once=True))) == 1


def test_a_file_that_cannot_be_read_is_named_and_watching_goes_on(inbox, monkeypatch, caplog):
    """Check the warning, and that with `once` it is an error."""

    def refuse(*arguments):
        raise InputError("broken_row", "mend it", "a.csv", 3)

    monkeypatch.setattr(watch, "score_files", refuse)
    monkeypatch.setattr(watch, "watch_folder", lambda folder, once: [watch.Arrived((Path("a.csv"),), ())])
    watch.watch(inbox, Path("lists"), "2026-01-01", once=False)
    assert "a.csv, line 3: mend it; the lists in lists are not renewed until then" in caplog.text
    with pytest.raises(InputError, match="mend it"):
        watch.watch(inbox, Path("lists"), "2026-01-01", once=True)


def test_a_folder_without_its_two_folders_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"missing_folder.*leads/"):
        watch.watch(tmp_path, Path("lists"), None, once=True)
