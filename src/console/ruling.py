"""What the console asks of whoever knows the agent: its rules, its steps, and why a ticket went where it did.

The application hands it to `pages.install`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import Request


@dataclass(frozen=True)
class RuleLine:
    """A rule in the order they are asked. `asked` says when, `source` where it comes from."""

    key: str
    reason: str
    asked: str
    condition: str
    source: str


@dataclass(frozen=True)
class Asked:
    """What one rule says of a ticket."""

    reason: str
    applies: bool
    because: str


@dataclass(frozen=True)
class Explained:
    """`recorded` is the reason at the time, `now` that of the rules in force; empty: the agent may reply."""

    ticket: str
    recorded: str
    now: str
    rules: Sequence[Asked]


@dataclass(frozen=True)
class Flag:
    """A step of the agent that can be switched off."""

    name: str
    is_on: bool


# What the form calls the thresholds, and the conditions of a desk's own rule.
THRESHOLDS: dict[str, str] = {
    "min_confidence": "Least confidence",
    "min_support": "Least share of proven claims",
    "max_turns": "Most customer messages",
    "max_negative": "Sentiment at or below",
    "replies_per_hour": "Automatic replies an hour",
    "vip_to_staff": "VIP customers to staff",
}
CONDITIONS: dict[str, str] = {
    "words": "Words",
    "category": "Categories",
    "language": "Languages",
    "channel": "Channels",
    "tier": "Tiers",
    "priority": "Priorities",
}


@dataclass(frozen=True)
class Switch:
    """A built-in rule; one that is fixed is always on."""

    key: str
    is_on: bool
    is_fixed: bool = False


@dataclass(frozen=True)
class OwnRule:
    """A rule of the desk's own, each condition with its values, separated by commas."""

    name: str
    reason: str
    is_on: bool
    conditions: Mapping[str, str]


@dataclass(frozen=True)
class RulesForm:
    """The rules as fields. `usual`: what holds where a threshold is empty."""

    switches: tuple[Switch, ...]
    thresholds: Mapping[str, str]
    category_confidence: str
    own: tuple[OwnRule, ...]
    usual: Mapping[str, str] = field(default_factory=dict)


class Ruling(Protocol):
    """Each function opens transactions of its own."""

    def list_rules(self) -> Sequence[RuleLine]: ...

    def rules_text(self) -> str:
        """The TOML in force; empty when the built-in rules alone hold."""

    def check_rules(self, text: str) -> None:
        """Raises InvalidInput naming the line that is wrong."""

    def rules_form(self) -> RulesForm:
        """The rules in force."""

    def text_of_form(self, form: RulesForm) -> str:
        """The TOML that says what the form says. Raises InvalidInput naming the field."""

    def explain(self, ticket: str) -> Explained:
        """Asks a model, if there is one. Raises NotFound."""

    def list_flags(self) -> Sequence[Flag]: ...

    def modes(self) -> Mapping[str, str]:
        """What the agent does with each category in use: off, draft or auto."""

    def check_agent(self, document: Mapping[str, Any]) -> None:
        """Raises InvalidInput."""


def use(request: Request) -> Ruling | None:
    """None in an application that was given none."""
    kept: Ruling | None = getattr(request.app.state, "ruling", None)
    return kept
