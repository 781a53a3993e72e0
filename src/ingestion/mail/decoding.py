"""Bytes of a mail to text, whatever their charset claims to be. Called by `fields`, `headers` and `bodies`."""

import codecs
import re
from contextlib import suppress

from charset_normalizer import from_bytes

# Labels that senders use for something else, or for less than they send.
_ALIASES = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "hz-gb-2312": "hz",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601": "cp949",
    "euc-kr": "cp949",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "x-euc-jp": "euc-jp",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
}
_WINDOWS = re.compile(r"^(?:x-)?(?:windows|win|cp|ibm|ms)-?(\d{3,4})$")
_SINGLE_BYTE = re.compile(r"^(?:cp(?:125|85|86|874)|iso-?8859|koi8|mac|tis)")
_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
_WESTERN = "cp1252"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HIGH = bytes(range(128, 256))
_THREE_BYTES = re.compile(rb"[\xe1-\xef][\x80-\xbf]{2}")
# What a text may be that says nothing of its charset, or says Western and is not.
_CANDIDATES = ["cp1251", "koi8_r", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1253", "cp1255", "cp1256",
               "cp874", "iso8859_5", "cp866", "cp1252"]  # fmt: skip
_SAMPLE = 4_096
# Languages with Latin letters have fewer than a quarter of their letters beyond ASCII; others nearly all.
_MOSTLY_HIGH = 0.3
_FEW = 6  # Fewer than these are signs like € and “ in a short English text.


def decode(data: bytes, charset: str) -> str:
    """The text, best effort: what its bytes prove, then the stated charset, then what it looks like."""
    for name in _proven(data) or _in_order(data, _known(charset)):
        with suppress(UnicodeError):
            return scrub(data.decode(name))
    return scrub(_with_gaps(data, _known(charset)))


def _proven(data: bytes) -> tuple[str, ...]:
    """A charset that the bytes show by marks of their own."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return (name,)
    if b"\x1b$" not in data or data.translate(None, _HIGH) != data:
        return ()
    return ("iso2022_kr",) if b"\x1b$)C" in data else ("iso2022_jp_ext", "iso2022_jp_2004")


def _in_order(data: bytes, stated: str) -> tuple[str, ...]:
    if data.isascii() and not stated.startswith(("utf-7", "hz", "iso-2022", "iso2022", "utf-16", "utf-32")):
        return ("ascii",)
    if stated.startswith(("utf-16", "utf-32")) and b"\x00" not in data:
        stated = ""
    if not stated:
        return ("utf-8", _guessed(data))
    if _SINGLE_BYTE.match(stated):
        # What is valid UTF-8 beyond ASCII is hardly ever anything else, whatever a one-byte label says.
        return ("utf-8", _guessed(data) if stated == _WESTERN else stated)
    # East Asian text in UTF-8 has three bytes a letter, and its labels accept nearly any bytes.
    return ("utf-8", stated) if _THREE_BYTES.search(data) else (stated, "utf-8")


def _with_gaps(data: bytes, stated: str) -> str:
    """The text with marks for what cannot be read. UTF-8 of which most letters cannot be read was never UTF-8."""
    if b"\x1b$" in data:
        return _japanese(data)
    if stated and stated != "utf-8" and not stated.startswith(("utf-16", "utf-32")):
        return data.decode(stated, errors="replace")
    text = data.decode("utf-8", errors="replace")
    gaps = text.count("\ufffd")
    read = sum(letter > "\x7f" for letter in text) - gaps
    return text if read >= gaps else data.decode(_guessed(data), errors="replace")


def _guessed(data: bytes) -> str:
    """Western, unless so many bytes are beyond ASCII that no Western language can be meant."""
    sample = data[:_SAMPLE]
    letters = len(sample.translate(None, b" \t\r\n0123456789<>=\"'/.,;:-_()&"))
    high = letters - len(sample.translate(None, b" \t\r\n0123456789<>=\"'/.,;:-_()&" + _HIGH))
    if high < _FEW or high < letters * _MOSTLY_HIGH:
        return _WESTERN
    found = from_bytes(sample, cp_isolation=_plausible(sample)).best()
    return found.encoding if found else _WESTERN


def _plausible(sample: bytes) -> list[str]:
    """The candidates, without the Japanese one where it would read nothing but half-width syllables."""
    text = sample.decode("cp932", errors="ignore")
    narrow = sum("\uff61" <= letter <= "\uff9f" for letter in text)
    beyond = sum(letter > "\x7f" for letter in text)
    return [name for name in _CANDIDATES if name != "cp932" or narrow * 2 < beyond]


def _japanese(data: bytes) -> str:
    """ISO-2022-JP with the letters that makers added to it: each run is read as the Shift JIS that has them."""
    pieces: list[str] = []
    for run in re.split(rb"(?=\x1b[$(])", data):
        wide = run.startswith((b"\x1b$B", b"\x1b$@"))
        text = run[3:] if run.startswith(b"\x1b") else run
        raw = bytes(byte | 0x80 for byte in text if byte > 0x20) if wide else text
        pieces.append(_wide(raw) if wide else raw.decode("ascii", "replace"))
    return "".join(pieces)


def _wide(raw: bytes) -> str:
    """Pairs of EUC bytes by way of Shift JIS, whose table on this platform holds the makers' letters."""
    shifted = bytearray()
    for first, second in zip(raw[::2], raw[1::2], strict=False):
        row, column = first - 0xA0, second - 0xA0
        lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)  # Shift JIS has a gap after row 62.
        even = column + 0x9E
        odd = column + (0x40 if column >= 64 else 0x3F)  # 0x7F is never a trail byte.
        shifted += bytes((lead & 0xFF, (odd if row % 2 else even) & 0xFF))
    return bytes(shifted).decode("cp932", errors="replace")


def _known(charset: str) -> str:
    """Python's name for a charset; empty when there is none of that name."""
    name = re.split(r"[;,\s:]", charset.strip(" \t\"'"), maxsplit=1)[0].strip("\"'").lower().replace("_", "-")
    windows = _WINDOWS.match(name)
    name = f"cp{windows[1]}" if windows else _ALIASES.get(name, name)
    try:
        b"a".decode(name)
    except UnicodeError:
        pass  # Known, and wider than one byte.
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_CHARSETS else name


def scrub(text: str) -> str:
    """Text that can be stored: no NUL or other controls, no lone surrogates, line ends as \\n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", text.removeprefix("\ufeff"))
    return text.encode("utf-8", "replace").decode("utf-8")
