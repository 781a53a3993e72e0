"""What a file is by its content, how its name is shown, and why it may be refused. Pure; nothing is unpacked."""

import codecs
import string

import puremagic

UNKNOWN = "application/octet-stream"
PROGRAM = "application/x-executable"
LONGEST_NAME = 200
# What is looked at of a file: its beginning, and its end, where some formats have their mark.
HEAD = 65_536
TAIL = 4_096

# Raster images by their first bytes: a browser shows them without running anything.
_RASTER = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}
SHOWN_INLINE = frozenset({*_RASTER, "image/webp"})

_DOS_PROGRAM = b"MZ"
_PROGRAMS = (
    b"\x7fELF",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xca\xfe\xba\xbe",
    b"L\0\0\0\x01\x14\x02\0",  # A Windows shortcut, which starts what it names.
    b"#!",
)
# Names that a double click runs, whatever is inside.
_PROGRAM_NAMES = (
    ".exe", ".scr", ".pif", ".cpl", ".bat", ".cmd", ".msi", ".msp", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf",
    ".wsh", ".jar", ".lnk", ".hta", ".reg",
)  # fmt: skip
# A text with this ending is more often named after a site or a mail address than a program.
_BINARY_PROGRAM_NAMES = (".com",)

_MARKUP = {
    b"<!doctype html": "text/html",
    b"<html": "text/html",
    b"<script": "text/html",
    b"<svg": "image/svg+xml",
    b"<?xml": "application/xml",
    b"%pdf-": "application/pdf",
    b"{\\rtf": "application/rtf",
}
_TEXTS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
    ".eml": "message/rfc822",
}
_TEXT_CONTROLS = b"\t\n\v\f\r\x1b\b"
_BINARY_CONTROLS = bytes(set(range(32)) - set(_TEXT_CONTROLS))
# Fewer bytes than these are in too many files by chance, unless the name says the same.
_SURE_BYTES = 4
_SURE = 0.9


def sniffed_type(content: bytes, name: str) -> str:
    """What the content looks like, whatever its sender says. The name only chooses among what it can be."""
    head = content[:HEAD]
    if raster := _raster_type(head):
        return raster
    if _is_text(head):
        return PROGRAM if head.startswith(_PROGRAMS) else _text_type(head, name)
    if head.startswith((*_PROGRAMS, _DOS_PROGRAM)):
        return PROGRAM
    return _binary_type(content, name)


def _raster_type(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for kind, starts in _RASTER.items() if head.startswith(starts)), "")


def _is_text(head: bytes) -> bool:
    """In whatever encoding of one byte or UTF-8: control characters are what tells the others apart."""
    return len(head.translate(None, _BINARY_CONTROLS)) == len(head)


def _text_type(head: bytes, name: str) -> str:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:20].lower()
    by_start = next((kind for mark, kind in _MARKUP.items() if start.startswith(mark)), "")
    by_name = next((kind for ending, kind in _TEXTS.items() if name.lower().endswith(ending)), "text/plain")
    return by_start or by_name


def _binary_type(content: bytes, name: str) -> str:
    sample = content if len(content) <= HEAD + TAIL else content[:HEAD] + content[-TAIL:]
    try:
        found = puremagic.magic_string(sample, filename=name[-LONGEST_NAME:])
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    sure = [
        one
        for one in found
        if _is_other_type(one.mime_type) and (len(one.byte_match) >= _SURE_BYTES or one.confidence >= _SURE)
    ]
    # Of an archive without a telling name nobody knows what it holds, and nobody looks.
    if sure and sample.startswith(b"PK\x03\x04") and sure[0].confidence < _SURE:
        return "application/zip"
    return str(sure[0].mime_type) if sure else UNKNOWN


def _is_other_type(kind: str) -> bool:
    """What a browser shows is known by its own first bytes above, never by a table and a name."""
    return _is_type(kind) and kind not in SHOWN_INLINE


def _is_type(kind: str) -> bool:
    allowed = frozenset(string.ascii_letters + string.digits + "/.+-_")
    return kind.count("/") == 1 and len(kind) <= 100 and allowed.issuperset(kind)


def refusal(kind: str, name: str) -> str:
    """Why a file of this sniffed type and name is not kept, or empty."""
    endings = _PROGRAM_NAMES if kind.startswith("text/") else (*_PROGRAM_NAMES, *_BINARY_PROGRAM_NAMES)
    return "a program" if kind == PROGRAM or name.lower().endswith(endings) else ""


def plain_name(name: str) -> str:
    """The last part of a path, without what could steer a terminal, a file system or a header."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(". ")
    return plain[-LONGEST_NAME:] or "unnamed"


def plain_type(stated: str) -> str:
    """The sender's own word for the type, as far as it is one."""
    kind = stated.partition(";")[0].strip().lower()
    return kind if _is_type(kind) else ""
