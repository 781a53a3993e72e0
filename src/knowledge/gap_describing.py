"""What a gap is called and what its draft says, from the questions it holds now. Called by `gap_finding`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.gap_drafts import Draft, Origin, StaffAnswer, answers_of, make_draft, outline, title_of
from knowledge.gap_models import GapQuestion, KnowledgeGap
from knowledge.gap_questions import WINDOW
from knowledge.gap_words import label_of
from runtime.database import transaction

_MOST_EXAMPLES = 8


@dataclass(frozen=True)
class Described:
    drafts: int
    reopened: int


@dataclass(frozen=True)
class _Seen:
    """A gap as it was read: what its draft would be made of, and which revision it had."""

    revision: int
    is_drafted: bool
    questions: list[str]
    answers: list[StaffAnswer]


def describe(now: datetime, *, progress: Callable[[int], None] | None = None) -> Described:
    """Name every gap anew, write drafts that nobody has edited, take back dismissals of what grew a lot."""
    with transaction() as session:
        gaps = list(session.scalars(select(KnowledgeGap.id).order_by(KnowledgeGap.id)))
    drafts = reopened = 0
    for done, gap in enumerate(gaps, start=1):
        with transaction() as session:
            reopened += _update(session, gap, now)
            seen = _read(session, gap)
        if seen is not None and not seen.is_drafted:
            draft = make_draft(seen.questions, seen.answers)
            with transaction() as session:
                drafts += _write(session, gap, seen, draft)
        if progress is not None:
            progress(done)
    return Described(drafts, reopened)


def _update(session: Session, gap_id: int, now: datetime) -> bool:
    """Label and category; whether it was dismissed and came back."""
    gap = session.get(KnowledgeGap, gap_id, with_for_update=True)
    if gap is None:
        return False
    gap.label = label_of(session, gap.id, language=gap.language) or gap.label
    gap.category = _commonest_category(session, gap.id) or gap.category
    came_back = gap.dismissed_at is not None and _grew(gap.dismissed_size, size_of(session, gap.id, now))
    if came_back:
        gap.dismissed_at = None
        gap.reopened_at = now
    session.flush()
    return came_back


def _grew(before: int, size: int) -> bool:
    """Twice as many as when it was dismissed, and five more: not each new question brings it back."""
    return size >= max(2 * before, before + 5)


def size_of(session: Session, gap: int, now: datetime) -> int:
    """How many asked within the time that counts."""
    recent = (GapQuestion.gap_id == gap, GapQuestion.asked_at > now - WINDOW)
    return session.scalar(select(func.count()).select_from(GapQuestion).where(*recent)) or 0


def _commonest_category(session: Session, gap: int) -> str:
    query = (
        select(GapQuestion.category)
        .where(GapQuestion.gap_id == gap, GapQuestion.category != "")
        .group_by(GapQuestion.category)
        .order_by(func.count().desc(), GapQuestion.category)
    )
    return session.scalar(query.limit(1)) or ""


def typical_questions(session: Session, gap: int, *, limit: int = _MOST_EXAMPLES) -> Sequence[GapQuestion]:
    """The questions nearest to the middle of the gap, redacted."""
    query = (
        select(GapQuestion)
        .where(GapQuestion.gap_id == gap)
        .order_by(GapQuestion.closeness.desc(), GapQuestion.ticket_id)
    )
    return session.scalars(query.limit(limit)).all()


def _read(session: Session, gap_id: int) -> _Seen | None:
    """None when there is nothing to draft: staff edited it, or it is published or dismissed."""
    gap = session.get(KnowledgeGap, gap_id)
    if gap is None or gap.edited_at or gap.article_id or gap.dismissed_at:
        return None
    questions = [one.question for one in typical_questions(session, gap_id)]
    if not questions:
        return None
    answers = answers_of(session, gap_id)
    return _Seen(gap.revision, _is_drafted(gap, questions, answers), questions, answers)


def _is_drafted(gap: KnowledgeGap, questions: Sequence[str], answers: Sequence[StaffAnswer]) -> bool:
    """Whether the draft that is there was made of the same."""
    if answers:
        same = gap.draft_origin == Origin.ANSWERS and gap.draft_sources == [one.ticket for one in answers]
        return same and gap.title == title_of(questions[0])
    return gap.draft_origin == Origin.OUTLINE and gap.body == outline(questions)


def _write(session: Session, gap_id: int, seen: _Seen, draft: Draft) -> bool:
    """False when somebody changed the gap while the draft was made."""
    gap = session.get(KnowledgeGap, gap_id, with_for_update=True)
    if gap is None or gap.revision != seen.revision:
        return False
    gap.title, gap.body, gap.draft_origin = draft.title, draft.body, draft.origin
    gap.draft_sources, gap.disagreements = list(draft.sources), list(draft.disagreements)
    gap.revision += 1
    session.flush()
    return True


def drop_answers(session: Session, tickets: Sequence[str]) -> None:
    """Drafts that quote answers to these tickets (public ids) become outlines, until the next run drafts anew.

    What staff have edited is their own text and stays, without naming the tickets.
    """
    query = select(KnowledgeGap).where(KnowledgeGap.draft_sources.overlap(list(tickets)))
    for gap in session.scalars(query.with_for_update()):
        if gap.edited_at is None:
            gap.body = outline([one.question for one in typical_questions(session, gap.id)])
            gap.draft_origin, gap.disagreements = Origin.OUTLINE, []
        gap.draft_sources = [one for one in gap.draft_sources if one not in tickets]
        gap.revision += 1
    session.flush()


def describe_without(session: Session, gaps: Sequence[int]) -> None:
    """Words of questions that are gone leave these gaps at once; what staff have edited is their own text and stays.

    A gap that nobody is known to have asked about, and that staff did nothing with, goes.
    """
    for gap in session.scalars(select(KnowledgeGap).where(KnowledgeGap.id.in_(gaps)).with_for_update()):
        questions = [one.question for one in typical_questions(session, gap.id)]
        is_theirs = gap.edited_at is not None or gap.article_id is not None
        if not questions and not is_theirs:
            session.delete(gap)
            continue
        gap.label = label_of(session, gap.id, language=gap.language) if questions else ""
        if not is_theirs:
            gap.title = title_of(questions[0])
            gap.body = outline(questions) if gap.draft_origin == Origin.OUTLINE else gap.body
            gap.revision += 1
    session.flush()
