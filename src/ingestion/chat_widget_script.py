"""The widget as the one file that a page loads: the parts of `chat_widget` in one function, put together once.

It carries the English words; those of another language are a second, small file that only its readers load.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("chat_widget")
# The parts share one scope, so each name stands for one thing in all of them. The last one begins to act.
_PARTS = (
    "storage",
    "options",
    "elements",
    "outbox",
    "connection",
    "uploads",
    "messages",
    "rating",
    "layout",
    "widget",
)


@dataclass(frozen=True)
class WidgetScript:
    """The file, plain and packed by gzip, each with the entity tag of its very bytes."""

    content: bytes
    tag: str
    packed: bytes
    packed_tag: str


@lru_cache(maxsize=1)
def widget_script() -> WidgetScript:
    content = _compose().encode()
    packed = gzip.compress(content, compresslevel=9, mtime=0)
    return WidgetScript(content, _tag(content), packed, _tag(packed))


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@lru_cache(maxsize=1)
def widget_words() -> dict[str, bytes]:
    """Language → its words as JSON."""
    return {language: _literal(words).encode() for language, words in _words().items()}


def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads((_FOLDER / "words.json").read_text(encoding="utf-8"))
    return words


def _compose() -> str:
    words = _words()
    style = (_FOLDER / "widget.css").read_text(encoding="utf-8")
    parts = [(_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in _PARTS]
    data = {
        "LANGUAGES": list(words),
        "WORDS": {"en": words["en"]},
        "WORDS_VERSION": hashlib.sha256(_literal(words).encode()).hexdigest()[:12],
        "STYLE": _squeezed(style),
    }
    constants = [f"const {name} = {_literal(value)};" for name, value in data.items()]
    body = "\n".join([*constants, *(_squeezed(part) for part in parts)])
    return f'(function () {{\n"use strict";\n{body}\n}})();\n'


def _literal(value: object) -> str:
    """JSON is JavaScript, also where it holds a line separator."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _squeezed(source: str) -> str:
    """Without indentation, empty lines and comments that have lines of their own."""
    kept = []
    in_comment = False
    for line in map(str.strip, source.splitlines()):
        in_comment = in_comment or line.startswith("/*")
        if line and not in_comment and not line.startswith("//"):
            kept.append(line)
        in_comment = in_comment and not line.endswith("*/")
    return "\n".join(kept)
