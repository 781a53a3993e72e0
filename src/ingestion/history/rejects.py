"""What could not be imported, for a person: a file of JSON lines that only its owner can read."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ingestion.history.records import Record
from runtime.errors import InvalidInput

ENDING = ".rejects.jsonl"
_MOST_RAW = 1_000_000


class Rejects:
    """The file is made with the first reject. `size` is how much of it is valid."""

    def __init__(self, path: Path, *, size: int) -> None:
        self.path = path
        self.size = min(size, path.stat().st_size) if path.is_file() else 0
        self._file: BinaryIO | None = None

    def write(self, refused: list[tuple[Record, str]], *, after: int) -> int:
        """Put these behind the first `after` bytes, durably; returns the size then."""
        if not refused and self._file is None:
            return after
        file = self._file = self._file or self._opened()
        file.seek(min(after, self.size))
        file.truncate()
        for record, reason in refused:
            file.write(_line(record, reason))
        file.flush()
        os.fsync(file.fileno())
        self.size = file.tell()
        return self.size

    def _opened(self) -> BinaryIO:
        if self.path.exists() and not self.size and not self.path.name.endswith(ENDING):
            raise InvalidInput(f"{self.path} is there already and is not overwritten.", field="rejects")
        try:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            os.fchmod(number, 0o600)
        except OSError as error:
            raise InvalidInput(
                f"{self.path} cannot be written ({error.strerror}): name another file with --rejects.",
                field="rejects",
            ) from None
        return os.fdopen(number, "r+b")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@contextmanager
def rejects_file(path: Path, *, size: int) -> Iterator[Rejects]:
    """`size` is what an import that was stopped had written when its last rows were stored."""
    found = Rejects(path, size=size)
    try:
        yield found
    finally:
        found.close()


def _line(record: Record, reason: str) -> bytes:
    """In ASCII: bytes that are no text come as escapes that name them, and nothing steers a terminal."""
    whole = {"line": record.line, "reason": reason, "raw": record.raw[:_MOST_RAW]}
    if len(record.raw) > _MOST_RAW:
        whole["cut"] = True
    return json.dumps(whole).encode() + b"\n"
