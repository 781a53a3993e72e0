"""Transfer encodings undone, also broken ones, and the files that old programs put into the text."""

import binascii
import re
from dataclasses import dataclass

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_ALPHABET = bytes(set(range(256)) - set(_ALPHABET))
_WHITE = b" \t\r\n"
_LINE_OF_BASE64 = re.compile(rb"^[ \t]*[A-Za-z0-9+/]{1,2000}={0,3}[ \t]*\r?$", re.MULTILINE)
_PADDED = re.compile(rb"=+")
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
_YENC = re.compile(rb"^=ybegin [^\n]*\n.*?(?:^=yend [^\n]*(?:\n|\Z)|\Z)", re.MULTILINE | re.DOTALL)
_MOST_FILES = 50


def undo(data: bytes, encoding: str) -> bytes:
    """The bytes as they were before `encoding`, a Content-Transfer-Encoding; unknown ones change nothing."""
    name = re.sub(r"[^a-z0-9]", "", encoding.lower()[:40])
    if name == "base64":
        return _base64(data)
    if name == "quotedprintable":
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"=", data))
    if name in {"xuuencode", "uuencode", "xuue", "uue"}:
        return next((file.content for file in take_files(data).files), data)
    return data


def _base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data.translate(None, _WHITE), strict_mode=True)
    except binascii.Error:
        return _broken_base64(data)


def _broken_base64(data: bytes) -> bytes:
    """Line by line, so that a footer below it is left out; several ends of padding are several runs."""
    lines = b"".join(_LINE_OF_BASE64.findall(data))
    kept = lines.translate(None, _WHITE)
    everything = data.translate(None, _NOT_ALPHABET)
    if len(kept) * 2 < len(data.translate(None, _WHITE)):
        words = data.split()
        if len(words) > 1 and max(map(len, words)) < 40:  # Prose, whatever its label says.
            return data
        kept = everything
    return b"".join(_run(run) for run in _PADDED.split(kept))


def _run(run: bytes) -> bytes:
    whole = run[: len(run) - 1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


@dataclass(frozen=True)
class File:
    name: bytes
    content: bytes


@dataclass(frozen=True)
class Taken:
    text: bytes
    files: tuple[File, ...]


def take_files(text: bytes) -> Taken:
    """Uuencoded files out of a text; yEnc ones are dropped."""
    if b"=ybegin " in text:
        text = _YENC.sub(b"", text)
    files: list[File] = []
    kept: list[bytes] = []
    end = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < end or len(files) == _MOST_FILES:
            continue
        content, after = _uudecoded(text, begin.end())
        if content is not None:
            files.append(File(begin[1].strip(), content))
            kept.append(text[end : begin.start()])
            end = after
    return Taken(b"".join([*kept, text[end:]]), tuple(files))


def _uudecoded(text: bytes, at: int) -> tuple[bytes | None, int]:
    """The content, and where the text goes on; None when no such file is there."""
    content = bytearray()
    while at < len(text):
        found = text.find(b"\n", at)
        after = len(text) if found == -1 else found + 1
        line = text[at:after].rstrip(b"\r\n")
        if line.strip() == b"end":
            return bytes(content), after
        if not line.strip(b"` "):
            at = after
            continue
        try:
            content += binascii.a2b_uu(_repaired(line))
        except binascii.Error:
            break
        at = after
    # A file without an end, cut on its way, is still a file; a word of prose is none.
    return (bytes(content), at) if len(content) > 45 else (None, at)  # One full line.


def _repaired(line: bytes) -> bytes:
    """The line as long as its first letter says: some programs pad it, others cut spaces off its end."""
    length = (line[0] - 32) & 63
    needed = (length + 2) // 3 * 4
    if length == 0 or length > 45 or len(line) > needed + 5:  # A line holds 45 bytes at most.
        raise binascii.Error("no line of an encoded file")
    return line[: needed + 1].ljust(needed + 1)
