"""A PostgreSQL server of the tests' own: in a folder that goes with it, on a socket there, under a password."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
ACCOUNTS = ("postgres", "nobody")
"""Under whose account the server runs where the tests are root, whom it refuses."""
NAME, PASSWORD = "planner", "correct-horse"


def binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`: that of the path, or else the newest of the usual ones."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += [path for place in PLACES for path in sorted(Path("/").glob(place), reverse=True)]
    return next((each for each in folders if (each / "initdb").is_file() and (each / "pg_ctl").is_file()), None)


def account() -> str | None:
    """Return the account of the server: None where it is that of the tests; raise `LookupError` if there is none."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known:
            return name
    raise LookupError(f"no account to run it under: {' or '.join(ACCOUNTS)}")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server with the binaries of a folder, give its address, and stop it; nothing of it stays."""
    user = account()
    home = Path(tempfile.mkdtemp(prefix="allocopt-postgres-"))
    try:
        secret = home / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if user is not None:
            for path in (home, secret):
                shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
        data = home / "data"
        signed = ["-U", NAME, "-A", "scram-sha-256", f"--pwfile={secret}"]
        _run(user, home, folder / "initdb", "-D", data, *signed, "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off"
        _run(user, home, folder / "pg_ctl", "start", "-w", "-D", data, "-l", home / "log", "-o", options)
        try:
            yield f"postgresql+psycopg://{NAME}:{PASSWORD}@/postgres?host={home}"
        finally:
            _run(user, home, folder / "pg_ctl", "stop", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(user: str | None, home: Path, *command: str | Path) -> None:
    # A file takes what is said: the server would hold a pipe open for as long as it lives.
    with (home / "said").open("w+", encoding="utf-8") as said:
        group = None if user is None else pwd.getpwnam(user).pw_gid
        done = subprocess.run(
            [str(word) for word in command],
            stdout=said,
            stderr=said,
            cwd=home,
            timeout=120,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            check=False,
        )
        said.seek(0)
        assert done.returncode == 0, said.read()
