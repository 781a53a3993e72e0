"""The signs of an attack on the agent: words of each family in twelve languages, and marks that no customer writes."""

import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent_core.word_signs import Lexicon, Sign, lexicon
from runtime.language import LANGUAGES

_DATA = Path(__file__).parent / "data/guard"


class Family(StrEnum):
    """What an attack is after."""

    OVERRIDE = "override"  # Drop the rules.
    REVEAL = "reveal"  # Tell the rules.
    ROLEPLAY = "roleplay"  # Be somebody without rules.
    EXFILTRATE = "exfiltrate"  # Tell what belongs to others.
    AUTHORITY = "authority"  # Obey a claimed rank, approve, call tools.
    QUOTED = "quoted"  # Orders to whatever machine reads the text.
    OBFUSCATE = "obfuscate"  # Answer so that nobody can check it.
    HIJACK = "hijack"  # Another task, or foreign words in the reply.
    LINK = "link"  # A link or code in the reply.
    SOCIAL = "social"  # Pity, threats, tests and flattery.


# Marks of the formats that models are trained with, of our prompts' fences, and of a tool's call.
_MARKS = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[/?INST\]|<</?SYS>>"
    r"|</?\s*(?:system|assistant|developer|instructions?|customer_(?:message|name|tier)|recent_tickets|earlier|sources?)\s*>"
    r"|(?:^|\n)\s*#{2,4}\s*(?:system|instructions?|assistant|response)\b"
    r"|[\"'](?:tool_calls?|function_call|tool_use|tool_name)[\"']\s*:",
    re.IGNORECASE,
)
_CALL = (
    re.compile(r"[\"'](?:name|function|tool|action)[\"']\s*:"),
    re.compile(r"[\"'](?:arguments|parameters|args)[\"']\s*:"),
)
_ROLE = re.compile(
    r"(?:^|\n|\{)\s*[\"'*]{0,2}(?:system|assistant|developer|admin)[\"'*]{0,2}\s*[:>]", re.IGNORECASE
)
_FENCE = re.compile(
    r"(?:^|\n|\s)(?:[-=%#*~_]{2,}\s*)(?:end|begin|start|new)\b[^\n]{0,40}\b(?:user|system|prompt|instructions?|context|input|document|rules)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"```|\bimport \w+\n|\bdef \w+\(")

# What the detector is told of a segment besides its meaning, in the order of its weights.
FEATURES = (*(f"says_{family}" for family in Family), "signs", "role", "fence", "code")


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    listed = [entry for language in LANGUAGES for entry in words_of(language)["sign"]]
    return lexicon(
        Sign(Family(entry["family"]), tuple(tuple(group) for group in entry["groups"])) for entry in listed
    )


@lru_cache(maxsize=len(LANGUAGES))
def words_of(language: str) -> dict[str, Any]:
    """The guard's words of one language, as its file lists them."""
    return tomllib.loads((_DATA / f"{language}.toml").read_text(encoding="utf-8"))


def is_marked(text: str) -> bool:
    """The text holds what belongs to a prompt or to a tool's call, and to no message."""
    return bool(_MARKS.search(text)) or all(part.search(text) for part in _CALL)


def families_in(text: str) -> set[Family]:
    """Families whose words stand together in the text, which is as `hidden_text.visible` gives it."""
    return {Family(name) for name in _lexicon().find(text.replace("İ", "i").casefold())}


def features_of(text: str) -> list[float]:
    """Numbers in the order of `FEATURES`."""
    found = families_in(text)
    says = [float(family in found) for family in Family]
    marks = [bool(pattern.search(text)) for pattern in (_ROLE, _FENCE, _CODE)]
    return [*says, float(min(len(found), 3)), *map(float, marks)]
