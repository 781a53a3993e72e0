"""Where the articles come from (files, staff, resolved tickets), how much of each there is, and how fresh."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from knowledge import learning_runs, source_syncs
from knowledge.editing import CONSOLE
from knowledge.learning_runs import RunOutcome
from knowledge.models import Article, StoredChunk
from knowledge.source_syncs import SourceSync, ask
from knowledge.vector_store import Kind
from runtime.jobs import request

__all__ = ["Counts", "Fetched", "Origin", "Source", "ask", "ask_to_learn", "list_sources"]

_LEARN = "knowledge.tasks.learn_nightly"


class Origin(StrEnum):
    FOLDER = "folder"  # Read as a whole, and can be read anew.
    FILES = "files"  # Added one by one.
    CONSOLE = "console"
    TICKETS = "tickets"
    OTHER = "other"


@dataclass(frozen=True)
class Counts:
    """`stale`: past the day until which they hold; they are not found. `withdrawn` are not among `articles`."""

    articles: int = 0
    passages: int = 0
    stale: int = 0
    withdrawn: int = 0
    changed_at: datetime | None = None

    def __add__(self, other: "Counts") -> "Counts":
        moments = [one for one in (self.changed_at, other.changed_at) if one]
        return Counts(
            self.articles + other.articles,
            self.passages + other.passages,
            self.stale + other.stale,
            self.withdrawn + other.withdrawn,
            max(moments, default=None),
        )


@dataclass(frozen=True)
class Fetched:
    """The last time that a source was read. `error` also tells of the first file that was refused."""

    at: datetime
    by: str
    is_open: bool
    refused: int = 0
    error: str = ""


@dataclass(frozen=True)
class Source:
    """`place` is the folder, or the name of another origin."""

    origin: Origin
    place: str
    counts: Counts
    fetched: Fetched | None = None


def list_sources(session: Session) -> Sequence[Source]:
    """Folders first; a source of which nothing is left is still told of."""
    syncs = source_syncs.newest(session)
    sums: dict[tuple[Origin, str], Counts] = {(Origin.FOLDER, folder): Counts() for folder in syncs}
    sums |= {(Origin.CONSOLE, ""): Counts(), (Origin.TICKETS, ""): Counts()}
    for kind, source, counts in _counted(session):
        key = _of(kind, source, syncs)
        sums[key] = sums.get(key, Counts()) + counts
    order = list(Origin)
    listed = sorted(sums.items(), key=lambda one: (order.index(one[0][0]), one[0][1]))
    times: dict[tuple[Origin, str], Fetched | None] = {
        (Origin.FOLDER, folder): _fetched(sync) for folder, sync in syncs.items()
    }
    times[Origin.TICKETS, ""] = _last_round(session)
    return [Source(*key, counts, times.get(key)) for key, counts in listed]


def ask_to_learn(session: Session) -> None:
    """What the nightly job does, soon."""
    request(session, _LEARN)


def _counted(session: Session) -> list[tuple[str, str, Counts]]:
    """By kind and where they came from; a file's folder stands for it."""
    present = Article.withdrawn_at.is_(None)
    folder = case(
        (Article.source.startswith("/"), func.regexp_replace(Article.source, "/[^/]*$", "")),
        (Article.kind == Kind.LEARNED, ""),
        else_=Article.source,
    )
    held = (
        select(StoredChunk.article_id, func.count().label("held")).group_by(StoredChunk.article_id).subquery()
    )
    rows = session.execute(
        select(
            Article.kind,
            folder,
            func.count().filter(present),
            func.coalesce(func.sum(held.c.held).filter(present), 0),
            func.count().filter(present, Article.valid_until < func.now()),
            func.count().filter(~present),
            func.max(Article.updated_at),
        )
        .outerjoin(held, held.c.article_id == Article.id)
        .group_by(Article.kind, folder)
    )
    return [
        (kind, source, Counts(articles, int(passages), stale, withdrawn, changed_at))
        for kind, source, articles, passages, stale, withdrawn, changed_at in rows
    ]


def _of(kind: str, source: str, syncs: dict[str, SourceSync]) -> tuple[Origin, str]:
    if kind == Kind.LEARNED:
        return Origin.TICKETS, ""
    if source == CONSOLE:
        return Origin.CONSOLE, ""
    if not source.startswith("/"):
        return Origin.OTHER, source
    place = PurePath(source)
    for folder in (place, *place.parents):
        if str(folder) in syncs:
            return Origin.FOLDER, str(folder)
    return Origin.FILES, source


def _fetched(sync: SourceSync) -> Fetched:
    broke = sync.ended_at is None and not sync.is_open
    error = "It ended before it was done." if broke else sync.error
    return Fetched(sync.ended_at or sync.asked_at, sync.asked_by, sync.is_open, sync.refused, error)


def _last_round(session: Session) -> Fetched | None:
    last = next(iter(learning_runs.latest_runs(session, limit=1)), None)
    if last is None:
        return None
    failed = (
        "" if last.outcome in {RunOutcome.DONE, RunOutcome.RUNNING} else f"The last round {last.outcome}."
    )
    return Fetched(last.started_at, last.started_by, last.outcome is RunOutcome.RUNNING, error=failed)
