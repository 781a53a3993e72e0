"""Values with parameters, as Content-Type has them, in every broken form that mail programs write."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from ingestion.mail.decoding import decode
from ingestion.mail.words import decode_words

_MOST = 50
_LONGEST = 2_000
# A value in quotes ends at the quote before a semicolon: some names hold quotes of their own.
_PARAMETER = re.compile(
    r"([^\s=;\"]{1,60})\s{0,20}=\s{0,20}(\"(?:[^\"\\]|\\.){0,2000}\"(?=\s*(?:;|$))|\"[^;]{0,2000}|[^;]{0,2000})"
)
_SECTION = re.compile(r"^(.{1,50}?)\*(\d{1,3})?(\*)?$")
_EXTENDED = re.compile(r"^([^'\s]{0,40})'([^']{0,40})'(.*)$", re.DOTALL)
_ESCAPED = re.compile(r"\\([\"\\])")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


def read_parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """The bare value in lower case, and its parameters by their names in lower case."""
    bare = re.split(r"[;\s]", value.strip(), maxsplit=1)[0].lower()
    rest = value.strip()[len(bare) :][: _MOST * _LONGEST]
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(rest)):
        if count == _MOST:
            break
        name, text = found[1].lower(), _unquoted(found[2])
        if section := _SECTION.match(name):
            number = int(section[2] or 0)
            encoded = section[3] is not None or section[2] is None
            sections.setdefault(section[1], {}).setdefault(number, (text, encoded))
        else:
            plain.setdefault(name, text)
    joined = {name: _joined(parts) for name, parts in sections.items()}
    return bare, plain | {name: text for name, text in joined.items() if text}


def _unquoted(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        text = _ESCAPED.sub(r"\1", text[1:].removesuffix('"'))
    return text


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """The sections of RFC 2231 put together; bytes first, so that letters cut in two are whole again."""
    charset = ""
    data = b""
    for number, (text, encoded) in sorted(parts.items()):
        extended = _EXTENDED.match(text) if encoded and number == min(parts) else None
        if extended:
            charset, text = extended[1], extended[3]
        data += unquote_to_bytes(text) if encoded else text.encode()
    return decode_words(decode(data, charset or "utf-8"))


def file_name(*values: str) -> str:
    """The first that names a file: encoded words and percent signs read, without folders or controls."""
    for value in values:
        name = decode_words(value)
        if len(_PERCENT.findall(name)) > 1 and not re.search(r"\s", name):
            name = decode(unquote_to_bytes(name), "utf-8")
        name = re.split(r"[/\\]", name)[-1].strip(" .\t\n\"'")
        if name:
            stem, dot, ending = name.rpartition(".")
            return name if len(name) <= 200 else f"{(stem or ending)[:180]}{dot}{ending[:19]}"
    return ""
