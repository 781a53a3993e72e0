"""The import of a file: records in batches, each with its position in one transaction; what cannot be, set aside."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ingestion.history import intercom_export, mail_threads, planning, runs, zendesk_export
from ingestion.history.reading import Damaged, Tape, opened
from ingestion.history.records import Format, Plan, Record
from ingestion.history.rejects import Rejects, rejects_file
from ingestion.history.runs import Run
from runtime.database import transaction
from runtime.errors import InvalidInput
from runtime.language import language_of
from tickets import history, tombstones
from tickets.contracts import Status
from tickets.history import Fate
from tickets.past import PastTicket, problem_of
from tickets.past_customers import person_of

log = logging.getLogger(__name__)

_BATCH = 500
_BATCH_CHARACTERS = 8_000_000  # Mails may be large.
_ATTEMPTS = 3
_MOST_HEARD = 3  # Messages that tell the language.
_LANGUAGE_BY = 300  # Characters of a message.
_TAKEN = "Another one with the same id, but with other content, is there already; is it of another --source?"

Progress = Callable[[int], None]  # Bytes of the file that were read.


@dataclass(frozen=True)
class Report:
    """What became of a file, counted from its beginning also when the import was stopped in between."""

    file: str
    format: Format
    source: str
    records: int
    stored: int
    duplicates: int
    skipped: int
    rejected: int
    resumed_at: int
    finished: bool
    seconds: float
    rejects: str


@dataclass(frozen=True)
class Understood:
    """A record with what it became: a ticket, or a reason why not, or neither when it is passed over."""

    record: Record
    past: PastTicket | None
    reason: str


def import_file(plan: Plan, rejects: Path, *, limit: int | None, progress: Progress) -> Report:
    """Begins, or goes on where it was stopped. With a limit it reads so many records and is not finished."""
    started = time.monotonic()
    with transaction() as session:
        run = first = runs.begin(session, plan)
    with (
        rejects_file(rejects, size=run.rejects_bytes) as refused,
        opened(plan.path, encoding=plan.encoding) as tape,
    ):
        left = _behind(_records(tape, plan), run.position)
        for batch in _batches(left if limit is None else islice(left, limit)):
            run = _import(batch, plan, run, refused)
            progress(tape.bytes_read)
    finished = limit is None or run.position - first.position < limit
    if finished:
        with transaction() as session:
            runs.finish(session, run)
    log.info(
        "history imported", extra={"source": plan.source, "stored": run.stored, "rejected": run.rejected}
    )
    return Report(
        file=str(plan.path),
        format=plan.format,
        source=plan.source,
        records=run.position,
        stored=run.stored,
        duplicates=run.duplicates,
        skipped=run.skipped,
        rejected=run.rejected,
        resumed_at=first.position,
        finished=finished,
        seconds=time.monotonic() - started,
        rejects=str(rejects) if run.rejected else "",
    )


def note(plan: Plan, *, progress: Progress) -> bool:
    """Keeps the people and comments of an export that comes in parts. Whether the file holds tickets."""
    parts = {Format.ZENDESK: zendesk_export.note, Format.INTERCOM: intercom_export.note}
    if plan.format not in parts or plan.side is None:
        return True
    with opened(plan.path, encoding=plan.encoding) as tape:
        return parts[plan.format](tape, plan, plan.side, lambda: progress(tape.bytes_read))


def understood(plan: Plan, *, progress: Progress) -> Iterator[Understood]:
    """Every record as it would be imported; nothing is stored."""
    with opened(plan.path, encoding=plan.encoding) as tape:
        for record in _records(tape, plan):
            yield understand(record, plan)
            progress(tape.bytes_read)


def _records(tape: Tape, plan: Plan) -> Iterator[Record]:
    """Where a file cannot be read on, that is its last record."""
    line = 0
    try:
        for record in planning.reader_of(plan).records(tape, plan):
            line = record.line
            yield record
    except Damaged as error:
        yield Record(line + 1, "", problem=error.detail)


def _behind(records: Iterator[Record], position: int) -> Iterator[Record]:
    next(islice(records, position, position), None)
    return records


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.raw)
        if len(batch) >= _BATCH or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def understand(record: Record, plan: Plan) -> Understood:
    """A record as a ticket that can be stored, or the reason why there is none."""
    if record.problem:
        return Understood(record, None, record.problem)
    try:
        past = planning.reader_of(plan).past_ticket(record, plan)
    except InvalidInput as error:
        return Understood(record, None, error.detail)
    if past is None:
        return Understood(record, None, "")
    reason = problem_of(past)
    return Understood(record, None if reason else _settled(past, plan), reason)


def _settled(past: PastTicket, plan: Plan) -> PastTicket:
    """An open ticket of the past is closed, and teaches nothing, unless it is wanted open."""
    if past.status is Status.OPEN and not plan.keep_open:
        past = replace(past, status=Status.CLOSED, resolved_at=None)
    if not past.language:
        said = "\n".join(one.text[:_LANGUAGE_BY] for one in past.messages[:_MOST_HEARD] if not one.internal)
        past = replace(past, language=language_of(said))
    return past


def _import(batch: list[Record], plan: Plan, run: Run, rejects: Rejects) -> Run:
    """One transaction. Somebody else may store the same customer or message at the same moment: then once more."""
    found = [understand(record, plan) for record in batch]
    for left in reversed(range(_ATTEMPTS)):
        try:
            with transaction() as session:
                return _store(session, found, plan, run, rejects)
        except IntegrityError:
            if not left:
                raise
    raise AssertionError


def _without_erased(session: Session, found: list[Understood]) -> list[Understood]:
    """What a customer said whose past was erased does not come back: it is skipped."""
    people = {id(one): person_of(one.past.channel, one.past.identity) for one in found if one.past}
    erased = tombstones.erased(session, set(people.values()))
    return [replace(one, past=None, reason="") if people.get(id(one)) in erased else one for one in found]


def _store(session: Session, found: list[Understood], plan: Plan, run: Run, rejects: Rejects) -> Run:
    found = _without_erased(session, found)
    store = mail_threads.store if plan.format is Format.MBOX else history.store
    fates = iter(store(session, [one.past for one in found if one.past is not None]).fates)
    counts = dict.fromkeys(Fate, 0)
    refused = []
    for one in found:
        if one.past is None:
            if one.reason:
                refused.append((one.record, one.reason))
            continue
        fate = next(fates)
        counts[fate] += 1
        if fate is Fate.REFUSED:
            refused.append((one.record, _TAKEN))
    after = replace(
        run,
        position=run.position + len(found),
        line=found[-1].record.line,
        stored=run.stored + counts[Fate.STORED],
        duplicates=run.duplicates + counts[Fate.DUPLICATE],
        skipped=run.skipped + sum(one.past is None and not one.reason for one in found),
        rejected=run.rejected + len(refused),
        rejects_bytes=rejects.write(refused, after=run.rejects_bytes),
    )
    runs.advance(session, run, after)
    return after
