"""Telephone numbers: international ones anywhere, national ones by their form or by the words around them."""

import re
from collections.abc import Iterator

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from runtime.redaction_kinds import Finding, Kind, digits_of
from runtime.redaction_phone_words import OTHER_PARTS, OTHER_WORDS, PHONE_PARTS, PHONE_PHRASES, PHONE_WORDS

_RUN = re.compile(
    r"(?<![0-9A-Za-z_.,/$€£¥+-])(?P<plus>[+＋][ (]{0,2})?\(?\d(?:[ .()/\-\u00a0\u2009\u2010-\u2013]{0,3}\d)*+"
    r"(?P<extension>[ ,]{0,2}(?:x|ext\.?|extension|poste|durchwahl|app\.)[ .:]{0,2}\d{1,6})?(?![A-Za-z_]|[.,]\d)",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\d+")
_LEAST, _MOST = 7, 15
_LEAST_LABELLED = 6
_NANP = re.compile(r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}")
# With nothing after it but an hour: "07-01-2025 1" is the beginning of "07-01-2025 1:47".
_DATE = re.compile(
    r"(?:(?:19|20)\d{2}([-./ ])[01]?\d\1[0-3]?\d|[0-3]?\d([-./ ])[0-3]?\d\2(?:(?:19|20)\d{2}|\d{2}))"
    r"(?:[ T-]{1,3}\d{1,2})?"
)
_YEARS = re.compile(r"(?:19|20)\d{2}(?:[ /–-]{1,3}(?:19|20)\d{2})+")
_TRUNK = re.compile(r"\(?0[1-9]")
_UNIT = re.compile(
    r"\s?(?:%|€|\$|£|¥|円|元|EUR|USD|GBP|PLN|TRY|TL|zł|CHF|BRL|km|kg|GB|MB|KB|bytes|pixels|pcs|units)\b|\s?[%€$£¥円元]"
)
_BEFORE_WINDOW = 48
_AFTER_LABEL = re.compile(
    r"[ \t]{0,2}\(?(?:office|fax|mobile|cell|home|work|tel|phone|direct|büro|privat|mobil|bureau|domicile|móvil"
    r"|cellulare)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_END_OF_SAYING = re.compile(r"(?<!\btel)(?<!\bTel)(?<!\bno)(?<!\bNr)[.!?。！？]\s|\n\s*\n|\d{3}[^\d\n]")


def phones(text: str) -> Iterator[Finding]:
    """A number with a form of its own anywhere; any other only where it is said to be one."""
    for run in _RUN.finditer(text):
        if run.end() - run.start() >= _LEAST_LABELLED:
            number = _number_of(run)
            if _is_phone(text, run, number):
                end = run.end() if run["extension"] else run.start() + len(number)
                yield Finding(Kind.PHONE_NUMBER, run.start(), end)


def _number_of(run: re.Match[str]) -> str:
    """The number without its extension, and without a bracket that does not close, as in "128.0 (64 bit)"."""
    number = run[0][: run.start("extension") - run.start()] if run["extension"] else run[0]
    opened = number.rfind("(")
    return number if opened <= 0 or ")" in number[opened:] else number[:opened].rstrip()


def _is_phone(text: str, run: re.Match[str], number: str) -> bool:
    digits = digits_of(number)
    labelled = text[max(0, run.start() - 4) : run.start()].rstrip().endswith((":", "."))
    if not (_LEAST_LABELLED if labelled else _LEAST) <= len(digits) <= _MOST or _is_something_else(
        text, run, number
    ):
        return False
    if run["plus"]:
        return len(digits) > _LEAST and _has_country(digits)
    if _AFTER_LABEL.match(text, run.end()) and len(digits) >= _LEAST:
        return True
    said = _said_before(text, run.start())
    return said == "phone" or (said != "other" and _has_form(number, digits))


def _is_something_else(text: str, run: re.Match[str], number: str) -> bool:
    if run["plus"]:
        return False
    dated = _DATE.fullmatch(number) or _YEARS.fullmatch(number)
    return bool(dated) or (not run["extension"] and bool(_UNIT.match(text, run.end())))


def _has_country(digits: str) -> bool:
    return any(int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE for length in (1, 2, 3))


def _has_form(number: str, digits: str) -> bool:
    """Whether few other numbers are written so: groups after a trunk or international prefix, or North America's."""
    groups = [len(group[0]) for group in _GROUP.finditer(number)]
    if _NANP.fullmatch(number):
        return True
    if digits.startswith("00"):
        return len(groups) > 2 and len(digits) >= 11 and _has_country(digits[2:])
    if not _TRUNK.match(number) or not 9 <= len(digits) <= 11:
        return False
    return len(groups) >= 3 or (len(groups) == 2 and 3 <= groups[0] <= 5)


def _said_before(text: str, start: int) -> str:
    """What the nearest word says that the number is: "phone", "other" or nothing.

    A sentence that ended says nothing of the number in the next one, and a number before this one was meant itself.
    """
    window = text[max(0, start - _BEFORE_WINDOW) : start]
    ends = [match.end() for match in _END_OF_SAYING.finditer(window)]
    window = window[ends[-1] :] if ends and ends[-1] < len(window) else window
    said = [word[0].casefold() for word in _WORD.finditer(window)]
    joined = f" {' '.join(said)} "
    phone = max(_last(joined, said, PHONE_WORDS), *(joined.rfind(phrase) for phrase in PHONE_PHRASES))
    other = _last(joined, said, OTHER_WORDS)
    if not joined.isascii():
        phone = max(phone, *(joined.rfind(part) for part in PHONE_PARTS))
        other = max(other, *(joined.rfind(part) for part in OTHER_PARTS))
    if phone == other:
        return ""
    return "phone" if phone > other else "other"


def _last(joined: str, said: list[str], known: frozenset[str]) -> int:
    """Where the last of the known words stands, or -1."""
    word = next((word for word in reversed(said) if word in known), "")
    return joined.rfind(f" {word} ") if word else -1
