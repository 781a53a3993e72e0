"""What a customer is told about codes, in their language. The sentences are in `proof_texts.toml`."""

import tomllib
from functools import lru_cache
from pathlib import Path

from runtime.language import DEFAULT

_FILE = Path(__file__).with_name("proof_texts.toml")


def text_of(name: str, language: str, **values: object) -> str:
    """A sentence with its values, in English where the language is not known."""
    texts = _texts()
    return texts.get(language, texts[DEFAULT])[name].format(**values)


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return texts
