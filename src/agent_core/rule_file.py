"""Reads a desk's escalation rules from the TOML file that DESKFLEET_AGENT_RULES_FILE names, and says what is wrong.

The file may hold `order`, `off`, a table of thresholds, and [[rule]] tables: a reason, and when it applies.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent_core.desk_rules import When, desk_rule
from agent_core.escalation import RULES, Rule, RuleBook, Thresholds
from agent_core.routing import category_names
from runtime import desk_settings
from runtime.desk_settings import Document
from runtime.errors import SettingError
from runtime.settings import settings
from tickets.contracts import Reason

_Mistake = tuple[tuple[int | str, ...], str]

_VARIABLE = "DESKFLEET_AGENT_RULES_FILE"
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=1)]
# Reasons that something else than a rule gives: a switch, the draft, or what happens to a ticket afterwards.
_NAMEABLE = frozenset(
    {rule.reason for rule in RULES if not rule.needs_draft}
    - {Reason.AGENT_OFF, Reason.CATEGORY_OFF, Reason.TOOL_FAILURE, Reason.REPLY_CAP}
    | {Reason.DESK_RULE, Reason.SUSPICIOUS, Reason.LOW_CONFIDENCE}
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Thresholds(_Strict):
    min_confidence: _Share | None = None
    min_support: _Share | None = None
    max_turns: _Count | None = None
    max_negative: Annotated[float, Field(ge=-1, le=0)] | None = None
    vip_to_staff: bool | None = None
    replies_per_hour: _Count | None = None
    category_confidence: dict[str, _Share] | None = None


class _Rule(_Strict):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")
    reason: Reason
    when: When


class RuleFile(_Strict):
    """What a file holds."""

    order: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    thresholds: _Thresholds = _Thresholds()
    rule: tuple[_Rule, ...] = Field((), max_length=100)

    @model_validator(mode="before")
    @classmethod
    def _name_all(cls, given: Any) -> Any:  # noqa: ANN401  # TOML before it is checked
        """A rule without a name is called by its place."""
        rules = given.get("rule") if isinstance(given, dict) else None
        if not isinstance(rules, list):
            return given
        named = [
            {"name": f"rule_{place}"} | rule if isinstance(rule, dict) else rule
            for place, rule in enumerate(rules, start=1)
        ]
        return given | {"rule": named}


def check() -> None:
    """Raises SettingError when there is a file and something is wrong with it."""
    if path := settings().agent.rules_file:
        read(path)


def rule_book(path: Path | None, usual: Thresholds) -> RuleBook:
    """The rules in the order they are asked; without a file the built-in ones. Raises SettingError."""
    listed = _instead.get() or _of_admins() or (read(path) if path else None)
    if listed is None:
        return RuleBook(RULES, usual)
    changed = {name: value for name, value in listed.thresholds if value is not None}
    return RuleBook(_ordered(listed), replace(usual, **changed))


_instead: ContextVar[RuleFile | None] = ContextVar("rules", default=None)


@contextmanager
def instead(listed: RuleFile | None) -> Iterator[None]:
    """Within, these are the rules, whatever file is set; None: those that held before."""
    token = _instead.set(listed or _instead.get())
    try:
        yield
    finally:
        _instead.reset(token)


def text_in_force() -> str | None:
    """What admins wrote, else the file; None: neither is there, and the built-in rules hold."""
    if changed := desk_settings.current(Document.RULES):
        return str(json.loads(changed)["text"])
    path = settings().agent.rules_file
    return path.read_text(encoding="utf-8-sig") if path else None


def _of_admins() -> RuleFile | None:
    changed = desk_settings.current(Document.RULES)
    return parse(json.loads(changed)["text"]) if changed else None


@lru_cache(maxsize=4)
def read(path: Path) -> RuleFile:
    """Raises SettingError naming the line, or the field, that is wrong."""
    try:
        return parse(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise _wrong(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise _wrong(f"{path} is not TOML ({error})") from None


@lru_cache(maxsize=8)
def parse(text: str, name: str = "the rules") -> RuleFile:
    """The same of what a file holds."""
    try:
        listed = RuleFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"{name} is not TOML ({error})") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _wrong(f"{name}, {_place(text, first['loc'])}: {first['msg']}") from None
    for place, what in mistakes(listed):
        raise _wrong(f"{name}, {_place(text, place)}: {what}")
    return listed


def mistakes(listed: RuleFile) -> Iterator[_Mistake]:
    """What the types cannot know, with the place of each."""
    built_in = {rule.key: rule for rule in RULES}
    yield from _in_rules(listed.rule, built_in)
    known = {*built_in, *(rule.name for rule in listed.rule)}
    yield from _in_names("order", listed.order, known)
    yield from _in_names("off", listed.off, known)
    for name in listed.off:
        if name in built_in and built_in[name].fixed:
            yield ("off",), f"{name} cannot be switched off"
    for name in listed.thresholds.category_confidence or {}:
        if name not in category_names():
            yield ("thresholds", "category_confidence", name), "there is no such category"


def _in_rules(rules: tuple[_Rule, ...], built_in: Mapping[str, Rule]) -> Iterator[_Mistake]:
    names = [rule.name for rule in rules]
    for number, rule in enumerate(rules):
        if rule.name in built_in or names.index(rule.name) != number:
            yield ("rule", number, "name"), f"{rule.name} is the name of another rule"
        if rule.reason not in _NAMEABLE:
            yield ("rule", number, "reason"), f"use one of {', '.join(sorted(_NAMEABLE))}"
        for place, what in rule.when.mistakes():
            where: tuple[int | str, ...] = ("rule", number, "when", *place)
            yield where, what


def _in_names(field: str, chosen: tuple[str, ...], known: set[str]) -> Iterator[_Mistake]:
    for name in chosen:
        if name not in known:
            yield (field,), f"there is no rule {name[:60]!r}"
        if chosen.count(name) > 1:
            yield (field,), f"{name} is named twice"


def _ordered(listed: RuleFile) -> tuple[Rule, ...]:
    """Those that are named first; the others keep their places, a desk's own behind the built-in ones.

    What looks at the draft comes last: it is asked when the others have let the message pass.
    """
    own = tuple(desk_rule(one.name, one.reason, one.when) for one in listed.rule)
    kept = [rule for rule in (*RULES, *own) if rule.key not in listed.off]
    places = {name: place for place, name in enumerate(listed.order)}
    return tuple(sorted(kept, key=lambda rule: (rule.needs_draft, places.get(rule.key, len(places)))))


def _place(text: str, where: tuple[int | str, ...]) -> str:
    """`rule 2 (line 14), when.tier`: TOML's reader knows no lines of values, so the table's own line is told."""
    head, number = str(where[0]), where[1] if len(where) > 1 else None
    is_rule = head == "rule" and isinstance(number, int)
    begins = re.compile(r"\s*\[\[\s*rule\s*\]\]" if is_rule else rf"\s*(?:\[\s*)?{re.escape(head)}\b")
    lines = [n for n, line in enumerate(text.splitlines(), start=1) if begins.match(line)]
    index = number if is_rule and isinstance(number, int) else 0
    line = f" (line {lines[index]})" if index < len(lines) else ""
    if is_rule:
        rest = ".".join(str(part) for part in where[2:])
        return f"rule {index + 1}{line}" + (f", {rest}" if rest else "")
    return ".".join(str(part) for part in where) + line


def _wrong(what: str) -> SettingError:
    return SettingError(f"The setting {_VARIABLE} is wrong: {what}.", field=_VARIABLE)
