"""CSV: rows with a header, of one ticket each, or of one message each with the rows of a ticket together."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from ingestion.history import tables
from ingestion.history.reading import MOST_CHARACTERS, Line, Tape, lines
from ingestion.history.records import Plan, Record
from runtime.errors import InvalidInput
from tickets.past import PastTicket

_MOST_ROW = 2_000_000  # A quote that is never closed must not swallow the file.
_DELIMITERS = (",", ";", "\t", "|")

csv.field_size_limit(MOST_CHARACTERS)


class _RunawayError(Exception):
    """A row went on for too long."""


@dataclass(frozen=True)
class _Row:
    """The cells of one row, or what is wrong with it."""

    line: int
    raw: str
    cells: tuple[str, ...] = ()
    problem: str = ""


class _Feed:
    """Hands lines to the parser, remembers which a row was made of, and takes back what it should not have had."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self._returned: deque[Line] = deque()
        self.taken: list[Line] = []
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._length > _MOST_ROW:
            raise _RunawayError
        line = self._returned.popleft() if self._returned else next(self._source)
        self.taken.append(line)
        self._length += len(line.text)
        return line.text if line.whole else ""

    def begin(self) -> None:
        self.taken, self._length = [], 0

    def give_back(self) -> None:
        """All but the first line of the row."""
        self._returned.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _rows(source: Iterator[Line], delimiter: str) -> Iterator[_Row]:
    """Strict about quotes: after a row that breaks off, the next line is tried as a row of its own."""
    feed = _Feed(source)
    parser = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        cells: tuple[str, ...] = ()
        problem = ""
        try:
            cells = tuple(next(parser))
        except StopIteration:
            return
        except (csv.Error, _RunawayError):
            feed.give_back()
            parser = csv.reader(feed, delimiter=delimiter, strict=True)
            problem = "Its quotes are not as CSV wants them: one is not closed, or stands inside of a text undoubled."
        if not all(line.whole for line in feed.taken):
            problem = f"It is longer than {MOST_CHARACTERS} characters."
        if cells or problem:
            raw = "".join(line.text for line in feed.taken)
            yield _Row(feed.taken[0].number, raw, cells, problem)


def delimiter_of(head: str) -> str:
    """What stands most often between the names of the header."""
    return max(_DELIMITERS, key=head.count)


def header(tape: Tape) -> tuple[str, list[str]]:
    """The delimiter and the names of the columns. Raises InvalidInput when there are none."""
    source = lines(tape.text)
    first = next((line for line in source if line.text.strip()), None)
    if first is None:
        raise InvalidInput("The file is empty.")
    delimiter = delimiter_of(first.text)
    row = next(_rows(_with(first, source), delimiter), None)
    if row is None or row.problem or "\x00" in row.raw:
        raise InvalidInput("The first line is no header of a CSV file.")
    return delimiter, [cell.strip() for cell in row.cells]


def _with(first: Line, rest: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def records(tape: Tape, plan: Plan) -> Iterator[Record]:
    """One a ticket. `value` is the list of its rows, as fields."""
    rows = _rows(lines(tape.text), plan.delimiter)
    head = next(rows, None)
    if head is None:
        return
    names = [cell.strip() for cell in head.cells]
    places = {field: names.index(column) for field, column in plan.columns.items()}
    read = (_record(row, places, len(names)) for row in rows)
    yield from _together(read) if "author" in plan.columns else read


def _record(row: _Row, places: dict[str, int], count: int) -> Record:
    cells = row.cells
    while len(cells) > count and not cells[-1]:
        cells = cells[:-1]
    problem = row.problem
    if not problem and len(cells) != count:
        problem = f"It has {len(cells)} columns, the header has {count}."
    if problem:
        return Record(row.line, row.raw, problem=problem)
    return Record(row.line, row.raw, [{field: cells[place] for field, place in places.items()}])


def _together(read: Iterator[Record]) -> Iterator[Record]:
    """Neighbours of one ticket become one record; a row without an id, or a broken one, is its own."""
    for key, group in groupby(read, key=lambda one: one.value[0].get("id", "") if one.value else None):
        if not key:
            yield from group
            continue
        members = list(group)
        rows = [one.value[0] for one in members]
        yield replace(members[0], raw="".join(one.raw for one in members), value=rows)


def past_ticket(record: Record, plan: Plan) -> PastTicket:
    return tables.past_ticket(record.value, plan)
