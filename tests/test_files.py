import os
import subprocess

import pandas as pd
import pytest

from src.files import (
    read_json,
    read_table,
    replacing,
    write_json,
    write_metrics,
    write_numbers,
    write_table,
    write_text,
)


def list_names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_in_one_step(tmp_path):
    """Check that the old text is there until the block ends, then the new one, and nothing beside it."""
    path = tmp_path / "new folder/a.txt"
    write_text("old", path)
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
    assert path.read_text() == "new"
    assert list_names(path.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, MemoryError])
def test_a_failure_leaves_the_old_file(tmp_path, error):
    """Check that an error or an interrupt half-way leaves the old text and no partial file."""
    path = tmp_path / "a.txt"
    write_text("old", path)
    with pytest.raises(error), replacing(path) as temporary:  # noqa: PT012
        temporary.write_text("ne")
        raise error
    assert path.read_text() == "old"
    assert list_names(tmp_path) == ["a.txt"]


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    """Check a file and a folder of processes that are gone, and that one of a process that runs stays."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / f".a.txt.{gone.pid}.partial").write_text("half")
    (tmp_path / f".b.txt.{gone.pid}.partial").mkdir()
    (tmp_path / f".a.txt.{os.getppid()}.partial").touch()
    write_text("new", tmp_path / "a.txt")
    write_text("new", tmp_path / "b.txt")
    assert list_names(tmp_path) == sorted(["a.txt", "b.txt", f".a.txt.{os.getppid()}.partial"])


def test_a_block_that_writes_nothing_fails_and_leaves_the_old_file(tmp_path):
    """Check that a missing temporary file is an error, not an empty output."""
    path = tmp_path / "a.txt"
    write_text("old", path)
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_text() == "old"


def test_a_folder_is_replaced_whole(tmp_path):
    """Check that no file of the old folder survives, and that a failure keeps them all."""
    path = tmp_path / "parts"
    for names in (["1", "2"], ["3"]):
        with replacing(path) as temporary:
            temporary.mkdir()
            for name in names:
                (temporary / name).touch()
        assert list_names(path) == names
    with pytest.raises(OSError), replacing(path) as temporary:  # noqa: PT011, PT012
        temporary.mkdir()
        (temporary / "4").touch()
        raise OSError
    assert list_names(path) == ["3"]
    assert list_names(tmp_path) == ["parts"]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    """Check that the old file is still there where its folder is read-only."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    path = tmp_path / "locked/a.txt"
    write_text("old", path)
    path.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            write_text("new", path)
        assert path.read_text() == "old"
    finally:
        path.parent.chmod(0o700)


def test_json_keeps_its_order_and_refuses_what_is_not_finite(tmp_path):
    """Check the text itself, and that a NaN leaves the old file."""
    path = tmp_path / "a.json"
    write_json({"b": 1.5, "a": "ñ"}, path)
    assert path.read_text(encoding="utf-8") == '{\n  "b": 1.5,\n  "a": "ñ"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"b": float("nan")}, path)
    assert read_json(path) == {"b": 1.5, "a": "ñ"}


def test_metrics_are_written_to_the_digits_that_mean_something(tmp_path):
    """Check a small number, money, whole numbers, texts and what is nested."""
    path = tmp_path / "a.json"
    write_metrics({"a": [0.0123456789, 1234567.8, 123456.7], "b": {"n": 12345678, "t": "1.23456789"}}, path)
    assert read_json(path) == {"a": [0.0123457, 1234568.0, 123457.0], "b": {"n": 12345678, "t": "1.23456789"}}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_metrics({"b": float("inf")}, path)


def test_tables_of_numbers_are_written_to_the_same_digits(tmp_path):
    """Check numbers, missing ones, whole numbers and texts of a CSV."""
    table = pd.DataFrame({"p": [1 / 3, None], "n": [1234567, 2], "t": ["0.123456789", "b"]})
    write_numbers(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "p,n,t\n0.333333,1234567,0.123456789\n,2,b\n"


def test_a_table_is_read_back_as_written(tmp_path):
    """Check values, missing ones and the choice of columns."""
    table = pd.DataFrame({"lead_id": ["00123", None], "n": [1, 2]})
    write_table(table, tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["lead_id"].tolist()[0] == "00123"
    assert read_table(tmp_path / "t.parquet", ["n"])["n"].tolist() == [1, 2]


def test_the_rows_where_a_column_is_true_are_read_alone(tmp_path):
    """Check the third row of four, counted from 0 again, and that a missing value is not true."""
    table = pd.DataFrame({"n": [1, 2, 3, 4], "is_current": pd.array([False, None, True, False], dtype="boolean")})
    write_table(table, tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet", where="is_current")
    assert found["n"].tolist() == [3]
    assert found.index.tolist() == [0]
