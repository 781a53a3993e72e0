"""PDF → Markdown. The parser runs in a process of its own, so that no file costs more than the bounds below."""

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import normalize

from runtime.errors import InvalidInput, TooLarge

MOST_BYTES = 50_000_000  # Handbooks with many pictures are smaller, and the parser keeps the file in memory.
MOST_CHARACTERS = 2_000_000  # What an article may hold.
MOST_HEADINGS = 5_000
OVER_BOUNDS = 3  # The exit code of the process; Python's own are 1 and 2.

_OVER_TIME = {-signal.SIGXCPU, -signal.SIGKILL}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Letters as they are shown rather than meant: ligatures, and the joined forms of Arabic ones.
_PRESENTED = re.compile(r"[\ufb00-\ufb06\ufb50-\ufdff\ufe70-\ufefc]+")
_MOST_FRAME_LINES = 3  # Above the text of a page, and below.
_MOST_HEADING_LINES = 3
_BULLET = re.compile(r"^[•◦▪●‣∙\uf0b7]\s*")
_MARKUP = re.compile(r"^(?=[#>=~`|]|-{2}|\*{2})")  # Where a line of a PDF would mean something in Markdown.
_NUMBERING = re.compile(r"^\d+(?:\.\d+)*\.?\s+")
_SENTENCE_END = (".", "!", "?", ":", "…", "。")
_USELESS_TITLE = re.compile(
    r"untitled.*|microsoft \w+ -.*|(?:document|dokument|presentation)\s*\d*|"
    r".*\.(?:docx?|indd|odt|pptx?|tex|pdf|qxd|rtf)",
    re.IGNORECASE,
)
_TITLE_CHARACTERS = 120
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_].*)?")


class Problem(StrEnum):
    """Why a PDF that can be parsed gives no article."""

    ENCRYPTED = "is encrypted: save it without a password first"
    NO_TEXT = "holds no text: it seems to be scanned, so let a text recognition read it first"
    LONG = f"holds more than {MOST_CHARACTERS:,} characters"


@dataclass(frozen=True)
class Limits:
    """What reading one PDF may take."""

    seconds: int = 60
    memory_bytes: int = 1_000_000_000


@dataclass(frozen=True)
class Heading:
    """An entry of the PDF's own outline: the page it leads to, from 0, and how deep it stands, from 1."""

    page: int
    level: int
    text: str


def convert(file: Path, *, limits: Limits = Limits()) -> tuple[dict[str, str], str]:
    """What the PDF states about itself (title, language), and its text as Markdown.

    Raises InvalidInput or TooLarge naming the file and what is wrong with it.
    """
    found = _parse(file, limits)
    if problem := found.get("problem"):
        error = TooLarge if problem == Problem.LONG else InvalidInput
        raise error(f"{file} {problem}.", field="path")
    body = as_markdown(found["pages"], [Heading(*one) for one in found["headings"]])
    if not any(character.isalnum() for character in body):
        raise InvalidInput(f"{file} {Problem.NO_TEXT}.", field="path")
    stated = {"title": title_of(found["title"], found["pages"])}
    if _LANGUAGE.fullmatch(found["language"]):
        stated["language"] = found["language"]
    return stated, body


def _parse(file: Path, limits: Limits) -> dict[str, Any]:
    bounds = [str(limits.seconds), str(limits.memory_bytes)]
    try:
        done = subprocess.run(  # noqa: S603  # our own module; the file is an argument, never a command
            [sys.executable, "-I", "-m", "knowledge.pdf_process", str(file.resolve()), *bounds],
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=3 * limits.seconds,  # The bound above counts the processor alone.
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_slow(file, limits) from None
    if done.returncode in _OVER_TIME:
        raise _too_slow(file, limits)
    if done.returncode == OVER_BOUNDS:
        raise TooLarge(f"{file} is packed or nested more than can be read safely.", field="path")
    if done.returncode:
        raise InvalidInput(f"{file} is broken: it cannot be read as a PDF.", field="path")
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def _too_slow(file: Path, limits: Limits) -> TooLarge:
    return TooLarge(f"{file} takes longer than {limits.seconds} seconds to read.", field="path")


def title_of(stated: str, pages: Sequence[str]) -> str:
    """The title that its author gave it, unless a program did; else its first line; empty when both are useless."""
    title = " ".join(_CONTROLS.sub(" ", stated).split())
    if title and not _USELESS_TITLE.fullmatch(title):
        return title[:_TITLE_CHARACTERS]
    return next((line[:_TITLE_CHARACTERS] for page in pages for line in _lines(page)), "")


def as_markdown(pages: Sequence[str], headings: Iterable[Heading]) -> str:
    """The text of all pages, without the lines that only frame them.

    Headings are the entries of the outline that stand on their page as a line; size and weight of letters say
    too little, so nothing else becomes one.
    """
    wanted: dict[int, list[Heading]] = {}
    for heading in headings:
        wanted.setdefault(heading.page, []).append(heading)
    read = _without_frames([_lines(page) for page in pages])
    marked = [_marked(lines, wanted.get(number, [])) for number, lines in enumerate(read)]
    return "\n\n".join(_paragraphs(lines) for lines in marked if lines)


def _lines(page: str) -> list[str]:
    spelt = _PRESENTED.sub(lambda found: normalize("NFKC", found[0]), _CONTROLS.sub(" ", page))
    lines = (" ".join(line.split()) for line in spelt.splitlines())
    return [line for line in lines if line]


def _without_frames(pages: list[list[str]]) -> list[list[str]]:
    """Without first lines that are equal on most pages, and last lines that are so but for their numbers."""
    for _line_of_the_frame in range(_MOST_FRAME_LINES):
        pages = _without_outermost(pages)
    return pages


def _without_outermost(pages: list[list[str]]) -> list[list[str]]:
    tops = Counter(lines[0] for lines in pages if lines)
    feet = Counter(_unnumbered(lines[-1]) for lines in pages if lines)

    def repeats(count: int) -> bool:
        return count >= 3 and 2 * count > len(pages)

    kept = []
    for lines in pages:
        start = int(bool(lines) and repeats(tops[lines[0]]))
        end = len(lines) - int(bool(lines) and repeats(feet[_unnumbered(lines[-1])]))
        kept.append(lines[start:end])
    return kept


def _unnumbered(line: str) -> str:
    return re.sub(r"\d+", "0", line)


def _marked(lines: list[str], headings: list[Heading]) -> list[str]:
    """The lines as Markdown that says what they say; each entry of the outline is a heading once."""
    waiting = {_compared(one.text): one for one in reversed(headings)}
    marked = []
    at = 0
    while at < len(lines):
        taken = _heading_at(lines[at : at + _MOST_HEADING_LINES], waiting) if waiting else 0
        if taken:
            words = " ".join(lines[at : at + taken])
            level = waiting.pop(_compared(words)).level
            marked.append(f"{'#' * min(level + 1, 6)} {_escaped(words)}")
        else:
            marked.append(_MARKUP.sub(r"\\", _BULLET.sub("- ", _escaped(lines[at]))))
        at += taken or 1
    return marked


def _heading_at(lines: list[str], waiting: Mapping[str, Heading]) -> int:
    """How many of the lines are the words of a heading, 0 for none."""
    counts = range(1, len(lines) + 1)
    return next((count for count in counts if _compared(" ".join(lines[:count])) in waiting), 0)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("<", "\\<")


def _compared(heading: str) -> str:
    """Without case, numbering and spaces: some outlines lose the space where the page broke the line."""
    spelt = normalize("NFKC", _NUMBERING.sub("", " ".join(heading.split())))
    return "".join(spelt.casefold().split())


def _paragraphs(lines: list[str]) -> str:
    """Lines that were broken for the page's width are joined where the next goes on in small letters."""
    parts = [lines[0]]
    for before, line in pairwise(lines):
        goes_on = line[0].islower() and not before.startswith("#")
        if goes_on and before.endswith("-") and before[-2:-1].isalpha():
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif goes_on and not before.endswith(_SENTENCE_END):
            parts += [" ", line]
        else:
            parts += ["\n\n" if "#" in (line[0], before[0]) else "\n", line]
    return "".join(parts)
