"""Raw bytes to the tree of a mail's parts: bounded in time, memory and depth however the mail is built."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ingestion.mail.fields import Fields, read_fields
from ingestion.mail.parameters import file_name, read_parameters
from ingestion.mail.transfer import undo

_MOST_PARTS = 1_000
_DEEPEST = 30
_LOOKS_AT = 65_536
_MOST_COPIED = 67_108_864
_LONGEST_MARK = 200
_MOST_LOOKS = 100_000  # Lines that begin like the boundary.
_TYPE = re.compile(r"^[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}$")
_AS_PLAIN = frozenset({"application/plain", "application/text", "text/ascii", "text/text", "plain/text"})
_AS_HTML = frozenset({"text/htm", "text/xhtml", "html/text", "application/xhtml+xml", "text/x-html"})
_MAILS = frozenset({"message/rfc822", "message/global", "message/news", "message/rfc2822"})
_ENCODED = re.compile(r"base-?64|quoted", re.IGNORECASE)
_GUESSED = re.compile(rb"^--([^\s]{1,100}?)(?:--)?[ \t]*\r?\n(?=content-[a-z-]{2,40}[ \t]*:)", re.I | re.M)
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*")


@dataclass
class Part:
    """`content` is still in its transfer encoding; of a part with `parts` it is not kept, but of a mail in a mail."""

    fields: Fields
    kind: str
    parameters: Mapping[str, str]
    disposition: str
    name: str
    content: bytes = b""
    parts: "list[Part]" = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first field of that name, unfolded, or empty."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def is_mail(self) -> bool:
        return self.kind in _MAILS

    def decoded(self, most: int | None = None) -> bytes:
        """The bytes without their transfer encoding; `most` bounds the encoded bytes that are looked at."""
        content = self.content if most is None else self.content[:most]
        return undo(content, self.first("content-transfer-encoding"))

    def walk(self) -> "Iterator[Part]":
        """This part and all below it, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass
class _Reading:
    parts: int = 0
    copied: int = 0
    mails: int = 0  # In how many mails within mails the reader is.
    defects: list[str] = field(default_factory=list)

    def enough(self, depth: int) -> bool:
        """Whether no more parts are read: a mail may claim any number of them."""
        self.parts += 1
        if self.parts <= _MOST_PARTS and depth <= _DEEPEST:
            return False
        self.defects.append("more parts than are read")
        return True


@dataclass(frozen=True)
class _Span:
    """Where a part lies in the bytes; `whole`: it is a mail, which may begin with lines that are none of it."""

    raw: bytes
    start: int
    end: int
    whole: bool = False


def read_mail(raw: bytes) -> tuple[Part, list[str]]:
    """The tree, and what was wrong with the mail."""
    reading = _Reading()
    raw = _with_line_ends(raw)
    mail = _read(_Span(raw, 0, len(raw), whole=True), reading, depth=0)
    return mail, list(dict.fromkeys(reading.defects))


def _with_line_ends(raw: bytes) -> bytes:
    """Lines that end in a lone CR, or in more than one, get ends that can be told apart from empty lines."""
    beginning = raw[:_LOOKS_AT]
    if b"\n" not in beginning and b"\r" in beginning:
        return raw.replace(b"\r", b"\n")
    return raw.replace(b"\r\r\n", b"\n") if b"\r\r\n" in beginning else raw


def _read(span: _Span, reading: _Reading, *, depth: int) -> Part:
    leading = _LEADING.match(span.raw, span.start, span.end) if span.whole else None
    fields, body = read_fields(span.raw, leading.end() if leading else span.start, span.end)
    part = _described(fields)
    inner = _Span(span.raw, body, span.end)
    if span.whole and not part.first("content-type") and _guess(inner):
        part.kind = "multipart/mixed"
    if part.kind.startswith("multipart/"):
        _read_parts(part, inner, reading, depth=depth)
    elif part.is_mail:
        _read_inner_mail(part, inner, reading, depth=depth)
    else:
        part.content = span.raw[body : span.end]
    return part


def _described(fields: Fields, default: str = "text/plain") -> Part:
    part = Part(fields, default, {}, "", "")
    stated, part.parameters = read_parameters(part.first("content-type"))
    part.disposition, disposed = read_parameters(part.first("content-disposition"))
    part.name = file_name(
        disposed.get("filename", ""),
        part.parameters.get("name", ""),
        disposed.get("name", ""),
        part.first("content-location"),
    )
    if stated:
        part.kind = _usable(stated)
    return part


def _usable(stated: str) -> str:
    """The media type as it is meant."""
    if stated in _AS_PLAIN or stated in _AS_HTML:
        return "text/plain" if stated in _AS_PLAIN else "text/html"
    if _TYPE.match(stated):
        return stated
    if stated.startswith("multipart"):
        return "multipart/mixed"
    return "text/html" if "html" in stated else "text/plain"


def _read_inner_mail(part: Part, span: _Span, reading: _Reading, *, depth: int) -> None:
    """A mail within a mail is kept as a file too, but for those deeper down, which lie in that file."""
    encoding = part.first("content-transfer-encoding")
    if _ENCODED.search(encoding):
        content = undo(span.raw[span.start : span.end], encoding)
        reading.copied += len(content)
        span = _Span(content, 0, len(content))
    if not reading.mails:
        part.content = span.raw[span.start : span.end]
    if reading.copied > _MOST_COPIED or reading.enough(depth + 1):
        return
    reading.mails += 1
    part.parts = [_read(replace(span, whole=True), reading, depth=depth + 1)]
    reading.mails -= 1


def _read_parts(part: Part, span: _Span, reading: _Reading, *, depth: int) -> None:
    boundary = _boundary(part, span)
    marks = list(_delimiters(span, boundary)) if boundary else []
    if not marks:
        # The boundary never comes: it is one text, and the words are in it.
        part.content = span.raw[span.start : span.end]
        reading.defects.append("a multipart without its boundary")
    at = 0
    while at < len(marks):
        inner = _after(span, marks, at)
        at += 1
        if marks[at - 1].closes:
            continue
        if reading.enough(depth + 1):
            break
        child = _read_child(part, inner, reading, depth=depth + 1)
        if child.kind.startswith("multipart/") and child.parameters.get("boundary", "").encode() == boundary:
            at = _read_same_boundary(child, span, marks, at, reading)
        part.parts.append(child)


def _read_child(parent: Part, span: _Span, reading: _Reading, *, depth: int) -> Part:
    if parent.kind != "multipart/digest" or b"\n" not in span.raw[span.start : span.start + 2]:
        return _read(span, reading, depth=depth)
    # In a digest a part without fields is a mail.
    inner = Part((), "message/rfc822", {}, "", "")
    _read_inner_mail(inner, span, reading, depth=depth)
    return inner


def _read_same_boundary(child: Part, span: _Span, marks: "list[_Mark]", at: int, reading: _Reading) -> int:
    """A part with its parent's boundary owns what follows up to the first end; returns the mark after that."""
    child.content = b""
    while at < len(marks) and not marks[at].closes and not reading.enough(1):
        child.parts.append(_read(_after(span, marks, at), reading, depth=_DEEPEST))
        at += 1
    return at + 1


def _after(span: _Span, marks: "list[_Mark]", at: int) -> _Span:
    """What lies after that mark; the line end before the next mark belongs to that one."""
    if at + 1 == len(marks):
        return replace(span, start=marks[at].end)
    stop = marks[at + 1].start
    stop -= span.raw[stop - 1 : stop] == b"\n"
    stop -= span.raw[stop - 1 : stop] == b"\r"
    return replace(span, start=marks[at].end, end=max(stop, marks[at].end))


def _boundary(part: Part, span: _Span) -> bytes:
    """The stated boundary if it comes, else one that stands before lines that begin a part."""
    stated = part.parameters.get("boundary", "").strip().encode("utf-8", "surrogateescape")[:200]
    if stated and next(_delimiters(span, stated), None):
        return stated
    return _guess(span)


def _guess(span: _Span) -> bytes:
    found = _GUESSED.search(span.raw, span.start, min(span.end, span.start + _LOOKS_AT))
    if not found:
        return b""
    before = span.raw[span.start : found.start()].replace(b'"', b"")
    # A mail that is quoted further down has a boundary of its own, and states it.
    return b"" if b"boundary=" + found[1].strip(b'"') in before else found[1]


@dataclass(frozen=True)
class _Mark:
    """A line with the boundary: where it begins, where the next line does, whether it ends the parts."""

    start: int
    end: int
    closes: bool


def _delimiters(span: _Span, boundary: bytes) -> Iterator[_Mark]:
    raw, needle = span.raw, b"--" + boundary
    at = span.start if raw.startswith(needle, span.start, span.end) else _next_line(span, needle, span.start)
    seen = found = 0
    while at != -1 and found <= _MOST_PARTS and seen < _MOST_LOOKS:
        seen += 1
        after = at + len(needle)
        rest, newline, _ = raw[after : min(span.end, after + _LONGEST_MARK)].partition(b"\n")
        if (newline or after + len(rest) == span.end) and rest.strip() in {b"", b"--"}:
            found += 1
            yield _Mark(at, after + len(rest) + len(newline), rest.strip() == b"--")
        at = _next_line(span, needle, after)


def _next_line(span: _Span, needle: bytes, at: int) -> int:
    """Where the next line that begins with `needle` begins, or -1."""
    found = span.raw.find(b"\n" + needle, max(at - 1, span.start), span.end)
    return -1 if found == -1 else found + 1
