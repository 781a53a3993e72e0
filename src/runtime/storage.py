"""Files by their content: in a folder of the data folder, or in an S3 bucket when one is set.

A key is the SHA-256 of the content, so that the same file is kept once and what is read can be checked.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import IO, Protocol

from runtime import storage_folder, storage_s3
from runtime.errors import NotFound, Unavailable
from runtime.settings import settings

_KEY = re.compile(r"[0-9a-f]{64}")
_CHUNK = 262_144


class Store(Protocol):
    """What the folder and the bucket both do. Every function raises Unavailable when the store does not answer."""

    def write(self, key: str, content: bytes) -> None:
        """Durable when this returns, and young again when it was there before."""

    def read(self, key: str) -> IO[bytes]:
        """The content on this machine's disk or in memory; the caller closes it. Raises NotFound."""

    def remove(self, key: str, *, older_than_s: float) -> bool:
        """False: it is younger. True: it is not there any more."""

    def keys(self) -> Iterator[str]:
        """All that is there."""


def _store() -> Store:
    return storage_s3 if settings().files.s3_url else storage_folder


def put(content: bytes) -> str:
    """Keep the content, durable when this returns; its key. Raises Unavailable when the store does not take it."""
    key = hashlib.sha256(content).hexdigest()
    _store().write(key, content)
    return key


def open_file(key: str) -> IO[bytes]:
    """The content, checked, from its beginning; the caller closes it.

    Raises NotFound when it is not there, Unavailable when the store does not answer or gives something else.
    """
    file = _store().read(_checked(key))
    try:
        found = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            found.update(chunk)
        if found.hexdigest() != key:
            raise Unavailable("The stored file is damaged.")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def get(key: str) -> bytes:
    """The whole content at once. Raises like `open_file`."""
    with open_file(key) as file:
        return file.read()


def delete(key: str, *, older_than_s: float = 0.0) -> bool:
    """Forget the content, unless it was put within `older_than_s`: then somebody may be about to name it."""
    return _store().remove(_checked(key), older_than_s=older_than_s)


def keys() -> Iterator[str]:
    """The keys of all that is kept."""
    return _store().keys()


def _checked(key: str) -> str:
    """A key becomes a path: nothing else may."""
    if not _KEY.fullmatch(key):
        raise NotFound("There is no such file.")
    return key
