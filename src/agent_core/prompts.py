"""The prompts in `prompts/*.md`: a system part, a line of `---`, and a user part with {placeholders}."""

import hashlib
import re
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


@lru_cache
def _template(name: str) -> _Template:
    raw = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    system, _, user = raw.partition("\n---\n")
    return _Template(system.strip(), user.strip(), hashlib.sha256(raw.encode()).hexdigest()[:12])


def prompt(template_name: str, /, **values: str) -> Prompt:
    """The prompt with its values filled in once: a value that holds a placeholder stays as it is."""
    template = _template(template_name)

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group()), text)

    return Prompt(system=fill(template.system), user=fill(template.user), version=template.version)
