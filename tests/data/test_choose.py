import pytest

from src.data.choose import replace_source
from src.stage import InputError


def test_only_the_line_of_the_source_changes(project):
    """Check that every other byte of params.yaml stays, comments and line ends included."""
    path = project.folder / "params.yaml"
    path.write_bytes(path.read_bytes().replace(b"source: mine\n", b"source:  mine   # ours\r\n"))
    before = path.read_bytes()
    project.declare("yours")
    done = project.run("src.data.choose", "yours")
    assert (done.returncode, done.stderr) == (0, "src.data.choose: the source is yours\n")
    assert path.read_bytes() == before.replace(b"source:  mine   # ours\r\n", b"source: yours   # ours\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"source: a\nx: 1\n", b"source: b\nx: 1\n"),
        (b'x:\n  source: a\nsource: "a" # why\n', b"x:\n  source: a\nsource: b # why\n"),
        (b"source:\nx: 1", b"source: b\nx: 1"),
        (b"source: a", b"source: b"),
    ],
)
def test_the_value_is_replaced_wherever_the_line_stands(before, after):
    """Check quoted and empty values, keys of the same name further in, and a file without a last newline."""
    assert replace_source(before, "b") == after


@pytest.mark.parametrize("text", [b"", b"sources: a\n", b"source: a\nsource: b\n"])
def test_a_file_without_one_such_line_is_refused(text):
    """Check that nothing is guessed where the line is missing or stands twice."""
    with pytest.raises(InputError, match=r"^\[no_source_line\] params.yaml: "):
        replace_source(text, "b")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x; touch PWNED", "invalid_name"),
        ("../mine", "invalid_name"),
        ("Mine", "invalid_name"),
        ("mine\n", "invalid_name"),
        ("", "invalid_name"),
        ("yours", "unknown_source"),
        ("_template", "not_a_source"),
    ],
)
def test_a_name_that_is_no_source_is_refused(project, monkeypatch, name, code):
    """Check that a refused name leaves params.yaml alone and is never run as a command."""
    from src.data import choose

    before = project.list_files()
    monkeypatch.setattr("sys.argv", ["choose", name])
    with pytest.raises(InputError) as caught:
        choose.main()
    assert caught.value.code == code
    assert "\n" not in str(caught.value)
    assert project.list_files() == before


def test_a_refusal_is_one_line_and_status_one(project):
    """Check the program itself: no traceback, nothing written."""
    before = project.list_files()
    done = project.run("src.data.choose", "x; touch PWNED")
    assert done.returncode == 1
    assert done.stderr.startswith("src.data.choose: [invalid_name] ")
    assert done.stderr.count("\n") == 1
    assert project.list_files() == before
