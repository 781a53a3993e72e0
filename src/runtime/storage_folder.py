"""The store of files in the data folder. Called by `storage` alone."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from runtime.data_folder import data_folder
from runtime.errors import NotFound, Unavailable

_KEY_LETTERS = 64


def write(key: str, content: bytes) -> None:
    path = _path(key)
    with _answering():
        if _is_there(path, len(content)):
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_whole(path, content)


def _is_there(path: Path, size: int) -> bool:
    """Makes it young, so that who removes old files leaves it. Another size is damage: it is written again."""
    try:
        os.utime(path)
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _write_whole(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        finally:
            Path(file.name).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # The name must survive a loss of power as well.
    finally:
        os.close(folder)


def read(key: str) -> IO[bytes]:
    with _answering():
        return _path(key).open("rb")


def remove(key: str, *, older_than_s: float) -> bool:
    path = _path(key)
    # Under another name nobody makes it young between the look at its age and its end: who puts it writes it anew.
    aside = path.with_name(f"{key}.{secrets.token_hex(4)}")
    try:
        with _answering():
            if time.time() - path.stat().st_mtime < older_than_s:
                return False  # Who reads it meanwhile must find it under its name.
            path.rename(aside)
            if time.time() - aside.stat().st_mtime < older_than_s:
                aside.replace(path)
                return False
            aside.unlink()
    except NotFound:
        return True
    return True


def keys() -> Iterator[str]:
    for path in sorted(_folder().glob("??/*")):
        if len(path.name) == _KEY_LETTERS:
            yield path.name


def _folder() -> Path:
    return data_folder() / "files"


def _path(key: str) -> Path:
    return _folder() / key[:2] / key


@contextmanager
def _answering() -> Iterator[None]:
    """A disk that is full or gone is a store that is away. The path is nobody's business."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound("There is no such file.") from None
    except OSError as error:
        raise Unavailable(f"The file store does not answer ({error.strerror}).") from None
