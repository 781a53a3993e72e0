"""Tells the quoted history of a mail from its new lines. Pure; lines as `plain_lines` makes them."""

import re
from dataclasses import dataclass, field

from ingestion.mail.line_parts import Part, first_written, last_written, mark
from ingestion.mail.quote_headers import (
    Heading,
    Kind,
    closes_address,
    heading_at,
    is_rule,
    may_be_heading,
)

_MOST_TRIES = 1_000
_LONG_LINE = 60
_POINTING_WORDS = 3
_ONLY_LINK = re.compile(r"[<(\[]?https?://\S{1,400}[>)\]]?\s?>?$")


@dataclass
class History:
    """`heading` is the first one; `attributed` says that lines with ">" are history, whoever wrote them."""

    parts: list[Part]
    heading: Heading | None = None
    attributed: bool = False
    tries: int = field(default=0, repr=False)


def find_history(plain: list[str]) -> History:
    history = History([Part.NEW] * len(plain))
    at = floor = 0
    while at < len(plain):
        if plain[at].startswith(">") and not closes_address(plain, at):
            end = quotation_end(plain, at)
            mark(history.parts, at, end, Part.EXCERPT)
            history.attributed |= _holds_heading(plain[at : min(end, at + 8)])
            at = floor = end
            continue
        heading = _heading(history, plain, at, floor)
        at += 1
        if heading:
            at = floor = _mark_quotation(history, plain, heading, floor)
    return history


def _heading(history: History, plain: list[str], at: int, floor: int) -> Heading | None:
    if history.tries >= _MOST_TRIES or not (may_be_heading(plain[at]) or plain[at].startswith(">")):
        return None
    history.tries += 1
    return heading_at(plain, at, floor=floor)


def _mark_quotation(history: History, plain: list[str], heading: Heading, floor: int) -> int:
    """A heading, the rules above it and what it is about: the lines with ">" below, or all that follows."""
    history.heading = history.heading or heading
    below = first_written(plain, heading.end, len(plain))
    quoted = below < len(plain) and plain[below].startswith(">")
    end = quotation_end(plain, below) if quoted else len(plain)
    history.attributed = True
    mark(history.parts, _start_with_rules(plain, heading.start, floor), end, Part.QUOTED)
    return end


def _start_with_rules(plain: list[str], start: int, floor: int) -> int:
    above = last_written(plain, floor, start)
    return above if above >= floor and is_rule(plain[above]) else start


def quotation_end(plain: list[str], at: int) -> int:
    """The end of the lines with ">" that begin here. Blank lines and wrapped ones between them belong to them."""
    end = at
    here = at
    while here < len(plain):
        if plain[here].startswith(">"):
            end = here = here + 1
        elif not plain[here] or _is_wrapped(plain, here):
            here += 1
        else:
            break
    return end


def _is_wrapped(plain: list[str], at: int) -> bool:
    """Whether the line is the rest of the quoted one above it, which a mail program has broken in two."""
    above, line = plain[at - 1], plain[at]
    if not above.startswith(">") or at + 1 >= len(plain) or not plain[at + 1].startswith(">"):
        return False
    goes_on = len(above) >= _LONG_LINE and above[-1] not in ".?!:" and line[0].islower()
    in_brackets = above.count("(") > above.count(")") and ")" in line
    return goes_on or in_brackets or bool(_ONLY_LINK.match(line))


def _holds_heading(quoted: list[str]) -> bool:
    """Whether a quotation begins with who wrote it; then it is history."""
    inner = [line.lstrip("> ") for line in quoted]
    return any(
        may_be_heading(inner[at]) and heading_at(inner, at, floor=0) is not None for at in range(len(inner))
    )


def settle_excerpts(history: History, plain: list[str], *, chosen: bool = True) -> None:
    """Lines with ">" that nothing attributes and that are answered below are `chosen` by the writer."""
    new = [at for at, part in enumerate(history.parts) if part is Part.NEW and plain[at]]
    last_new = new[-1] if new and chosen and not history.attributed else -1
    for at, part in enumerate(history.parts):
        if part is Part.EXCERPT:
            history.parts[at] = Part.NEW if at < last_new else Part.QUOTED


def keep_something(history: History, plain: list[str]) -> None:
    """A mail that only forwards, only quotes or only signs keeps that as its text; a bare reply stays empty."""
    new = [plain[at] for at, part in enumerate(history.parts) if part is Part.NEW and plain[at]]
    heading = history.heading
    if heading is None:
        if not new and not history.attributed:
            history.parts[:] = [Part.NEW] * len(plain)
    elif not new:
        _keep_quoted(history, plain, heading)
    elif heading.kind is Kind.FORWARD and len(" ".join(new).split()) <= _POINTING_WORDS:
        # "FYI" above a forwarded mail says only that the mail is the message.
        mark(history.parts, heading.start, len(plain), Part.NEW)


def _keep_quoted(history: History, plain: list[str], heading: Heading) -> None:
    below = first_written(plain, heading.end, len(plain))
    if below < len(plain) and (heading.kind is Kind.FORWARD or not plain[below].startswith(">")):
        mark(history.parts, below, len(plain), Part.NEW)
