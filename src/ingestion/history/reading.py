"""Opens an export: plain or gzip, in whatever encoding, and cuts it into lines of bounded length."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from runtime.errors import InvalidInput

MOST_CHARACTERS = 8_000_000  # Of one line or one JSON value.
BYTE_FOR_CHARACTER = "latin-1"
_SAMPLE = 1_000_000
_GZIP = b"\x1f\x8b"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Damaged(InvalidInput):
    """The file cannot be read to its end."""


@dataclass(frozen=True)
class Tape:
    """A file that is read once, from its beginning. Bytes of no character come as lone surrogates."""

    text: TextIO
    _file: BinaryIO

    @property
    def bytes_read(self) -> int:
        """On the disk, so that it can be compared with the file's size."""
        return self._file.tell()


@dataclass(frozen=True)
class Line:
    """`text` is with its end; of a line that is too long it is the beginning, and `whole` is False."""

    number: int
    text: str
    whole: bool = True


@contextmanager
def opened(path: Path, *, encoding: str) -> Iterator[Tape]:
    """Raises InvalidInput when the file cannot be opened."""
    with _file(path) as file:
        stream = _unpacked(file)
        text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
        yield Tape(text, file)


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    if not path.is_file():
        raise InvalidInput(f"{path} {'is no file' if path.exists() else 'does not exist'}.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    with file:
        yield file


def _unpacked(file: BinaryIO) -> BinaryIO:
    packed = file.read(2) == _GZIP
    file.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def sample(path: Path, *, most: int = _SAMPLE) -> bytes:
    """The first bytes of the content; fewer when the file is damaged."""
    parts: list[bytes] = []
    with _file(path) as file:
        stream = _unpacked(file)
        try:
            while most > 0 and (part := stream.read(min(most, 65_536))):
                parts.append(part)
                most -= len(part)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            pass  # Who reads on will be told.
    return b"".join(parts)


def encoding_of(content: bytes) -> str:
    """By its mark; else UTF-8, unless more of what is not ASCII fails to be that than succeeds."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    # Not to its end: the sample may stop in the middle of a letter.
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(content, final=False)
    beyond = [letter for letter in text if letter > "\x7f"]
    broken = sum("\udc80" <= letter <= "\udcff" for letter in beyond)
    return "cp1252" if broken * 2 > len(beyond) else "utf-8"


@contextmanager
def damage_named() -> Iterator[None]:
    """A cut or damaged file is told as such, whoever finds out."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Damaged("The file is cut off or damaged: it cannot be unpacked from here on.") from None
    except UnicodeError:
        raise Damaged("The file is not in its encoding from here on.") from None


def lines(text: TextIO) -> Iterator[Line]:
    """Ended by LF, CRLF or CR. Raises Damaged where the file cannot be read on."""
    number = 0
    while True:
        with damage_named():
            line = text.readline(MOST_CHARACTERS)
            whole = len(line) < MOST_CHARACTERS or line.endswith(("\n", "\r"))
            rest = "" if whole else "-"
            while rest and not rest.endswith(("\n", "\r")):
                rest = text.readline(MOST_CHARACTERS)
        if not line:
            return
        number += 1
        yield Line(number, line, whole)
