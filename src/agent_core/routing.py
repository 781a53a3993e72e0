"""Which way a message goes, as the settings have it: the mode of its category, and the steps that are switched on."""

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from agent_core.escalation import Mode
from runtime.errors import SettingError
from runtime.settings import settings
from tickets.categories import known

Value = TypeVar("Value")

_ALL_OTHERS = "*"


class Step(StrEnum):
    """What can be switched off. The output filter cannot, and fences around strangers' texts stay.

    Without `draft` staff get every message at once; without `grounding_strict` unproven sentences stay in the draft,
    so that it is never sent without staff.
    """

    GUARD = "guard"
    SHOP = "shop"
    SEARCH = "search"
    DRAFT = "draft"
    GROUNDING_STRICT = "grounding_strict"


def category_names() -> frozenset[str]:
    """Also of retired ones: what names them goes on to be right."""
    return frozenset(known())


def mode_of(category: str) -> Mode:
    """Of the settings, or less where a step is off that a reply must not go without."""
    if not is_on(Step.DRAFT):
        return Mode.OFF
    modes = _modes(settings().agent.modes)
    mode = modes.get(category, modes.get(_ALL_OTHERS, Mode.AUTO))
    return Mode.DRAFT if mode is Mode.AUTO and not is_on(Step.GROUNDING_STRICT) else mode


def category_confidence() -> dict[str, float]:
    """The least confidence of the categories that have one of their own."""
    return dict(_confidence(settings().agent.category_confidence))


def is_on(step: Step) -> bool:
    return step in _steps(settings().agent.steps)


def told(category: str) -> str:
    """The mode and the flags, for the record of a decision."""
    off = [step.value for step in Step if not is_on(step)]
    return f"mode: {mode_of(category)}; steps off: {', '.join(off) or 'none'}"


def check() -> None:
    """Raises SettingError with one sentence that names the setting and what of it is wrong."""
    agent = settings().agent
    _steps(agent.steps)
    _modes(agent.modes)
    _confidence(agent.category_confidence)


@lru_cache(maxsize=4)
def _modes(given: str) -> dict[str, Mode]:
    variable = "DESKFLEET_AGENT_MODES"

    def read(name: str, value: str) -> Mode:
        if value not in list(Mode):
            raise _wrong(variable, f"{name} cannot be {value[:40]!r}; use {', '.join(Mode)}")
        return Mode(value)

    return _pairs(variable, given, read)


@lru_cache(maxsize=4)
def _confidence(given: str) -> dict[str, float]:
    variable = "DESKFLEET_AGENT_CATEGORY_CONFIDENCE"

    def read(name: str, value: str) -> float:
        if name == _ALL_OTHERS:
            raise _wrong(variable, "the threshold of all categories is DESKFLEET_AGENT_MIN_CONFIDENCE")
        try:
            least = float(value)
        except ValueError:
            least = -1.0
        if not 0 <= least <= 1:
            raise _wrong(variable, f"{name} needs a number from 0 to 1, not {value[:40]!r}")
        return least

    return _pairs(variable, given, read)


@lru_cache(maxsize=4)
def _steps(given: str) -> frozenset[Step]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in list(Step):
            raise _wrong("DESKFLEET_AGENT_STEPS", f"there is no step {name[:40]!r}; use {', '.join(Step)}")
    return frozenset(Step(name) for name in names)


def _pairs(variable: str, given: str, read: Callable[[str, str], Value]) -> dict[str, Value]:
    """`category=value, …`; a star stands for all other categories."""
    pairs: dict[str, Value] = {}
    for part in (part.strip() for part in given.split(",")):
        if not part:
            continue
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise _wrong(variable, f"{part[:40]!r} is not category=value")
        if name != _ALL_OTHERS and name not in category_names():
            known = ", ".join(sorted(category_names()))
            raise _wrong(variable, f"there is no category {name[:40]!r}; use one of {known}")
        if name in pairs:
            raise _wrong(variable, f"{name} is named twice")
        pairs[name] = read(name, value)
    return pairs


def _wrong(variable: str, what: str) -> SettingError:
    return SettingError(f"The setting {variable} is wrong: {what}.", field=variable)
