"""The encoded words of RFC 2047 in headers, also broken ones."""

import base64
import binascii
import quopri
import re

from ingestion.mail.decoding import decode, scrub

# The text of a word ends at "?="; some programs leave question marks in it.
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\r\n]*|(?:(?!\?=).){0,300})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_SPACES = re.compile(r"\s+")


def decode_words(value: str) -> str:
    """RFC 2047 words decoded; neighbours of one charset are joined first, for senders that cut a letter in two."""
    pieces: list[str] = []
    end = 0
    held: tuple[str, bytes] = ("", b"")
    joined = _BETWEEN_WORDS.sub(r"\1", value)
    for word in _WORD.finditer(joined):
        charset, data = word[1].lower(), _bytes_of(word[2], word[3])
        if word.start() == end and held[0] == charset:
            held = (charset, held[1] + data)
        else:
            pieces += [decode(held[1], held[0]), joined[end : word.start()]]
            held = (charset, data)
        end = word.end()
    pieces += [decode(held[1], held[0]), joined[end:]]
    return _SPACES.sub(" ", scrub("".join(pieces))).strip()


def _bytes_of(encoding: str, payload: str) -> bytes:
    raw = payload.encode("ascii", "ignore")
    if encoding in "qQ":
        return quopri.decodestring(raw, header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw if raw.isalnum() else b""
