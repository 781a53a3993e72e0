"""The header block of a mail or a part: bytes to fields, bounded, and read on past what is broken in it."""

import re

from ingestion.mail.decoding import decode

Fields = tuple[
    tuple[str, str], ...
]  # Names in lower case, values unfolded; encoded words are left as they are.

MOST_BYTES = 262_144
_MOST_FIELDS = 1_000
_LONGEST_VALUE = 20_000
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_BLANK = re.compile(rb"\r?\n")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_SPACES = re.compile(rb"\s+")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


def read_fields(raw: bytes, start: int, end: int) -> tuple[Fields, int]:
    """The fields from `start` on, and where the body begins."""
    limit = min(end, start + MOST_BYTES)
    block: list[tuple[bytes, list[bytes]]] = []
    at = start
    while at < limit:
        line, after = _line(raw, at, end)
        if _BLANK.fullmatch(line):
            return _decoded(block), after
        field = _FIELD.match(line)
        if field and not _is_envelope(line):
            block.append((field[1].lower(), [line[field.end() :]]))
        elif _is_unfinished(block) or _goes_on(raw, line, after, end):
            if block and not _is_envelope(line):
                block[-1][1].append(line)
        else:
            return _decoded(block), at if line.strip() else after
        at = after
    return _decoded(block), _past_the_rest(raw, at, end)


def _line(raw: bytes, at: int, end: int) -> tuple[bytes, int]:
    found = raw.find(b"\n", at, end)
    after = end if found == -1 else found + 1
    return raw[at : min(after, at + _LONGEST_VALUE)], after


def _is_envelope(line: bytes) -> bool:
    """The line that mbox files put before a mail."""
    return line.startswith((b"From ", b">From ")) and not re.match(rb"From[ \t]*:", line)


def _is_unfinished(block: list[tuple[bytes, list[bytes]]]) -> bool:
    """Whether the last field promises another parameter: some programs forget to indent it."""
    return bool(block) and block[-1][1][-1].rstrip().endswith(b";")


def _goes_on(raw: bytes, line: bytes, after: int, end: int) -> bool:
    """Whether the header goes on although this line is no field: folded, or broken with fields after it."""
    if line[:1] in b" \t" and line.strip():
        return True
    following, _after = _line(raw, after, end)
    return _is_envelope(line) or bool(
        _FIELD.match(following) or (following[:1] in b" \t" and following.strip())
    )


def _past_the_rest(raw: bytes, at: int, end: int) -> int:
    """Where the body begins when the header is longer than is read."""
    found = _EMPTY_LINE.search(raw, max(0, at - 1), end) if at < end else None
    return found.end() if found else end


def _decoded(block: list[tuple[bytes, list[bytes]]]) -> Fields:
    joined = [
        (name, _SPACES.sub(b" ", b" ".join(lines)[:_LONGEST_VALUE]).strip())
        for name, lines in block[:_MOST_FIELDS]
    ]
    # Senders that put plain letters beyond ASCII into a header mean the charset of the text.
    stated = next((_CHARSET.search(value) for name, value in joined if name == b"content-type"), None)
    charset = stated[1].decode("ascii") if stated else ""
    return tuple((name.decode("ascii"), decode(value, charset)) for name, value in joined)
