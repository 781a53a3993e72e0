"""Concepts that must not stand for one another, from the word lists' `opposites.toml`."""

import tomllib
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "wording" / "opposites.toml"


def flips() -> tuple[tuple[str, ...], ...]:
    """Pairs of which one is the other's negation."""
    return _groups("flips")


def rivals() -> tuple[tuple[str, ...], ...]:
    """Groups of alternatives."""
    return _groups("rivals")


@lru_cache(maxsize=1)
def loose() -> frozenset[str]:
    """What relates things more than it names one: before, more, first."""
    return frozenset().union(*_groups("loose"))


def opposites_of(keys: frozenset[str]) -> frozenset[str]:
    groups = (*flips(), *rivals())
    return frozenset(other for group in groups if not keys.isdisjoint(group) for other in group)


@lru_cache(maxsize=4)
def _groups(name: str) -> tuple[tuple[str, ...], ...]:
    groups = tomllib.loads(_FILE.read_text(encoding="utf-8"))[name]
    return tuple(tuple(f"@{label}" for label in group) for group in groups)
