"""Knowledge gaps, for everybody outside: find, list, read; edit, publish, dismiss, and take a dismissal back.

A gap's state is computed: published while its article is not withdrawn, dismissed until taken back, else open.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge import articles
from knowledge.articles import Answer, NewArticle
from knowledge.gap_describing import size_of, typical_questions
from knowledge.gap_drafts import Origin, outline
from knowledge.gap_figures import Figures, GapState, Trend, figures_of, state_of
from knowledge.gap_finding import GapReport, find_gaps
from knowledge.gap_models import GapQuestion, KnowledgeGap
from knowledge.indexing import Added
from knowledge.vector_store import Audience
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from tickets.models import Ticket

__all__ = [
    "Example",
    "Figures",
    "Gap",
    "GapReport",
    "GapState",
    "OpenedGap",
    "Origin",
    "Text",
    "Trend",
    "count_open",
    "dismiss",
    "edit",
    "find_gaps",
    "list_gaps",
    "publish",
    "read_gap",
    "take_back",
]

SOURCE = "knowledge-gap"  # Of the articles that gaps became.
_MOST_EXAMPLES = 10
_LONGEST_TITLE = 200
_MOST_OF_TITLE = 50  # In an address.
_MOST_REMEMBERED = 200


@dataclass(frozen=True)
class Gap:
    """A gap with its figures, as a list shows it."""

    gap: KnowledgeGap
    state: GapState
    figures: Figures


@dataclass(frozen=True)
class Example:
    """A redacted question of one ticket."""

    ticket: str
    question: str
    asked_at: datetime


@dataclass(frozen=True)
class OpenedGap:
    """A gap with the most typical of its questions, and the article that it became, if it did."""

    gap: KnowledgeGap
    state: GapState
    figures: Figures
    examples: list[Example]
    article: str


@dataclass(frozen=True)
class Text:
    """What an editor has written, and the revision of the draft that they had read."""

    title: str
    body: str
    seen_revision: int


def list_gaps(session: Session, state: GapState = GapState.OPEN, *, now: datetime | None = None) -> list[Gap]:
    """All in a state, those that most ask about first. Open ones that too few still ask about are left out."""
    moment = now or datetime.now(UTC)
    rows = session.execute(
        select(KnowledgeGap, articles.Article.withdrawn_at).outerjoin(
            articles.Article, articles.Article.id == KnowledgeGap.article_id
        )
    ).all()
    kept = [row[0] for row in rows if state_of(row[0], row[1]) is state]
    counted = figures_of(session, kept, moment)
    found = [Gap(gap, state, counted[gap.id]) for gap in kept]
    if state is GapState.OPEN:
        found = [one for one in found if one.figures.is_worth_an_article or one.gap.edited_at]
    return sorted(found, key=lambda one: (-one.figures.size, -one.figures.this_week, one.gap.id))


def count_open(session: Session) -> int:
    return len(list_gaps(session))


def read_gap(session: Session, public_id: str, *, now: datetime | None = None) -> OpenedGap:
    """Raises NotFound."""
    gap = _find(session, public_id)
    article = session.get(articles.Article, gap.article_id) if gap.article_id else None
    typical = typical_questions(session, gap.id, limit=_MOST_EXAMPLES)
    tickets = _public_ids(session, typical)
    return OpenedGap(
        gap,
        state_of(gap, article.withdrawn_at if article else None),
        figures_of(session, [gap], now or datetime.now(UTC))[gap.id],
        [Example(tickets[one.ticket_id], one.question, one.asked_at) for one in typical],
        article.public_id if article else "",
    )


def edit(session: Session, public_id: str, text: Text, *, by: str) -> None:
    """Keep what an editor wrote. Raises Conflict when another one, or the weekly job, wrote meanwhile."""
    gap = _find(session, public_id, text.seen_revision)
    _check(text)
    gap.title, gap.body = text.title.strip(), text.body.replace("\r\n", "\n").strip() + "\n"
    gap.edited_at, gap.edited_by = func.now(), by
    gap.revision += 1
    session.flush()


def publish(
    public_id: str, text: Text, *, by: str, audience: Audience = Audience.PUBLIC, category: str = ""
) -> Added:
    """The text becomes an article that is found at once, by the gap's own questions first of all.

    Opens transactions of its own; stopped between them, doing it again ends it. Raises InvalidInput for an outline
    without an answer, Conflict when somebody else edited the draft or the gap is dismissed.
    """
    with transaction() as session:
        gap = _find(session, public_id, text.seen_revision)
        if gap.dismissed_at is not None:
            raise Conflict("This gap was dismissed meanwhile.")
        _check_answered(session, gap, text)
        edit(session, public_id, text, by=by)
        new = NewArticle(
            source=SOURCE,
            slug=gap.public_id.lower(),
            url=_address(gap) if audience is Audience.PUBLIC else "",
            title=gap.title,
            body=gap.body,
            category=category or gap.category,
            language=gap.language,
            audience=audience,
        )
    added = articles.add_article(new, by=by)
    with transaction() as session:
        gap = _find(session, public_id)
        gap.article_id = added.article_id
        gap.published_at, gap.published_by = func.now(), by
        session.flush()
        asked = _remembered(session, gap.id, added.article_id)
    articles.remember_answers(asked)
    return added


def _address(gap: KnowledgeGap) -> str:
    """Its page in the help centre, readable and nobody else's."""
    folded = unicodedata.normalize("NFKD", gap.title.lower()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:_MOST_OF_TITLE].strip("-")
    return f"/help/{words}-{gap.public_id.lower()}".replace("/-", "/")


def dismiss(session: Session, public_id: str, *, by: str) -> None:
    """Leave the list until it has grown a lot. A second time changes nothing."""
    gap = _find(session, public_id)
    if gap.dismissed_at is None:
        gap.dismissed_size = size_of(session, gap.id, datetime.now(UTC))
        gap.dismissed_at, gap.dismissed_by = func.now(), by
        session.flush()


def take_back(session: Session, public_id: str) -> None:
    """Undo a dismissal."""
    gap = _find(session, public_id)
    gap.dismissed_at = None
    session.flush()


def _find(session: Session, public_id: str, seen_revision: int | None = None) -> KnowledgeGap:
    """Locked when a revision is given, which it must have."""
    query = select(KnowledgeGap).where(KnowledgeGap.public_id == public_id)
    if seen_revision is not None:
        query = query.with_for_update()
    gap = session.scalars(query.execution_options(populate_existing=True)).first()
    if gap is None:
        raise NotFound(f"There is no knowledge gap {public_id[:40]}.")
    if seen_revision is not None and gap.revision != seen_revision:
        raise Conflict("The draft was changed meanwhile: compare it with yours and save again.")
    return gap


def _check(text: Text) -> None:
    for field, value in (("title", text.title), ("body", text.body)):
        if not value.strip():
            raise InvalidInput(f"The {field} is empty.", field=field)
        if "\0" in value:
            raise InvalidInput(f"The {field} is no text.", field=field)
    if len(text.title) > _LONGEST_TITLE:
        raise InvalidInput(f"The title is longer than {_LONGEST_TITLE} characters.", field="title")


def _check_answered(session: Session, gap: KnowledgeGap, text: Text) -> None:
    """An outline holds customers' questions alone: nobody would be helped by it."""
    written = text.body.replace("\r\n", "\n").strip()
    outlined = outline([one.question for one in typical_questions(session, gap.id)]).strip()
    if written == outlined or written.endswith("## Answer"):
        raise InvalidInput("Write the answer first: the draft holds questions alone.", field="body")


def _remembered(session: Session, gap: int, article: int) -> list[Answer]:
    """The gap's questions as ones that the article answers; they come with the ids of their tickets."""
    query = (
        select(Ticket.public_id, GapQuestion.question)
        .join(Ticket, Ticket.id == GapQuestion.ticket_id)
        .where(GapQuestion.gap_id == gap)
        .order_by(GapQuestion.closeness.desc())
    )
    rows = session.execute(query.limit(_MOST_REMEMBERED))
    return [Answer(ticket, question, article) for ticket, question in rows]


def _public_ids(session: Session, questions: Sequence[GapQuestion]) -> dict[int, str]:
    query = select(Ticket.id, Ticket.public_id).where(Ticket.id.in_([one.ticket_id for one in questions]))
    return {ticket: public_id for ticket, public_id in session.execute(query)}
