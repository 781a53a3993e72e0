"""The categories a message can have, and the examples that the local classifiers learn from, in all languages."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agent_core.classifier import Example
from agent_core.features import Text
from runtime.language import DEFAULT, LANGUAGES, language_of
from tickets.categories import FALLBACK, Category, built_in, known

_DATA = Path(__file__).parent / "data"
_FILE = _DATA / "taxonomy.toml"

__all__ = ["FALLBACK", "Taxonomy", "taxonomy"]


@dataclass(frozen=True)
class Taxonomy:
    """`english` and `others` are the examples of a target by name, the others by language first."""

    english: dict[str, dict[str, tuple[str, ...]]]
    others: dict[str, dict[str, dict[str, tuple[str, ...]]]]
    none_of_these: tuple[str, ...]

    @property
    def categories(self) -> dict[str, Category]:
        """All that there are or were; the local classifiers tell the built-in ones apart."""
        return known()

    def category_examples(self) -> list[Example]:
        """Those of every category, and texts that belong to none of them."""
        known = self._examples("categories")
        return known + [Example(Text(text, language_of(text)), None) for text in self.none_of_these]

    def sentiment_examples(self) -> list[Example]:
        return self._examples("sentiment")

    def priority_examples(self) -> list[Example]:
        return self._examples("priority")

    def _examples(self, target: str) -> list[Example]:
        listed: Mapping[str, dict[str, tuple[str, ...]]] = {
            DEFAULT: self.english[target],
            **self.others.get(target, {}),
        }
        return [
            Example(Text(text, language), name)
            for language, by_name in listed.items()
            for name, texts in by_name.items()
            for text in texts
        ]


@lru_cache(maxsize=1)
def taxonomy() -> Taxonomy:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Taxonomy(
        english={
            "categories": {name: tuple(raw["categories"][name]["examples"]) for name in built_in()},
            "sentiment": {name: tuple(examples) for name, examples in raw["sentiment"].items()},
            "priority": {name: tuple(examples) for name, examples in raw["priority"].items()},
        },
        others=_others(frozenset(built_in())),
        none_of_these=_lines((_DATA / "none_of_these.txt").read_text(encoding="utf-8")),
    )


def _others(known: frozenset[str]) -> dict[str, dict[str, dict[str, tuple[str, ...]]]]:
    """Examples of categories that a desk's own taxonomy does not have are left out."""
    found: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {"categories": {}, "sentiment": {}}
    for language in LANGUAGES:
        file = _DATA / "examples" / f"{language}.toml"
        if not file.exists():
            continue
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        for target, by_language in found.items():
            by_language[language] = {
                name: _lines(texts)
                for name, texts in raw[target].items()
                if target != "categories" or name in known
            }
    return found


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
