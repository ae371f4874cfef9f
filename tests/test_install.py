import subprocess
import sys

import pytest

from src import install


@pytest.mark.parametrize(
    ("listed", "environment", "expected"),
    [
        ("", {}, {}),
        ("global.timeout='60'\nglobal.extra-index-url='https://c/simple'\n", {}, {}),
        ("global.index-url='https://a/simple'\n", {}, {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            ":env:.index-url='https://c/simple'\nglobal.index-url='https://a/simple'\ninstall.index-url='https://b'\n",
            {},
            {"UV_DEFAULT_INDEX": "https://c/simple"},
        ),
        ("download.index-url='https://d/simple'\n", {}, {}),
        ("global.index-url='https://a/simple'\n", {"UV_DEFAULT_INDEX": "https://mine/simple"}, {}),
        (
            "global.cert='/a b.pem'\nglobal.proxy='http://p:1'\n",
            {},
            {"SSL_CERT_FILE": "/a b.pem", "ALL_PROXY": "http://p:1"},
        ),
    ],
)
def test_uv_is_told_what_pip_is_told(listed, environment, expected):
    """Check that a variable wins over `install`, that over `global`, and what uv is told already over all."""
    assert install.translate_configuration(listed, environment) == expected


@pytest.fixture
def commands(monkeypatch):
    """Return the list of what is run; a command with a word of `failing` fails."""
    called, failing = [], []

    def run(command, environment=None):
        called.append(next(word for word in command if word in ("uv", "pip")))
        if called[-1] in failing:
            raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(install, "run", run)
    monkeypatch.setattr(install, "read_configuration", lambda: "")
    return called, failing


def test_uv_installs_what_pip_has_not_to(commands, tmp_path, capsys):
    """Check that pip brings uv, and uv the rest, without a word."""
    install.install([tmp_path / "requirements.txt"])
    assert commands[0] == ["pip", "uv"]
    assert capsys.readouterr().err == ""


def test_pip_installs_where_uv_cannot(commands, tmp_path, capsys):
    """Check that one line says so."""
    commands[1].append("uv")
    install.install([tmp_path / "requirements.txt"])
    assert commands[0] == ["pip", "uv", "pip"]
    assert capsys.readouterr().err.count("\n") == 1


def test_where_neither_can_the_set_up_ends_in_one_line(commands, tmp_path):
    commands[1].extend(["uv", "pip"])
    with pytest.raises(SystemExit, match=r"^src.install: \[not_installed\] [^\n]+$"):
        install.install([tmp_path / "requirements.txt"])


def test_the_library_is_linked_whatever_the_version_of_python(tmp_path, monkeypatch):
    """Check the link and that `activate` names it once, however often the set-up is run."""
    site = tmp_path / "lib" / "python3.99" / "site-packages"
    (site / "scikit_learn.libs").mkdir(parents=True)
    (site / "scikit_learn.libs" / "libgomp-abc.so.1.0.0").write_text("library")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "activate").write_text("# as made\n")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(install.sysconfig, "get_path", lambda name: str(site))
    install.link_library()
    install.link_library()
    link = tmp_path / "lib" / "openmp" / "libgomp.so.1"
    assert link.read_text() == "library"
    assert not link.readlink().is_absolute()
    assert (tmp_path / "bin" / "activate").read_text().count("LD_LIBRARY_PATH=") == 1
