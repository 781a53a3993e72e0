"""The weekly job: questions without an answer → gaps with a label and a draft. Safe to run twice and to be killed.

Gaps keep their rows from week to week: their questions are where the grouping begins.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from knowledge import gap_clusters, gap_questions, gap_words
from knowledge.embedding import knows, model_id
from knowledge.gap_clusters import NONE, Labels, Limits
from knowledge.gap_describing import describe
from knowledge.gap_models import GapQuestion, KnowledgeGap
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.errors import Conflict
from tickets.models import Ticket

# Measured on labelled questions: tests/evals/test_gaps.py.
BY_MEANING = Limits(pair=0.5, middle=0.5)
BY_WORDS = Limits(pair=0.15, middle=0.45)
_TRIES = 3
_AT_ONCE = 500
_LOCK = text("select pg_advisory_xact_lock(7305211023)")
_ASSIGN = text("""
update gap_questions set gap_id = given.gap, closeness = given.closeness
from unnest(cast(:tickets as bigint[]), cast(:gaps as bigint[]), cast(:closeness as real[]))
    as given (ticket, gap, closeness)
where gap_questions.ticket_id = given.ticket
    and (gap_questions.gap_id is distinct from given.gap or gap_questions.closeness <> given.closeness)
""")


@dataclass(frozen=True)
class GapReport:
    """Questions that were new, gaps that are new, drafts that were written, dismissed gaps that came back."""

    questions: int = 0
    gaps: int = 0
    drafts: int = 0
    reopened: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class _Snapshot:
    """The questions of a language, and the gaps as they were when these were read."""

    tickets: list[int]
    gaps: list[int | None]
    askers: Labels
    vectors: Vectors
    newest_gap: int


def find_gaps(
    *, progress: Callable[[str, int], None] | None = None, now: datetime | None = None
) -> GapReport:
    """Do what the weekly job does. `progress` is told the step and how much of it is done.

    No transaction is open while questions are embedded, grouped or answers are compared.
    """
    started = time.monotonic()
    moment = now or datetime.now(UTC)

    def told(step: str) -> Callable[[int], None] | None:
        return None if progress is None else lambda done: progress(step, done)

    questions = gap_questions.collect(moment, progress=told("Reading questions"))
    new = sum(_group(language) for language in _languages())
    with transaction() as session:
        _drop_empty(session)
    described = describe(moment, progress=told("Drafting"))
    return GapReport(
        questions, new, described.drafts, described.reopened, round(time.monotonic() - started, 3)
    )


def _languages() -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(GapQuestion.language).distinct().order_by(GapQuestion.language)))


def _group(language: str) -> int:
    """Group the questions of a language; returns how many gaps are new."""
    limits = BY_MEANING if knows(language) else BY_WORDS
    for _ in range(_TRIES):
        with transaction() as session:
            found = _read(session, language)
        ids = sorted({gap for gap in found.gaps if gap is not None})
        places = {gap: place for place, gap in enumerate(ids)}
        known = np.array([NONE if gap is None else places[gap] for gap in found.gaps], np.int64)
        labels = gap_clusters.group(found.vectors, known, found.askers, limits)
        near = gap_clusters.closeness(found.vectors, labels)
        try:
            with transaction() as session:
                return _record(session, language, found, (ids, labels, near.tolist()))
        except Conflict:
            continue  # Another run was faster: its gaps are known now.
    raise Conflict("Gaps are being looked for by several processes at once: try again.")


def _read(session: Session, language: str) -> _Snapshot:
    # First of all: a gap that is added while the questions are read must be noticed when they are recorded.
    newest_gap = session.scalar(select(func.max(KnowledgeGap.id))) or 0
    query = (
        select(
            GapQuestion.ticket_id,
            GapQuestion.gap_id,
            Ticket.customer_id,
            GapQuestion.embedding if knows(language) else GapQuestion.lexemes,
        )
        .join(Ticket, Ticket.id == GapQuestion.ticket_id)
        .where(GapQuestion.language == language, GapQuestion.model_id == model_id())
        .order_by(GapQuestion.asked_at, GapQuestion.ticket_id)
    )
    facts: list[tuple[int, int | None, int]] = []
    vectors: list[Vectors] = []
    lexemes: list[list[str]] = []
    known = knows(language)
    for row in session.execute(query.execution_options(yield_per=_AT_ONCE)):
        facts.append((row[0], row[1], row[2]))
        value: Any = row[3]
        if known:
            vectors.append(np.array(value, np.float32))  # As plain numbers all of them would take 100 MB.
        else:
            lexemes.append(value)
    return _Snapshot(
        [one[0] for one in facts],
        [one[1] for one in facts],
        np.array([one[2] for one in facts], np.int64),
        _unit(vectors) if vectors else gap_words.vectors_of(lexemes),
        newest_gap,
    )


def _unit(vectors: Sequence[Vectors]) -> Vectors:
    """Length 1 again, which half precision took."""
    stacked = np.stack(vectors)
    made: Vectors = stacked / np.linalg.norm(stacked, axis=1, keepdims=True)
    return made


def _record(
    session: Session, language: str, found: _Snapshot, grouped: tuple[list[int], Labels, Sequence[float]]
) -> int:
    """Raises Conflict when gaps were added since the snapshot."""
    ids, labels, near = grouped
    session.execute(_LOCK)
    if (session.scalar(select(func.max(KnowledgeGap.id))) or 0) != found.newest_gap:
        raise Conflict("Gaps were added meanwhile.")
    new = int(labels.max(initial=NONE)) + 1 - len(ids)
    added = [_new_gap(session, language) for _ in range(max(new, 0))]
    gaps = [None if label == NONE else [*ids, *added][label] for label in labels.tolist()]
    session.execute(_ASSIGN, {"tickets": found.tickets, "gaps": gaps, "closeness": near})
    return len(added)


def _new_gap(session: Session, language: str) -> int:
    gap = KnowledgeGap(public_id=f"GAP-{secrets.token_hex(4).upper()}", language=language)
    session.add(gap)
    session.flush()
    return gap.id


def _drop_empty(session: Session) -> None:
    """Gaps that nobody asks about any more and nobody has touched."""
    asked = select(GapQuestion.ticket_id).where(GapQuestion.gap_id == KnowledgeGap.id)
    session.execute(
        delete(KnowledgeGap).where(
            ~asked.exists(),
            KnowledgeGap.edited_at.is_(None),
            KnowledgeGap.article_id.is_(None),
            KnowledgeGap.dismissed_at.is_(None),
        )
    )
