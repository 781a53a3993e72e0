"""The variables of templates: which there are, what is wrong with a text, and how it reads for a case. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from runtime.errors import InvalidInput

_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
LONGEST = 20_000


class Variable(StrEnum):
    CUSTOMER_NAME = "customer_name"
    CUSTOMER_FIRST_NAME = "customer_first_name"
    TICKET_ID = "ticket_id"
    SUBJECT = "subject"
    ORDER_ID = "order_id"
    STAFF_NAME = "staff_name"
    DESK_NAME = "desk_name"


@dataclass(frozen=True)
class Filled:
    """A text for a case; what of it has no value stays as `{{name}}` and is named in `missing`."""

    text: str
    missing: tuple[str, ...]


def check(text: str) -> str:
    """The text as it is kept. Raises InvalidInput naming what is wrong."""
    kept = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not kept or len(kept) > LONGEST:
        raise InvalidInput(f"A template's text has 1 to {LONGEST} characters.", field="text")
    known = ", ".join(Variable)
    for name in _VARIABLE.findall(kept):
        if name not in list(Variable):
            raise InvalidInput(f"There is no variable {name[:40]!r}; use one of {known}.", field="text")
    if _BRACES.search(_VARIABLE.sub("", kept)):
        raise InvalidInput("A variable is written {{name}}: a brace is missing.", field="text")
    return kept


def fill(text: str, values: Mapping[str, str]) -> Filled:
    missing: dict[str, None] = {}

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1], "").strip()
        if not found:
            missing[match[1]] = None
        return found or match[0]

    return Filled(_VARIABLE.sub(value, text), tuple(missing))


def refuse_unfilled(text: str) -> None:
    """Raises InvalidInput for a reply in which a variable still stands."""
    for name in _VARIABLE.findall(text):
        if name in list(Variable):
            raise InvalidInput(f"Fill in {{{{{name}}}}} first.", field="text")


def kept_share(template: str, sent: str) -> float:
    """The share of the template's words that went out, in their order: 1 is unchanged, 0 is written anew."""
    before, after = template.split(), sent.split()
    if not before:
        return 0.0
    matching = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return sum(block.size for block in matching) / len(before)
