"""Finds signatures, and the footers of devices and mail programs, at the end of new text. Pure."""

import re

from ingestion.mail.client_words import closings, devices, folded, owners, programs
from ingestion.mail.line_parts import Part, first_written, last_written, mark, runs

_MOST_LINES = 30
_MOST_RUNS = 20
_WINDOW = 90
_LONGEST_FOOTER = 160
_MOST_FOOTER_WORDS = 14
_FEW_FOOTER_WORDS = 6
_LONGEST_SIGNED_LINE = 90
_BLOCK_LINES = 8
_NAME_WORDS = 3

_DELIMITER = re.compile(r"(?:--|—|–|__)$")
_RUN = re.compile(r"([-_=*~#—–─━])\1{2,100}$")
_UNDERLINE = 4
_LINK = re.compile(r"[<(\[]{0,2}(?:https?://|mailto:)\S{1,300}")
_CLAUSE = re.compile(r"[,;!?]|\.\s")
_CONTACT = re.compile(
    r"[^\s@]{1,64}@[^\s@]{1,200}\.\w|https?://|www\.\w|(?:\+|\(|\b)\d(?:[\s()./-]{0,2}\d){6,14}"
    r"|^(?:tel|phone|mob|mobile|cell|fax|t|m|f|skype)\b[.:]",
    re.IGNORECASE,
)
# Parts of names that are written small.
_NAME_PARTICLES = "de da do dos das del della der den di du el la le van von vom zu zum af av bin ibn al y e"
_PARTICLES = frozenset(_NAME_PARTICLES.split())
_NAME_WORD = re.compile(r"[^\W\d_][\w'’.-]{0,30}$")
_DASHED_NAME = re.compile(r"-{1,2}\s?[^\W\d_][\w'’.]{0,20}(?:\s[^\W\d_][\w'’.]{0,20})?$")
_FIELD = re.compile(r"[^\W\d_][\w .-]{1,30}:(?:\s|$)")
_SENTENCE_END = (".", "?", "!", "…", "。", "？", "！", "؟")


def mark_signatures(plain: list[str], parts: list[Part], *, alone: bool) -> None:
    """`alone`: no history follows the text.

    Only then a signature is told by its words alone. A reply may consist of the name and the number that it was
    asked for: above a history nothing is guessed.
    """
    new = list(runs(parts, Part.NEW))[-_MOST_RUNS:]
    unsigned = first_written(plain, 0, len(plain)) if alone else -1  # The first line signs nothing.
    for start, end in new:
        at = _marked_start(plain, max(start, unsigned + 1), end)
        if at < end:
            mark(parts, at, end, Part.SIGNATURE)
    if alone and new:
        start, end = new[-1]
        above = next((at for at in range(start, end) if parts[at] is Part.SIGNATURE), end)
        mark(parts, _guessed_start(plain, start, above), above, Part.SIGNATURE)


def _marked_start(plain: list[str], start: int, end: int) -> int:
    """Where a delimiter or a footer begins the signature of this run of new lines; `end` if nothing does."""
    for at in range(max(start, end - _WINDOW), end):
        if plain[at] and (_is_delimiter(plain, at, start, end) or is_device_footer(plain[at])):
            written = sum(1 for line in plain[at:end] if line)
            if written <= _MOST_LINES:
                return _with_rule_above(plain, start, at)
    return end


def _with_rule_above(plain: list[str], start: int, at: int) -> int:
    above = last_written(plain, start, at)
    return above if above > start and _RUN.match(plain[above]) else at


def _is_delimiter(plain: list[str], at: int, start: int, end: int) -> bool:
    if _DELIMITER.match(plain[at]):
        return True
    if not _RUN.match(plain[at]):
        return False
    underlines = at > start and bool(plain[at - 1]) and len(plain[at]) >= _UNDERLINE
    return not underlines and _looks_signed([line for line in plain[at + 1 : end] if line])


def _looks_signed(lines: list[str]) -> bool:
    """Short lines without sentences, among them how to reach somebody; or a name alone."""
    if not lines or any(len(line) > _LONGEST_SIGNED_LINE or _is_sentence(line) for line in lines):
        return False
    # A form of several fields says something.
    if sum(1 for line in lines if _FIELD.match(line) and not _CONTACT.search(line)) > 1:
        return False
    return any(_CONTACT.search(line) for line in lines) or (len(lines) <= 2 and _is_name(lines[0]))


def _is_sentence(line: str) -> bool:
    return line.endswith(_SENTENCE_END) and len(line.split()) > 5


def is_device_footer(line: str) -> bool:
    """ "Sent from my iPhone" and its kind, in any of the languages, with the name of a program or device."""
    if len(line) > _LONGEST_FOOTER:
        return False
    words = folded(line.strip("<>()[]*_~ -–—|."))
    if not any(pattern.match(words) for pattern in devices()):
        return False
    clause = _CLAUSE.split(_LINK.sub(" ", words))[0]
    said = clause.split()
    if not owners().isdisjoint(said) and len(said) <= _FEW_FOOTER_WORDS and clause == words:
        return True
    return len(said) <= _MOST_FOOTER_WORDS and bool(programs().search(words[: len(clause) + 10]))


def _guessed_start(plain: list[str], start: int, end: int) -> int:
    """Where the last lines are a sign-off with a name, a name behind a dash, or how to reach somebody."""
    first = first_written(plain, start, end)
    found = min(
        _signed_off_start(plain, first, end),
        _dashed_name_start(plain, first, end),
        _contacts_start(plain, first, end),
    )
    # Something has to be left that is signed.
    return found if found > first else end


def _signed_off_start(plain: list[str], start: int, end: int) -> int:
    below: list[str] = []
    for at in range(end - 1, max(start, end - _WINDOW) - 1, -1):
        if not plain[at]:
            continue
        if below and is_closing(plain[at]):
            named = _is_name(below[-1]) or (
                len(below) == 1 and _is_name(below[-1].title()) and " " not in below[-1]
            )
            return at if named or _looks_signed(below) else end
        below.append(plain[at])
        if len(below) > _BLOCK_LINES or len(plain[at]) > _LONGEST_SIGNED_LINE or _is_sentence(plain[at]):
            break
    return end


def is_closing(line: str) -> bool:
    """Whether the line is a sign-off phrase and nothing else."""
    if len(line) > _LONGEST_SIGNED_LINE:
        return False
    said = [re.sub(r"[^\w\s'&.]+", " ", one).strip(" .") for one in folded(line).split("/")]
    phrases = [" ".join(one.split()) for one in said if one]
    return bool(phrases) and all(phrase in closings() for phrase in phrases)


def _is_name(line: str) -> bool:
    words = [word.strip(",") for word in line.strip(" *_~/-–—.,!").split()]
    names = [word for word in words if folded(word) not in _PARTICLES]
    return 0 < len(names) <= _NAME_WORDS and all(
        _NAME_WORD.match(word) and not word[0].islower() for word in names
    )


def _dashed_name_start(plain: list[str], start: int, end: int) -> int:
    last = last_written(plain, start, end)
    above = last_written(plain, start, last)
    if last <= start or above < start or not _DASHED_NAME.match(plain[last]):
        return end
    # The last point of a list is no name.
    return end if plain[above].startswith(("-", "*", "•")) or plain[above].endswith(":") else last


def _contacts_start(plain: list[str], start: int, end: int) -> int:
    """A last paragraph of a name and how to reach it; or of a name alone, right above a footer."""
    last = last_written(plain, start, end)
    first = last
    while first > start and plain[first - 1]:
        first -= 1
    lines = plain[first : last + 1]
    above = last_written(plain, start, first)
    if first <= start or above < start or plain[above].endswith((":", ",")) or len(lines) > _BLOCK_LINES:
        return end
    if last + 1 == end < len(plain) and len(lines) == 1 and _is_name(lines[0]):
        return first
    reachable = sum(1 for line in lines if _CONTACT.search(line))
    named = len(lines) > 1 and not _CONTACT.search(lines[0]) and ":" not in lines[0]
    return first if named and reachable >= 2 and _looks_signed(lines) else end
