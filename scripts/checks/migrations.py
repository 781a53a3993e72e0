"""Migrations run while the previous version works: none may hold a table that may be large, or take something away."""

import re
from collections.abc import Iterator
from pathlib import Path

# Those up to here were written when no desk had much yet.
_BEFORE_THE_RULE = "0033"
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_DECLARED = re.compile(r'^OFFLINE_BECAUSE = "(.{20,})"', re.MULTILINE)
_MADE = re.compile(r"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)", re.IGNORECASE)
_INDEX = re.compile(
    r"\bcreate\s+(?:unique\s+)?index\s+(concurrently\s+)?(?:if\s+not\s+exists\s+)?(\w+)\s+on\s+(?:only\s+)?(\w+)",
    re.IGNORECASE,
)
_ALTER = re.compile(r"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(\w+)([^\"']*)", re.IGNORECASE)
_CHANGES = {
    r"\badd\s+constraint\b(?!.*\bnot\s+valid\b)(?!.*\busing\s+index\b)": "adds a constraint without NOT VALID",
    r"\bset\s+not\s+null\b": "reads all rows for NOT NULL",
    r"\btype\b": "changes a column's type",
    r"\bdrop\s+column\b": "drops a column that the previous version reads",
    r"\brename\b": "renames what the previous version uses",
    r"\badd\s+column\b(?=.*\bnot\s+null\b)(?!.*\bdefault\b)": "adds a column that the previous version does not fill",
}
_DROPS = re.compile(r"\bdrop\s+table\s+(?:if\s+exists\s+)?(\w+)", re.IGNORECASE)


def migrations_stay_online(root: Path) -> list[str]:
    """A migration that cannot says why in `OFFLINE_BECAUSE`."""
    problems = []
    for file in sorted((root / "migrations" / "versions").glob("*.py")):
        if file.name[:4] <= _BEFORE_THE_RULE:
            continue
        source = _COMMENT.sub("", file.read_text(encoding="utf-8"))
        if not _DECLARED.search(source):
            problems += [f"migrations/versions/{file.name}: {one}" for one in _faults(source)]
    return problems


def _faults(source: str) -> Iterator[str]:
    made = {name.lower() for name in _MADE.findall(source)}
    for concurrently, index, table in _INDEX.findall(source):
        if table.lower() not in made and not concurrently:
            yield f"{index} is not made CONCURRENTLY, nobody can write to {table} meanwhile"
    if re.search(r"\bindex\s+concurrently\b", source, re.IGNORECASE) and "autocommit_block()" not in source:
        yield "an index is made CONCURRENTLY outside of autocommit_block()"
    for table, change in _ALTER.findall(source):
        if table.lower() not in made:
            yield from (f"{table}: {fault}" for fault in _changed(change))
    for table in _DROPS.findall(source):
        yield f"{table} is dropped, which the previous version uses"


def _changed(change: str) -> list[str]:
    return [
        fault for pattern, fault in _CHANGES.items() if re.search(pattern, change, re.IGNORECASE | re.DOTALL)
    ]
