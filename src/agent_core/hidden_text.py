"""What a text says to a reader when look-alikes, invisible characters and simple encodings are taken off. Pure."""

import base64
import binascii
import html
import re
import unicodedata

# Letters of other scripts that are drawn like Latin ones.
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝВМТНКАЕОРСХІЈЅαοενιρτυκχΑΒΕΖΗΙΚΜΝΟΡΤΥΧɑɡıօⲟ",
    "aeopcyxijshdqwBMTHKAEOPCXIJSaoeviptukxABEZHIKMNOPTYXagioo",
)
_FOREIGN = re.compile("[\u0370-\u04ff\u0500-\u052f\u0250-\u02af\u0131\u0585\u2c9f]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"[^\W_]+")
# Letters kept apart: "i g n o r e", "i.g.n.o.r.e".
_APART = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-_*][^\W\d_]){3,}(?![^\W_])")
_FIGURES = re.compile(r"(?<![^\W_])[a-z]+[013457@$][a-z013457@$]*(?![^\W_])", re.IGNORECASE)
_LETTERS = str.maketrans("013457@$", "oieastas")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{24,8000}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}[ :]?){16,4000}(?![0-9A-Za-z])")
_MOST_DECODED = 4
_TAGS = range(0xE0020, 0xE007F)  # An invisible copy of ASCII.


def shown(text: str) -> str:
    """The text as it is seen: compatible forms made plain, invisible characters gone, look-alikes Latin."""
    plain = html.unescape(text)
    if plain.isascii():  # Nothing of the below is in it, and looking at each character takes time.
        return plain
    plain = "".join(_shown(character) for character in plain)
    plain = unicodedata.normalize("NFKC", plain)
    if _FOREIGN.search(plain):
        plain = _WORD.sub(lambda word: _latin(word.group()), plain)
    return plain


def visible(text: str) -> str:
    """The text as it is understood: what is seen, with letters kept apart joined and figures read as letters."""
    plain = shown(text)
    plain = _APART.sub(lambda match: re.sub(r"[ .\-_*]", "", match.group()), plain)
    return _FIGURES.sub(lambda match: match.group().translate(_LETTERS), plain)


def decoded(text: str) -> list[str]:
    """Sentences that stand in the text as base64 or as hexadecimal numbers."""
    found = []
    for match in [*_BASE64.finditer(text), *_HEX.finditer(text)][:_MOST_DECODED]:
        sentence = _as_text(match.group())
        if sentence:
            found.append(sentence)
    return found


def _shown(character: str) -> str:
    if ord(character) in _TAGS:
        return chr(ord(character) - 0xE0000)
    return "" if unicodedata.category(character) == "Cf" else character


def _latin(word: str) -> str:
    """A word that mixes scripts, or that is drawn wholly like a Latin one, in Latin letters."""
    folded = word.translate(_LOOK_ALIKES)
    return folded if _LATIN.search(word) or folded.isascii() else word


def _as_text(encoded: str) -> str:
    compact = re.sub(r"[ :]", "", encoded)
    for raw in (_from_hex(compact), _from_base64(compact)):
        text = raw.decode("utf-8", errors="replace") if raw else ""
        readable = sum(character.isprintable() or character.isspace() for character in text)
        if " " in text.strip() and "\N{REPLACEMENT CHARACTER}" not in text and readable == len(text):
            return text
    return ""


def _from_hex(compact: str) -> bytes:
    try:
        return bytes.fromhex(compact)
    except ValueError:
        return b""


def _from_base64(compact: str) -> bytes:
    padded = compact.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
