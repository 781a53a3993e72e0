"""National identity numbers by their check digits; where the form is anybody's, only beside a word that says so."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum import luhn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.jp import in_ as my_number
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.za import idnr as south_african

from runtime.redaction_kinds import AFTER, BEFORE, Finding, Kind

_SSN = re.compile(rf"{BEFORE}(?<!\d-)(\d{{3}})([- .]?)(\d{{2}})\2(\d{{4}}){AFTER}(?!-\d)")
_SSN_WORD = re.compile(r"\bssn\b|social\s+security|\bitin\b|taxpayer", re.IGNORECASE)
_NEAR = 45
_DIGITS = re.compile(r"\d\d(?:[ .-]?\d)+")
_REACH = 24


@dataclass(frozen=True)
class _Form:
    """A number that its look and its check digits give away."""

    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]


def _form(pattern: str, is_valid: Callable[[str], bool]) -> _Form:
    return _Form(re.compile(f"{BEFORE}{pattern}{AFTER}", re.IGNORECASE), is_valid)


def _any(_number: str) -> bool:
    return True


_FORMS = (
    _form(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
    _form(r"\d{8}-?[A-HJ-NP-TV-Z]", dni.is_valid),
    _form(r"[XYZ]-?\d{7}-?[A-Z]", nie.is_valid),
    _form(r"[1-9]\d{5}(?:19|20)\d{9}[\dX]", ric.is_valid),
    _form(r"\d{3}\.\d{3}\.\d{3}-\d{2}", cpf.is_valid),
    _form(r"756\.?\d{4}\.?\d{4}\.?\d{2}", ahv.is_valid),
    _form(r"\d{6}[+A-FYXWVU-]\d{3}[0-9A-Y]", hetu.is_valid),
    _form(r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", nir.is_valid),
    _form(r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", nn.is_valid),
    _form(r"\d{6}-[1-4]\d{6}", rrn.is_valid),
    _form(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", curp.is_valid),
    _form(r"[A-CEGHJ-PRSTW-Z][A-CEGHJ-NPRSTW-Z] \d{2} \d{2} \d{2} [A-D]", _any),
)

# Each of these names a number, so that digits after it which some country's check accepts are one.
_NAMES = (
    *(
        "national id",
        "identity number",
        "identity card",
        "id number",
        "id card",
        "national insurance",
        "social insurance",
    ),
    *(
        "personal identification",
        "pesel",
        "kimlik",
        "tckn",
        "bsn",
        "burgerservicenummer",
        "sofinummer",
        "steuer-id",
    ),
    *(
        "steueridentifikationsnummer",
        "identifikationsnummer",
        "personalausweis",
        "cpf",
        "contribuinte",
        "nif",
        "dni",
        "nie",
    ),
    *("documento de identidad", "codice fiscale", "sécurité sociale", "numéro de sécu", "aadhaar", "aadhar"),
    *("personnummer", "cpr", "fødselsnummer", "rijksregister", "numéro national", "sin number", "nino"),
    *(
        "マイナンバー",
        "個人番号",
        "身份证",
        "身分證",
        "주민등록",
        "رقم الهوية",
        "الرقم القومي",
        "الهوية الوطنية",
    ),
)
_NUMBER = re.compile(rf"{BEFORE}(?:[A-Z]{{2}} ?)?\d(?:[ .\-/]?\d){{5,14}}(?: ?[A-D])?{AFTER}")
_PASSPORT_WORDS = (
    *(
        "passport",
        "reisepass",
        "passeport",
        "pasaport",
        "passaport",
        "paspoort",
        "paszport",
        "パスポート",
        "护照",
        "جواز",
    ),
)
_PASSPORT = re.compile(
    rf"(?i:{'|'.join(_PASSPORT_WORDS)})[^\n\d]{{0,25}}?"
    rf"{BEFORE}(?P<value>(?=[A-Z]{{0,3}}\d[0-9A-Z]*\d)[0-9A-Z]{{6,10}}){AFTER}"
)


def _egyptian(number: str) -> bool:
    """A century and a birth date; its check digit's rule is not published."""
    return number[0] in "23" and "01" <= number[3:5] <= "12" and "01" <= number[5:7] <= "31"


_CHECKS: dict[int, tuple[Callable[[str], bool], ...]] = {
    9: (bsn.is_valid, nif.is_valid, sin.is_valid),
    10: (personnummer.is_valid, cpr.is_valid, luhn.is_valid),
    11: (
        pesel.is_valid,
        tckimlik.is_valid,
        idnr.is_valid,
        cpf.is_valid,
        nn.is_valid,
        fodselsnummer.is_valid,
    ),
    12: (my_number.is_valid, aadhaar.is_valid, personnummer.is_valid),
    13: (south_african.is_valid, rrn.is_valid),
    14: (_egyptian,),
}
_BRITISH = re.compile(r"[A-Z]{2}\d{6}[A-D]", re.IGNORECASE)


def social_security_numbers(text: str) -> Iterator[Finding]:
    """With hyphens anywhere; written otherwise, or outside of what is given out, beside a word that names it."""
    for match in _SSN.finditer(text):
        area, separator, group, serial = match.groups()
        given_out = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
        near = text[max(0, match.start() - _NEAR) : match.start()]
        if (given_out and separator == "-") or _SSN_WORD.search(near):
            yield Finding(Kind.US_SSN, match.start(), match.end())


def national_ids(text: str) -> Iterator[Finding]:
    """Identity numbers of many countries, and passports beside that word."""
    for start, end in _numeric_parts(text):
        for form in _FORMS:
            found = (match for match in form.pattern.finditer(text, start, end) if form.is_valid(match[0]))
            yield from (Finding(Kind.NATIONAL_ID, *match.span()) for match in found)
    lowered = text.replace("İ", "i").lower()  # Of the same length as the text.
    for name in _NAMES:
        if name in lowered:
            for match in re.finditer(re.escape(name), lowered):
                yield from _first_number(text, match.end())
    if any(word in lowered for word in _PASSPORT_WORDS):
        yield from (Finding(Kind.NATIONAL_ID, *match.span("value")) for match in _PASSPORT.finditer(text))


def _numeric_parts(text: str) -> Iterator[tuple[int, int]]:
    """The parts of a text that hold enough digits for a number, with what may belong to it on both sides."""
    start = end = -1
    for match in _DIGITS.finditer(text):
        if start >= 0 and match.start() - _REACH <= end:
            end = match.end() + _REACH
            continue
        if start >= 0:
            yield start, end
        start, end = max(0, match.start() - _REACH), match.end() + _REACH
    if start >= 0:
        yield start, end


def _first_number(text: str, start: int) -> Iterator[Finding]:
    for match in _NUMBER.finditer(text, start, start + _NEAR):
        number = re.sub(r"[ .\-/]", "", match[0])
        if _BRITISH.fullmatch(number) or any(check(number) for check in _CHECKS.get(len(number), ())):
            yield Finding(Kind.NATIONAL_ID, match.start(), match.end())
            return
