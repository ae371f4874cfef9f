import hashlib

import pytest

from src.data import fetch
from src.stage import InputError

LOG = [{"file": "log-*.csv", "columns": {"lead_id": "id", "occurred_at": "at", "kind": "kind"}}]


@pytest.fixture
def shared(tmp_path):
    """Return a folder with the file of the source mine."""
    folder = tmp_path / "shared"
    (folder / "mine").mkdir(parents=True)
    (folder / "mine/leads.csv").write_bytes(b"id\n1\n")
    (folder / "mine/notes.txt").write_bytes(b"not declared")
    return folder


@pytest.fixture
def run(project, monkeypatch):
    """Return what runs the program in this process; the raw folder begins empty."""
    (project.raw / "leads.csv").unlink()

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["fetch", *arguments])
        return fetch.main()

    return run


def hash_bytes(content):
    return hashlib.sha256(content).hexdigest()


def test_declared_files_are_copied_and_others_are_not(project, run, shared):
    """Check that the declared file arrives as it is, and only that."""
    project.declare(checksums={"leads.csv": hash_bytes(b"id\n1\n")})
    assert run("mine", "--from", str(shared)) == "mine: 1 files"
    assert [path.name for path in project.raw.iterdir()] == ["leads.csv"]
    assert (project.raw / "leads.csv").read_bytes() == b"id\n1\n"


def test_without_a_name_every_source_that_is_there_is_fetched(project, run, shared):
    """Check that the template, generated sources and sources without a folder are passed over."""
    project.declare("made", generate={"leads": 500, "months": 12, "seed": 1})
    project.declare("elsewhere")
    project.declare("_template")
    for name in ("made", "_template", "unknown"):
        (shared / name).mkdir()
    assert run("--from", str(shared)) == "mine: 1 files"


def test_a_pattern_copies_every_part_of_a_log(project, run, shared):
    """Check the files that a pattern finds."""
    for number in (1, 2):
        (shared / f"mine/log-{number}.csv").write_bytes(b"x")
    project.declare(activities=LOG)
    assert run("mine", "--from", str(shared)) == "mine: 3 files"
    assert sorted(path.name for path in project.raw.iterdir()) == ["leads.csv", "log-1.csv", "log-2.csv"]


def test_an_older_part_of_a_log_that_would_be_read_too_is_refused(project, run, shared):
    """Check that a part which is not among the new files stops the copy."""
    (shared / "mine/log-1.csv").write_bytes(b"x")
    project.write("log-0.csv", b"old")
    project.declare(activities=LOG)
    with pytest.raises(InputError, match=r"\[leftover_file\] data/raw/mine/log-0.csv"):
        run("mine", "--from", str(shared))
    assert [path.name for path in project.raw.iterdir()] == ["log-0.csv"]


def test_an_equal_file_is_left_alone(project, run, shared):
    """Check that fetching twice does not write the file again."""
    run("mine", "--from", str(shared))
    before = (project.raw / "leads.csv").stat()
    run("mine", "--from", str(shared))
    assert (project.raw / "leads.csv").stat() == before


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({"checksums": {"leads.csv": "0" * 64}}, ["mine"], r"\[wrong_checksum\] .*mine/leads.csv: its SHA-256 is "),
        ({"activities": LOG}, ["mine"], r"\[missing_file\] .*mine/log-\*.csv: data/sources/mine.yaml declares it"),
        ({"generate": {"leads": 500, "months": 12, "seed": 1}}, ["mine"], r"\[generated_source\]"),
        ({}, ["other"], r"\[unknown_source\] data/sources/other.yaml"),
        ({}, ["_template"], r"\[not_a_source\]"),
        ({}, ["mine; touch PWNED"], r"\[invalid_name\]"),
    ],
)
def test_a_fault_changes_nothing(project, run, shared, changes, arguments, message):
    """Check that one fault, also of a source named after a good one, keeps every file as it was."""
    project.declare("good")
    (shared / "good").mkdir()
    (shared / "good/leads.csv").write_bytes(b"good")
    project.declare(**changes)
    project.write("leads.csv", b"old")
    before = project.list_files()
    with pytest.raises(InputError, match=message) as caught:
        run("good", *arguments, "--from", str(shared))
    assert "\n" not in str(caught.value)
    assert project.list_files() == before


def test_a_folder_that_is_missing_or_has_nothing_is_said(run, shared, tmp_path):
    """Check the two ways in which there is nothing to copy."""
    with pytest.raises(InputError, match="missing_folder"):
        run("--from", str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="nothing_to_fetch"):
        run("--from", str(tmp_path / "empty"))


def test_the_program_ends_with_one_line(project, shared):
    """Check status and output of the program, for a success and for a wrong checksum."""
    done = project.run("src.data.fetch", "--from", str(shared))
    assert (done.returncode, done.stderr) == (0, "src.data.fetch: mine: 1 files\n")
    project.declare(checksums={"leads.csv": "0" * 64})
    done = project.run("src.data.fetch", "mine", "--from", str(shared))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("src.data.fetch: [wrong_checksum] ")
