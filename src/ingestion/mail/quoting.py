"""Splits a mail's text into what is new, quoted history, signature and disclaimer. Pure."""

from dataclasses import dataclass

from ingestion.mail.disclaimers import mark_disclaimers
from ingestion.mail.history import find_history, keep_something, settle_excerpts
from ingestion.mail.line_parts import Part, plain_lines
from ingestion.mail.quote_headers import separate_headings
from ingestion.mail.signatures import mark_signatures

# What is below counts as quoted: nobody writes so much, and a stranger's text has to be split in little time.
_MOST_LINES = 50_000


@dataclass(frozen=True)
class Split:
    """Every written line of the text is in exactly one of these, in its order."""

    new_text: str
    quoted_text: str
    signature: str
    disclaimer: str


def split_parts(text: str, *, history_follows: bool = False) -> Split:
    """`history_follows`: the text stood above a quotation that has been taken off already, as from HTML."""
    lines = text.replace("\r\n", "\n").split("\n", maxsplit=_MOST_LINES)
    unread = lines.pop() if len(lines) > _MOST_LINES else ""
    lines = separate_headings(lines)
    plain = plain_lines(lines)
    history = find_history(plain)
    parts = history.parts
    mark_disclaimers(plain, parts)
    mark_signatures(plain, parts, alone=not (history_follows or history.heading))
    settle_excerpts(history, plain)
    keep_something(history, plain)
    return Split(
        new_text=_joined(lines, parts, Part.NEW).strip(),
        quoted_text="\n".join((_joined(lines, parts, Part.QUOTED), unread)).strip(),
        signature=_joined(lines, parts, Part.SIGNATURE).strip(),
        disclaimer=_joined(lines, parts, Part.DISCLAIMER).strip(),
    )


def _joined(lines: list[str], parts: list[Part], wanted: Part) -> str:
    return "\n".join(line.rstrip() for line, part in zip(lines, parts, strict=True) if part is wanted)
