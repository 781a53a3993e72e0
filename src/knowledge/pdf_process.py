"""Parses one PDF and prints its text as JSON. `pdf_text` runs it as a process of its own.

It bounds itself: a file that was made to exhaust a parser ends this process alone.
"""

import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import LimitReachedError
from pypdf.generic import Destination

from knowledge.pdf_text import MOST_CHARACTERS, MOST_HEADINGS, OVER_BOUNDS, Problem

_MOST_DEPTH = 6
_MOST_STATED = 300  # Characters of a title, a language, an entry.


def read(path: str) -> dict[str, Any]:
    """Title, language, pages and outline of a PDF, or its problem. Whatever the parser raises is let through."""
    reader = PdfReader(path)
    # What has an empty password opens in every viewer: only who may change it is restricted.
    if reader.is_encrypted and not reader.decrypt(""):
        return {"problem": Problem.ENCRYPTED}
    pages: list[str] = []
    left = MOST_CHARACTERS
    for page in reader.pages:
        pages.append(page.extract_text())
        left -= len(pages[-1])
        if left < 0:
            return {"problem": Problem.LONG}
    stated = reader.metadata.title if reader.metadata else ""
    return {
        "title": str(stated or "")[:_MOST_STATED],
        "language": str(reader.root_object.get("/Lang") or "")[:_MOST_STATED],
        "pages": pages,
        "headings": list(_headings(reader)),
    }


def _headings(reader: PdfReader) -> Iterator[tuple[int, int, str]]:
    for count, (entry, level) in enumerate(_entries(reader.outline, 1)):
        page = reader.get_destination_page_number(entry)
        if count >= MOST_HEADINGS:
            return
        if page is not None and entry.title:
            yield page, level, str(entry.title)[:_MOST_STATED]


def _entries(outline: list[Any], level: int) -> Iterator[tuple[Destination, int]]:
    for one in outline:
        if isinstance(one, Destination):
            yield one, level
        elif level < _MOST_DEPTH:
            yield from _entries(one, level + 1)


def main(path: str, seconds: int, memory_bytes: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        json.dump(read(path), sys.stdout)
    except (MemoryError, LimitReachedError):
        return OVER_BOUNDS
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
