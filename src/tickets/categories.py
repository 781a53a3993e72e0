"""What a message can be about: the one list of categories that the agent, the pages and the API share.

The file holds the built-in ones; admins rename and retire them, and add others.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from runtime import desk_settings
from runtime.desk_settings import Document
from runtime.errors import InvalidInput

_FILE = Path(__file__).parent / "categories.toml"


@dataclass(frozen=True)
class Category:
    """`group` is technical, billing or general. `queue`: the staff queue that admins named; empty: as queues ask."""

    name: str
    group: str
    title: str
    description: str
    queue: str = ""


FALLBACK = "general_inquiry"  # The category of what belongs to no other one: it is never retired.
GROUPS = ("technical", "billing", "general")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,59}")
_LONGEST_TITLE, _LONGEST_DESCRIPTION, _MOST = 60, 400, 100


def categories() -> dict[str, Category]:
    """Those in use, by name."""
    return _in_use(desk_settings.current(Document.TAXONOMY))


def known() -> dict[str, Category]:
    """The same with those that were retired: tickets may still have them."""
    return _known(desk_settings.current(Document.TAXONOMY))


@lru_cache(maxsize=4)
def _in_use(changed: str | None) -> dict[str, Category]:
    retired = {name for name, one in json.loads(changed or "{}").items() if one.get("retired")}
    return {name: one for name, one in _known(changed).items() if name not in retired}


@lru_cache(maxsize=4)
def _known(changed: str | None) -> dict[str, Category]:
    return built_in() | {name: _category(name, one) for name, one in json.loads(changed or "{}").items()}


def _category(name: str, one: Mapping[str, Any]) -> Category:
    return Category(name, one["group"], one["title"], one["description"], one.get("queue", ""))


def check(document: Mapping[str, Mapping[str, Any]]) -> None:
    """What admins make of it: by name `title`, `description`, `group`, `retired`, `queue`. Raises InvalidInput."""
    if len(document) > _MOST:
        raise InvalidInput(f"There can be {_MOST} categories.", field="name")
    for name, one in document.items():
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                "A name has small letters, digits and underscores, and begins with a letter.", field="name"
            )
        if one["group"] not in GROUPS:
            raise InvalidInput(f"A group is {', '.join(GROUPS)}.", field="group")
        _check_words(one["title"], "title", _LONGEST_TITLE)
        _check_words(one["description"], "description", _LONGEST_DESCRIPTION)
        if one.get("retired") and name == FALLBACK:
            raise InvalidInput("The category of everything else cannot be retired.", field="retired")


def _check_words(said: str, field: str, longest: int) -> None:
    if not said.strip() or len(said) > longest or not said.isprintable():
        raise InvalidInput(f"The {field} has 1 to {longest} characters in one line.", field=field)


@lru_cache(maxsize=1)
def built_in() -> dict[str, Category]:
    """By name, as the file has them: those that the local classifiers have learned."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: Category(name, **given) for name, given in raw.items()}


def checked(name: str) -> str:
    """The name of a category; raises InvalidInput for any other."""
    if name not in categories():
        known = ", ".join(categories())
        raise InvalidInput(f"There is no category {name[:40]!r}; use one of {known}.", field="category")
    return name
