"""The head of the decisions' chain, written daily to a file outside the database: a rewritten chain differs from it."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from runtime.data_folder import data_folder
from runtime.settings import settings
from tickets.decision_form import canonical
from tickets.decision_models import DecisionChainHead

_NAME = "decision-chain.jsonl"


@dataclass(frozen=True)
class Anchor:
    """At this moment the chain was so long, and this was the hash of its last record."""

    at: str
    position: int
    hash: str


@dataclass(frozen=True)
class Unreadable:
    line: int


def file_path() -> Path:
    folder = settings().analytics.anchors or data_folder() / "anchors"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / _NAME


def write(session: Session, path: Path) -> Anchor | None:
    """Append the head as it is now; None when there is nothing new since the last line."""
    head = session.scalars(select(DecisionChainHead)).first()
    if head is None or not head.position:
        return None
    known = read(path)
    if known and isinstance(known[-1], Anchor) and known[-1].position >= head.position:
        return None
    anchor = Anchor(datetime.now(UTC).isoformat(timespec="seconds"), head.position, head.hash)
    with path.open("a", encoding="utf-8") as file:
        file.write(canonical(asdict(anchor)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def read(path: Path) -> list[Anchor | Unreadable]:
    """The oldest first; no file: nothing was anchored yet."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [_read_line(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _read_line(number: int, line: str) -> Anchor | Unreadable:
    try:
        given = json.loads(line)
        return Anchor(str(given["at"]), int(given["position"]), str(given["hash"]))
    except (ValueError, KeyError, TypeError):
        return Unreadable(number)
