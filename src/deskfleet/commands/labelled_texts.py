"""Reads texts with labels for the evaluations: CSV, TSV, JSON and JSON lines. What is wrong is named by its place."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import InvalidInput

_MOST_FIELD = 10_000_000
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class Labelled:
    text: str
    label: str


@dataclass(frozen=True)
class Source:
    """Where to read. A path such as `all.json#train,more` chooses lists of a JSON object by their names."""

    path: str
    text_column: str
    label_column: str
    option: str

    def refuse(self, problem: str) -> InvalidInput:
        return InvalidInput(f"{self.path}{problem}", field=self.option)


def read(source: Source) -> list[Labelled]:
    """Raises InvalidInput naming the file, the line or row, and the column that is wrong."""
    path, _mark, lists = source.path.partition("#")
    file = Path(path)
    try:
        rows = list(_rows(source, file, lists))
    except OSError as error:
        raise source.refuse(f" cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise source.refuse(f" is not a {file.suffix.lstrip('.') or 'CSV'} file in UTF-8: {error}.") from None
    if not rows:
        raise source.refuse(" has no row.")
    return rows


def _rows(source: Source, file: Path, lists: str) -> Iterator[Labelled]:
    if file.suffix == ".jsonl":
        return _json_lines(source, file)
    if file.suffix == ".json":
        return _json(source, file, lists)
    return _table(source, file)


def _table(source: Source, file: Path) -> Iterator[Labelled]:
    csv.field_size_limit(_MOST_FIELD)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened, delimiter=_DELIMITERS.get(file.suffix, ","))
        for column in (source.text_column, source.label_column):
            if column not in (reader.fieldnames or ()):
                named = ", ".join(one for one in reader.fieldnames or () if one) or "none"
                raise source.refuse(f" has no column {column}; it has {named}.")
        for row in reader:
            yield _labelled(source, row, f"line {reader.line_num}")


def _json_lines(source: Source, file: Path) -> Iterator[Labelled]:
    with file.open(encoding="utf-8-sig") as opened:
        for number, line in enumerate(opened, start=1):
            if line.strip():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError as error:
                    raise source.refuse(f", line {number}, is not JSON: {error.msg}.") from None
                yield _labelled(source, row, f"line {number}")


def _json(source: Source, file: Path, lists: str) -> Iterator[Labelled]:
    told = json.loads(file.read_text(encoding="utf-8-sig"))
    for name, rows in _chosen(source, told, lists):
        if not isinstance(rows, list):
            raise source.refuse(f" {name}is not a list of rows.")
        for number, row in enumerate(rows, start=1):
            yield _labelled(source, row, f"{name}row {number}")


def _chosen(source: Source, told: Any, lists: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # any JSON
    if not lists:
        yield "", told
        return
    for name in lists.split(","):
        if not isinstance(told, dict) or name not in told:
            known = ", ".join(told) if isinstance(told, dict) else "none"
            raise source.refuse(f" has no list {name}; it has {known}.")
        yield f"{name}, ", told[name]


def _labelled(source: Source, row: Any, place: str) -> Labelled:  # noqa: ANN401  # any JSON
    """A row by its columns; a JSON row may also be a pair of text and label."""
    if isinstance(row, list) and len(row) == 2:
        row = dict(zip((source.text_column, source.label_column), row, strict=True))
    if not isinstance(row, dict):
        raise source.refuse(f", {place}, is neither an object nor a pair of text and label.")
    values = []
    for column in (source.text_column, source.label_column):
        value = row.get(column)
        if not isinstance(value, str) or not value.strip():
            raise source.refuse(f", {place}: column {column} is missing or empty.")
        values.append(value)
    return Labelled(values[0], values[1].strip())
