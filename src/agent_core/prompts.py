"""The prompts in `prompts/*.md`: a system part, a line of `---`, and a user part with {placeholders}."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llm.ask import Prompt

_FOLDER = Path(__file__).parent / "prompts"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class _Template:
    system: str
    user: str
    version: str


def names() -> list[str]:
    return sorted(file.stem for file in _FOLDER.glob("*.md"))


_instead: ContextVar[Mapping[str, str] | None] = ContextVar("prompts", default=None)


@contextmanager
def instead(texts: Mapping[str, str]) -> Iterator[None]:
    """Within, these are the texts of the prompts that they name."""
    token = _instead.set({**(_instead.get() or {}), **texts})
    try:
        yield
    finally:
        _instead.reset(token)


def text_of(name: str) -> str:
    """As it stands in its file, or as `instead` has it."""
    return (_instead.get() or {}).get(name) or _stored(name)


def placeholders(raw: str) -> set[str]:
    return set(_PLACEHOLDER.findall(raw.partition("\n---\n")[2]))


@lru_cache
def _stored(name: str) -> str:
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def _template(raw: str) -> _Template:
    system, _, user = raw.partition("\n---\n")
    return _Template(system.strip(), user.strip(), hashlib.sha256(raw.encode()).hexdigest()[:12])


def prompt(template_name: str, /, **values: str) -> Prompt:
    """The prompt with its values filled in once: a value that holds a placeholder stays as it is."""
    template = _template(text_of(template_name))

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group()), text)

    return Prompt(system=fill(template.system), user=fill(template.user), version=template.version)
