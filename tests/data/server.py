"""A PostgreSQL server of its own for tests, in a temporary folder, on a socket and no port."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PASSWORD = "s3cret-of-the-test"


def find_program(name: str) -> str | None:
    """Return where a program of PostgreSQL is; Debian keeps the server's outside the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@contextlib.contextmanager
def run_server() -> Iterator[str]:
    """Yield the DSN of a superuser of a new server; it runs as another user, because it refuses root."""
    if find_program("initdb") is None:
        # In CI the programs are installed: a run without them has tested nothing.
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs Debian's package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    prefix = []
    if os.geteuid() == 0:
        # A path without the programs of the system is no reason to fail.
        prefix = [shutil.which("runuser") or "/usr/sbin/runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres", "postgres")
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)

    def run(name: str, *arguments: str) -> None:
        command = [*prefix, find_program(name), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(
            command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert done.returncode == 0, done.stdout

    run("initdb", "-U", "owner", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-sync", "--locale=C")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://owner:{PASSWORD}@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
