"""Folders whose files are articles: read anew by the command or by a job, with a record of each time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, Text, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from knowledge import articles
from knowledge.articles import Added, Article
from runtime.database import Table, transaction
from runtime.errors import Conflict, DeskfleetError, InvalidInput, NotFound, TooLarge
from runtime.jobs import request

_JOB = "knowledge.tasks.sync_folder"
# The slowest file takes seconds: who was not heard of for so long is not coming back.
_SILENCE = timedelta(minutes=10)
_LONGEST = 500


class SourceSync(Table):
    """One time that a folder was read; without an end it is asked for, runs, or its process died."""

    __tablename__ = "source_syncs"
    __table_args__ = (Index("ix_source_syncs_folder", "folder", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    folder: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    touched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    files: Mapped[int] = mapped_column(Integer, server_default="0")
    withdrawn: Mapped[int] = mapped_column(Integer, server_default="0")
    refused: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str] = mapped_column(Text, server_default="")

    @property
    def is_open(self) -> bool:
        """Asked for and not given up."""
        return self.ended_at is None and datetime.now(UTC) - self.touched_at < _SILENCE


@dataclass(frozen=True)
class Refused:
    file: str
    error: str


@dataclass(frozen=True)
class Synced:
    """What became of a folder's files."""

    added: list[Added]
    withdrawn: list[Article]
    refused: list[Refused]


def newest(session: Session) -> dict[str, SourceSync]:
    """The last time of each folder."""
    query = select(SourceSync).ext(distinct_on(SourceSync.folder))
    return {
        one.folder: one for one in session.scalars(query.order_by(SourceSync.folder, SourceSync.id.desc()))
    }


def ask(session: Session, folder: str, *, by: str) -> None:
    """Have a folder read anew that the command has read before: no other place of the server is named by a page.

    Raises NotFound, or Conflict while it is being read.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"source_syncs:{folder}"))))
    known = newest(session).get(folder)
    if known is None:
        raise NotFound("No such folder was ever read by `deskfleet knowledge sync`.")
    if known.is_open:
        raise Conflict("The folder is being read.", field="folder")
    asked = SourceSync(folder=folder, asked_by=by)
    session.add(asked)
    session.flush()
    request(session, _JOB, asked.id)


def begin(folder: Path, *, by: str) -> int:
    with transaction() as session:
        begun = SourceSync(folder=str(folder.resolve()), asked_by=by)
        session.add(begun)
        session.flush()
        return begun.id


def run(sync_id: int) -> None:
    """What a page asked for. Again and again it does no harm; what has ended is not done anew."""
    with transaction() as session:
        asked = session.get(SourceSync, sync_id)
    if asked is not None and asked.ended_at is None:
        sync(Path(asked.folder), sync_id)


def sync(folder: Path, sync_id: int, *, progress: Callable[[int, int], None] | None = None) -> Synced:
    """Make the articles of a folder what its files are now: added, updated, and withdrawn when they vanished.

    A file that cannot be read is left out and told. Raises InvalidInput when the folder is not here, or empty.
    """
    try:
        done = _sync(folder, sync_id, progress)
    except DeskfleetError as error:
        _end(sync_id, error=error.detail)
        raise
    first = done.refused[0].error if done.refused else ""
    _end(
        sync_id, error=first, files=len(done.added), withdrawn=len(done.withdrawn), refused=len(done.refused)
    )
    return done


def _sync(folder: Path, sync_id: int, progress: Callable[[int, int], None] | None) -> Synced:
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder here.", field="path")
    files = articles.files_in([folder])
    done = Synced([], [], [])
    for number, file in enumerate(files, start=1):
        try:
            done.added.extend(articles.add_path(file))
        except (InvalidInput, TooLarge) as error:
            done.refused.append(Refused(str(file), error.detail))
        _touch(sync_id)
        if progress is not None:
            progress(number, len(files))
    done.withdrawn.extend(articles.withdraw_absent(folder, files))
    articles.note_names()
    return done


def _touch(sync_id: int) -> None:
    with transaction() as session:
        mine = update(SourceSync).where(SourceSync.id == sync_id)
        session.execute(mine.values(touched_at=func.clock_timestamp()))


def _end(sync_id: int, *, error: str = "", files: int = 0, withdrawn: int = 0, refused: int = 0) -> None:
    with transaction() as session:
        ended = update(SourceSync).where(SourceSync.id == sync_id)
        session.execute(
            ended.values(
                ended_at=func.clock_timestamp(),
                error=error[:_LONGEST],
                files=files,
                withdrawn=withdrawn,
                refused=refused,
            )
        )
