"""Street addresses: a street with its number, a unit, a box, or what follows the word "address"; with town and code.

An anchor that is surely of an address is looked for, and what an address goes on with is taken on both sides.
"""

import re
from collections.abc import Iterator

from runtime.redaction_kinds import Finding, Kind
from runtime.redaction_street_forms import AFTER_CUE, CUE, FORMS, JOIN, LETTER, NAME, UNIT

_GAP = r"(?:[ ]{0,6},?[ ]{0,6}(?:\n[ \t>?|*]{0,6},?[ ]{0,6})?|[ ]{0,6}\n[ ]{0,6}\n[ ]{0,6}(?=[^\n]{0,40}\d))"
_GOES_ON = re.compile(
    rf"{_GAP}(?:(?P<unit>{UNIT})|\b(?:{JOIN}[ ]+){{0,2}}(?P<word>{NAME})"
    rf"|(?P<number>\d{{1,6}}(?:[ -]\d{{2,4}})?[A-Za-z]?))(?!\w)"
)
_BEFORE_IT = re.compile(
    rf"(?<!\w)(?:(?:{NAME}|{JOIN}|\d{{1,6}}[A-Za-z]?)(?:[ ,]{{1,4}}\n?[ \t>?|*]{{0,6}}|\n[ \t>?|*]{{0,6}})){{1,8}}$"
)
# A town with its code, whatever the line goes on with; and where a line has said all.
_CODE = re.compile(rf"(?:{NAME}[ ,]{{1,4}}){{0,4}}(?:[A-Z]{{1,2}}-)?\d{{3,6}}\b")
_LINE_END = re.compile(r"\n|[.?!](?:\s|$)|, ")
_LONG = 6
_SENTENCE_END = re.compile(rf"{LETTER}{{{_LONG - 1}}}\.$")
_REACH_BACK = 80
_MOST_STEPS = 12
_MOST_LINES = 5
_DIGIT = re.compile(r"\d")


def street_addresses(text: str) -> Iterator[Finding]:
    """Each address with house number, unit, town, code and country, as far as they stand together."""
    if not _DIGIT.search(text) and "corner of" not in text:
        return
    end = 0
    for start, stop in _anchors(text):
        if start < end:
            continue
        begin = _extended_back(text, max(start, end), end)
        end = _extended(text, stop)
        yield Finding(Kind.STREET_ADDRESS, begin, end)


def _anchors(text: str) -> list[tuple[int, int]]:
    lowered = text.replace("İ", "i").lower()  # Of the same length as the text.
    found = [
        match.span()
        for form in FORMS
        if not form.stems or any(stem in lowered for stem in form.stems)
        for match in form.pattern.finditer(text)
        if _begins_a_word(text, match.start())
    ]
    for cue in CUE.finditer(lowered):
        said = AFTER_CUE.match(text, cue.end())
        if said and _begins_a_word(text, cue.start()):
            found.append(said.span())
    return sorted(found)


def _begins_a_word(text: str, start: int) -> bool:
    return not start or not (text[start - 1].isascii() and text[start - 1].isalnum())


def _extended(text: str, stop: int) -> int:
    """Where the address ends: after the words, codes and units that follow, none of which begins a sentence."""
    lines = 0
    for _step in range(_MOST_STEPS):
        match = _GOES_ON.match(text, stop)
        if match is None or (text[stop - 1] == "." and text[stop : stop + 1].isspace() and not match["unit"]):
            break
        lines += "\n" in match[0]
        if lines > _MOST_LINES or ("\n" in match[0] and not _is_address_line(text, match)):
            break
        stop = match.end()
    # The full stop after a word is the sentence's; after "Str" it is the word's own.
    return stop - 1 if _SENTENCE_END.search(text, max(0, stop - _LONG), stop) else stop


def _is_address_line(text: str, match: re.Match[str]) -> bool:
    """Whether the line that a step leads into holds nothing but parts of an address."""
    first = match.start(match.lastgroup or 0)
    if match["unit"] or _CODE.match(text, first):
        return True
    line = _LINE_END.split(text[first : first + 80], maxsplit=1)[0]
    words = re.findall(rf"{LETTER}+", line)
    small = [word for word in words if word.islower() and not re.fullmatch(JOIN, word)]
    return len(words) <= 6 and not small and "@" not in line


def _extended_back(text: str, start: int, least: int) -> int:
    """Where the address begins: at a house number, or a street's name and number, right before the anchor."""
    window = max(least, start - _REACH_BACK)
    match = _BEFORE_IT.search(text[window:start])
    if match is None:
        return start
    number = re.search(r"\d{1,6}", match[0])
    if number is None:
        return start
    before = match[0][: number.start()].split()
    street = len(before) == 1 and not re.match(r"\d", text[start:])
    return window + match.start() + (0 if street else number.start())
