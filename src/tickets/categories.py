"""What a message can be about: the one list of categories that the agent, the pages and the API share."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from runtime.errors import InvalidInput

_FILE = Path(__file__).parent / "categories.toml"


@dataclass(frozen=True)
class Category:
    """`group` is technical, billing or general."""

    name: str
    group: str
    title: str
    description: str


@lru_cache(maxsize=1)
def categories() -> dict[str, Category]:
    """By name."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: Category(name, **given) for name, given in raw.items()}


def checked(name: str) -> str:
    """The name of a category; raises InvalidInput for any other."""
    if name not in categories():
        known = ", ".join(categories())
        raise InvalidInput(f"There is no category {name[:40]!r}; use one of {known}.", field="category")
    return name
