"""Program: install what requirements files pin into ``.venv``, with uv or, where uv reaches no index, with pip.

It is run by the Python of ``.venv`` before anything else is there, so it uses the standard library only.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
import sysconfig
from compileall import compile_dir
from pathlib import Path

INSTALLER = Path("requirements-setup.txt")
HASHED = ("--require-hashes", "--no-deps", "--no-build-isolation")
"""Only what the file lists, as its hashes say; what is built is built by the setuptools of `INSTALLER`."""

PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check")
UV = (sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable)
VARIABLES = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"}
"""What pip is told by its configuration, and the variable that tells uv."""

PRECEDENCE = ("global", "install", ":env:")

TESTS = re.compile(r"[\\/]tests?[\\/]")
"""Folders of packages that nobody imports: half of all files."""

LIBRARY = "libgomp.so.1"
ACTIVATION = 'export LD_LIBRARY_PATH="$VIRTUAL_ENV/lib/openmp:${LD_LIBRARY_PATH:-}"\n'


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m src.install", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: the project and all it needs")
    files = parser.parse_args().files
    try:
        if files:
            install(files)
        else:
            install_project()
    except KeyboardInterrupt:
        sys.exit("src.install: [interrupted] stopped; run it again")


def install_project() -> None:
    """Install the project and all it needs, and make up for what a bare system or folder lacks."""
    install([Path("requirements.txt")])
    run([*PIP, "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."])
    print("compiling the packages, so that no run has to")
    compile_dir(sysconfig.get_path("purelib"), quiet=2, workers=0, rx=TESTS)
    if not has_library():
        link_library()
        print("libgomp1 is not installed: the copy that scikit-learn brings is used")
    if not any((folder / ".git").exists() for folder in (Path.cwd(), *Path.cwd().parents)):
        run([sys.executable, "-m", "dvc", "config", "core.no_scm", "true"])
        print("not under git: DVC works without it; after `git init` say: dvc config core.no_scm false")


def install(files: list[Path]) -> None:
    """Install exactly what `files` list."""
    listed = [argument for file in files for argument in ("-r", str(file))]
    try:
        run([*PIP, "--quiet", *HASHED, "-r", str(INSTALLER)])
        run([*UV, *HASHED, *listed], os.environ | translate_configuration(read_configuration(), dict(os.environ)))
        return
    except subprocess.CalledProcessError:
        print("uv could not do it (see above): pip does it now, which may take ten minutes", file=sys.stderr)
    try:
        run([*PIP, *HASHED, *listed])
    except subprocess.CalledProcessError:
        sys.exit("src.install: [not_installed] pip could not do it either (see above): mend that and run it again")


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, env=environment, check=True)


def read_configuration() -> str:
    """Return what pip's files and variables configure, in the form of ``pip config list``."""
    command = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def translate_configuration(listed: str, environment: dict[str, str]) -> dict[str, str]:
    """Return the variables that tell uv what pip is told; those that are set stay as they are.

    >>> translate_configuration("global.cert='/a.pem'\\n:env:.index-url='https://b/simple'\\n", {})
    {'SSL_CERT_FILE': '/a.pem', 'UV_DEFAULT_INDEX': 'https://b/simple'}
    """
    found = {}
    for section in PRECEDENCE:
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            variable = VARIABLES.get(name.removeprefix(f"{section}."))
            if variable and variable not in environment:
                found[variable] = ast.literal_eval(value)
    return found


def has_library() -> bool:
    """Tell whether the system has the OpenMP library, which LightGBM does not bring."""
    command = [sys.executable, "-c", f"import ctypes; ctypes.CDLL({LIBRARY!r})"]
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


def link_library() -> None:
    """Link the copy that scikit-learn brings to a place that the Makefile and ``activate`` name."""
    [brought] = (Path(sysconfig.get_path("purelib")) / "scikit_learn.libs").glob("libgomp-*.so*")
    link = Path(sys.prefix) / "lib" / "openmp" / LIBRARY
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(brought, link.parent))
    activate = Path(sys.prefix) / "bin" / "activate"
    if ACTIVATION not in activate.read_text(encoding="utf-8"):
        with activate.open("a", encoding="utf-8") as script:
            script.write(ACTIVATION)


if __name__ == "__main__":
    main()
