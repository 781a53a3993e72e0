"""A desk's own rule of escalation: conditions that all have to hold, each with the values that fulfil it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agent_core.escalation import Facts, Rule, Thresholds
from agent_core.routing import category_names
from runtime.language import LANGUAGES
from tickets.contracts import Channel, Priority, Reason

_Word = Annotated[str, Field(min_length=1, max_length=80)]
_Words = Annotated[tuple[_Word, ...], Field(min_length=1, max_length=300)]
_UNSPACED = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
_MOST_CHARACTERS = 50_000


class When(BaseModel):
    """Of each list one value must fit, and every list that is given must. `words` are looked for in the message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: _Words | None = None
    category: _Words | None = None
    language: _Words | None = None
    channel: Annotated[tuple[Channel, ...], Field(min_length=1)] | None = None
    priority: Annotated[tuple[Priority, ...], Field(min_length=1)] | None = None
    words: _Words | None = None

    def mistakes(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What the types cannot know."""
        if all(given is None for _name, given in self):
            yield (), "name at least one condition"
        for name in self.category or ():
            if name not in category_names():
                yield ("category",), f"there is no category {name!r}"
        for code in self.language or ():
            if code not in LANGUAGES:
                yield ("language",), f"there is no language {code!r}; use {', '.join(LANGUAGES)}"
        if any(not word.strip() for word in self.words or ()):
            yield ("words",), "a word is empty"


@dataclass(frozen=True)
class _Condition:
    """One line of a rule: what a message must have, and which of the facts is looked at."""

    name: str
    values: tuple[str, ...]
    pattern: re.Pattern[str] | None = None

    def seen(self, facts: Facts) -> str:
        """What of the message fulfils it, or nothing."""
        if self.pattern:
            found = self.pattern.search(_folded(facts.said[:_MOST_CHARACTERS]))
            return found.group() if found else ""
        value = _ASKED[self.name](facts)
        return value if value in self.values else ""


_ASKED: Mapping[str, Callable[[Facts], str]] = {
    "tier": lambda facts: facts.customer_tier.casefold(),
    "category": lambda facts: facts.category,
    "language": lambda facts: facts.language,
    "channel": lambda facts: facts.channel,
    "priority": lambda facts: facts.priority,
}


def desk_rule(name: str, reason: Reason, when: When) -> Rule:
    """A rule as the others are, from what a file says."""
    conditions = tuple(_conditions(when))

    def applies(facts: Facts, _thresholds: Thresholds) -> bool:
        return all(one.seen(facts) for one in conditions)

    def because(facts: Facts, _thresholds: Thresholds) -> str:
        return "; ".join(f"{one.name}: {one.seen(facts) or 'does not fit'}" for one in conditions)

    said = "; ".join(f"{one.name}: {', '.join(one.values)}" for one in conditions)
    return Rule(reason, applies, because, lambda _thresholds: said, name=name, source="rules file")


def _conditions(when: When) -> Iterator[_Condition]:
    for name, values in when:
        if values is None:
            continue
        folded = tuple(_folded(str(value)).strip() for value in values)
        yield _Condition(name, folded, _pattern(folded) if name == "words" else None)


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Whole words; Japanese and Chinese have no spaces to tell them by."""
    longest_first = sorted(words, key=len, reverse=True)
    spaced = "|".join(re.escape(word) for word in longest_first if not _UNSPACED.search(word))
    unspaced = [re.escape(word) for word in longest_first if _UNSPACED.search(word)]
    return re.compile("|".join(unspaced + ([rf"(?<!\w)(?:{spaced})(?!\w)"] if spaced else [])))


def _folded(text: str) -> str:
    # The Turkish capital İ would casefold to an i with a combining dot, which no word is written with.
    return re.sub(r"\s+", " ", text.replace("İ", "i").casefold().replace("’", "'"))
