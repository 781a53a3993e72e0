"""Payment cards by issuer and Luhn digit; IBANs by country, length and check digits."""

import re
from collections.abc import Iterator

from runtime.redaction_kinds import AFTER, BEFORE, Finding, Kind, digits_of

# A run of digit groups. "A-4111…" is somebody's own numbering, so a hyphen after a letter forbids it.
_RUN = re.compile(rf"{BEFORE}(?<![0-9A-Za-z]-)\d++(?:[ .\-\u00a0\u2009\u2010-\u2013]\d++){{0,50}}+")
_GROUP = re.compile(r"\d+")
_LEAST_GROUP = 4  # No issuer prints a number that begins with fewer digits in a row.
_LEAST_DIGITS, _MOST_DIGITS = 12, 19
# How issuers print numbers, longest first, so that what follows a card is not taken for its end.
_LAYOUTS = ((4, 4, 4, 4, 3), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (8, 8), (4, 4, 4, 1), (4, 4, 4))
# ISO/IEC 7812 prefixes of payment cards with the lengths that are issued.
_SCHEMES = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"30[0-5]|309|36|3[89]"), (14, 16, 19)),
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),
    (re.compile(r"62|81"), (16, 17, 18, 19)),
    (re.compile(r"35"), (16, 19)),
    (re.compile(r"1800|2131"), (15,)),
    (re.compile(r"50[0-9]|5[678]|6[0-9]|0604"), (12, 13, 14, 15, 16, 17, 18, 19)),
    (re.compile(r"220[0-4]|9792"), (16,)),
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_CARD_WORD = re.compile(
    r"card|karte|carte|tarjeta|carta|cart[ãa]o|kaart|kart|\bcc\b|visa|カード|卡|بطاق", re.IGNORECASE
)
_BARCODE = 13
_NEAR = 60
# Maestro's shortest numbers and its widest prefixes look like anybody's numbers unless a card is spoken of.
_SURE_MAESTRO = re.compile(r"5018|5020|5038|5[678]93|6304|6390|6759|676[1-3]|0604")

_IBAN_START = re.compile(rf"{BEFORE}([A-Za-z]{{2}})[ -]?\d{{2}}(?=[ -]?[0-9A-Za-z])")
_LENGTHS_BY_COUNTRY = (
    "NO15 BE16 DK18 FI18 FK18 FO18 GL18 NL18 SD18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 MN20 XK20 CH21 "
    "HR21 LI21 LV21 BG22 BH22 CR22 DE22 GB22 GE22 IE22 ME22 RS22 VA22 AE23 GI23 IL23 IQ23 OM23 SO23 TL23 "
    "AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 SK24 TN24 VG24 LY25 PT25 ST25 IS26 TR26 BI27 DJ27 FR27 GR27 "
    "IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 GT28 HN28 HU28 LB28 NI28 PL28 BR29 EG29 PS29 QA29 UA29 "
    "JO30 KW30 MU30 YE30 MT31 SC31 LC32 RU33"
)
_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _LENGTHS_BY_COUNTRY.split()}
_BODIES = {
    length: re.compile(rf"[A-Za-z]{{2}}(?:[ \-\u00a0]?[0-9A-Za-z]){{{length - 2}}}{AFTER}")
    for length in set(_LENGTHS.values())
}


def cards(text: str) -> Iterator[Finding]:
    """Numbers that an issuer could have given out."""
    for run in _RUN.finditer(text):
        if run.end() - run.start() >= _LEAST_DIGITS:
            yield from _cards_of_run(text, list(_GROUP.finditer(text, run.start(), run.end())))


def _cards_of_run(text: str, groups: list[re.Match[str]]) -> Iterator[Finding]:
    if text[groups[-1].end() : groups[-1].end() + 1].isalpha() and text[groups[-1].end()].isascii():
        groups.pop()  # "12 4111x": the last group belongs to a word.
    index = 0
    after_card = True
    while index < len(groups):
        if len(groups[index][0]) < _LEAST_GROUP:
            index, after_card = index + 1, False
            continue
        # In a row of fours a card begins at the row's start: elsewhere it is a piece of a tracking number.
        taken = _card_at(text, groups, index) if after_card or len(groups[index - 1][0]) != 4 else 0
        if taken:
            yield Finding(Kind.CREDIT_CARD, groups[index].start(), groups[index + taken - 1].end())
        after_card = bool(taken)
        index += taken or 1


def _card_at(text: str, groups: list[re.Match[str]], index: int) -> int:
    """How many groups from this one on are a card."""
    if _LEAST_DIGITS <= len(groups[index][0]) <= _MOST_DIGITS:
        return 1 if _is_card(text, groups[index : index + 1]) else 0
    for layout in _LAYOUTS:
        some = groups[index : index + len(layout)]
        if tuple(len(group[0]) for group in some) == layout and _is_card(text, some):
            return len(layout)
    return 0


def _is_card(text: str, groups: list[re.Match[str]]) -> bool:
    number = digits_of("".join(group[0] for group in groups))
    if not _is_issued(number) or not _luhn(number):
        return False
    barcode = len(number) == _BARCODE and _is_barcode(number)
    maestro = len(number) != 16 and number[0] in "56" and not _SURE_MAESTRO.match(number)
    if not barcode and not maestro:
        return True
    near = text[max(0, groups[0].start() - _NEAR) : groups[-1].end() + _NEAR]
    return bool(_CARD_WORD.search(near))


def _is_issued(number: str) -> bool:
    return any(prefix.match(number) and len(number) in lengths for prefix, lengths in _SCHEMES)


def _luhn(number: str) -> bool:
    backwards = [int(digit) for digit in reversed(number)]
    return (sum(backwards[::2]) + sum(_DOUBLED[digit] for digit in backwards[1::2])) % 10 == 0


def _is_barcode(number: str) -> bool:
    """Whether an EAN-13 check digit holds: articles begin with 4 too."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(number)) % 10 == 0


def ibans(text: str) -> Iterator[Finding]:
    """Account numbers with the length of their country and the right check digits."""
    for start in _IBAN_START.finditer(text):
        length = _LENGTHS.get(start[1].upper())
        found = _BODIES[length].match(text, start.start()) if length else None
        if found and _is_iban(found[0]):
            yield Finding(Kind.IBAN_CODE, found.start(), found.end())


def _is_iban(text: str) -> bool:
    number = "".join(character for character in text.upper() if character.isalnum())
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
