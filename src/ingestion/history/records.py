"""What readers of exports hand on: records as they stand in the file, and the plan by which they are understood."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from ingestion.history.reading import Tape
from ingestion.history.side_tables import SideTables
from tickets.contracts import Status
from tickets.past import PastTicket


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    MBOX = "mbox"
    ZENDESK = "zendesk"
    INTERCOM = "intercom"


@dataclass(frozen=True)
class Record:
    """One record of a file. `problem` says why it cannot be read, and then `value` is nothing."""

    line: int
    raw: str
    value: Any = None
    problem: str = ""


@dataclass(frozen=True)
class Plan:
    """How one file is read. `columns` maps our fields to the file's columns; `undated` stands in for no date."""

    path: Path
    format: Format
    source: str
    encoding: str
    undated: datetime
    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    statuses: Mapping[str, Status] = field(default_factory=dict)
    date_format: str = ""
    keep_open: bool = False
    staff: tuple[str, ...] = ()
    side: SideTables | None = None


class Reader(Protocol):
    """What a format's module offers."""

    def records(self, tape: Tape, plan: Plan) -> Iterator[Record]:
        """Every record in order, the broken ones too. Raises Damaged where the file cannot be read on."""
        ...

    def past_ticket(self, record: Record, plan: Plan) -> PastTicket | None:
        """None: nothing to import. Raises InvalidInput with the reason why it cannot be imported."""
        ...
