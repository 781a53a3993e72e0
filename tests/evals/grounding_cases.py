"""Makes replies with planted errors, and faithful ones, from the texts of `grounding_texts`.

Some errors are written by hand beside each text; changed numbers, dates and links are planted here. Run as a module it
prints the rows for `deskfleet evaluate grounding`, those of another part with its name as argument.
"""

import json
import random
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).with_name("grounding_texts")
_PLAIN = ("name", "language", "passages", "faithful")
_NUMBER = re.compile(r"(?<![A-Za-z0-9.,:/@-])\d+(?:[.,]\d+)?(?![A-Za-z0-9/@])")
_AMOUNT = re.compile(r"(?:[$€£]|EUR |R\$ )\d|\d ?(?:€|EUR|USD|zł|TL|円|元|ريال|درهم)")
_SHARE = re.compile(r"\d ?%")
_LINK = re.compile(r"(https?://[\w.-]+/)([\w/-]+)|(\b[\w.]+)@(example\.com)")
_MOST_PLANTED = 3


@dataclass(frozen=True)
class Case:
    reply: str
    passages: tuple[str, ...]
    supported: bool
    kind: str
    language: str


class Part(StrEnum):
    """Which texts, by what their files begin with."""

    NEAR = "dev"  # Replies that keep to the passage's words, as writers of help desks mostly do.
    FAR = "far"  # Whole replies in words of their own. The rules were mended on these too.
    HELD_OUT = "held_out"  # Such ones that nobody looked at who works on the rules.


def cases(part: Part) -> list[Case]:
    """The same ones at every call."""
    chosen = random.Random(7)
    found: list[Case] = []
    for file in sorted(TEXTS.glob(f"{part}_*.toml")):
        for text in tomllib.loads(file.read_text(encoding="utf-8"))["text"]:
            found += _of(text, chosen)
    return found


def _of(text: dict[str, Any], chosen: random.Random) -> Iterator[Case]:
    language = text.get("language", "en")
    passages = tuple(text["passages"])
    for reply in text["faithful"]:
        yield Case(reply, passages, True, "faithful", language)
        for kind, planted in _planted(reply, " ".join(passages), chosen):
            yield Case(planted, passages, False, kind, language)
    for kind in text.keys() - set(_PLAIN):
        for reply in text[kind]:
            yield Case(reply, passages, False, kind, language)


def _planted(reply: str, known: str, chosen: random.Random) -> Iterator[tuple[str, str]]:
    """The reply with one number or address changed to one that no passage has."""
    matches = list(_NUMBER.finditer(reply))
    for match in chosen.sample(matches, min(_MOST_PLANTED, len(matches))):
        line = reply[: match.start()].rpartition("\n")[2]
        if not line.strip() and reply[match.end() : match.end() + 1] == ".":
            continue  # The number of a step.
        around = reply[max(0, match.start() - 4) : match.end() + 5]
        kind = "amount" if _AMOUNT.search(around) else "percentage" if _SHARE.search(around) else "number"
        yield kind, reply[: match.start()] + _other(match.group(), known, chosen) + reply[match.end() :]
    for match in _LINK.finditer(reply):
        changed = f"{match[1]}old-{match[2]}" if match[1] else f"info.{match[3]}@{match[4]}"
        yield "link", reply[: match.start()] + changed + reply[match.end() :]


def _other(number: str, known: str, chosen: random.Random) -> str:
    """The number with one digit changed so that no passage has it; with a digit more where all have been used."""
    for _ in range(40):
        digits = list(number)
        at = chosen.choice([n for n, one in enumerate(digits) if one.isdigit()])
        digits[at] = str((int(digits[at]) + chosen.randint(1, 8)) % 10)
        changed = "".join(digits)
        if digits[0] != "0" and changed not in known:
            return changed
    return f"{number}7"


if __name__ == "__main__":
    for case in cases(Part(sys.argv[1]) if sys.argv[1:] else Part.NEAR):
        print(json.dumps(asdict(case), ensure_ascii=False))
