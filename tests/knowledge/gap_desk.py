"""Tickets that the agent could not answer, for the tests of knowledge gaps."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from ingestion import intake
from knowledge.articles import NewArticle, add_article
from knowledge.gaps import Gap, GapReport, OpenedGap, find_gaps, list_gaps, read_gap
from knowledge.indexing import Added
from runtime.database import transaction
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Judgement, Priority, Reason, Status
from tickets.models import Ticket

NOW = datetime.now(UTC)
RACKS = (
    "Can I mount the bike rack on my car with a spare wheel?",
    "Does the bike rack fit a car that has a spare wheel at the back?",
    "I want to mount your bike rack, but my car has a spare wheel outside.",
)
GIFTS = (
    "Can you wrap my order as a gift?",
    "Do you offer gift wrapping for orders?",
    "Is gift wrapping possible for my order?",
)
ANSWER = (
    "Use the long straps from the box and lead them around the spare wheel. "
    "The rack fits spare wheels of up to 30 inches."
)


def asked(
    question: str,
    who: str = "alice",
    *,
    days_ago: float = 1,
    reason: Reason = Reason.NO_ANSWER_FOUND,
    language: str = "en",
) -> str:
    """A ticket that the agent handed to staff so many days ago; its public id."""
    with transaction() as session:
        message = a_message(text=question, subject="", identity=f"{who}@example.com", name=who.capitalize())
        receipt = intake.receive(session, message)
    judgement = Judgement("product_question", Priority.NORMAL, 0.0, language, 0.9, "Asks.")
    with transaction() as session:
        assert lifecycle.escalate(session, claimed_case(), a_decision(reason=reason, judgement=judgement))
        at = NOW - timedelta(days=days_ago)
        session.execute(update(Ticket).where(Ticket.id == receipt.ticket_id).values(created_at=at))
    return receipt.public_id


def asked_by_all(questions: tuple[str, ...], *, days_ago: float = 1, language: str = "en") -> list[str]:
    return [
        asked(question, who, days_ago=days_ago, language=language)
        for question, who in zip(questions, ("alice", "bob", "carol") * len(questions), strict=False)
    ]


def answered(public_id: str, answer: str = ANSWER, *, resolve: bool = True) -> None:
    """Staff answer a ticket, and resolve it."""
    with transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.public_id == public_id)).one()
        lifecycle.staff_reply(
            session, ticket.id, answer, staff="AGENT-1", name="Carol", seen_seq=ticket.last_seq
        )
        if resolve:
            lifecycle.set_status(session, ticket.id, Status.RESOLVED, actor="AGENT-1")


def found(days_later: float = 0) -> GapReport:
    return find_gaps(now=NOW + timedelta(days=days_later))


def open_gaps() -> list[Gap]:
    with transaction() as session:
        return list_gaps(session)


def only_gap() -> OpenedGap:
    (gap,) = open_gaps()
    return opened(gap.gap.public_id)


def opened(public_id: str) -> OpenedGap:
    with transaction() as session:
        return read_gap(session, public_id)


def an_article(body: str, **changes: str) -> Added:
    values: dict[str, Any] = {"source": "test", "slug": "racks", "title": "Bike racks", "body": body}
    return add_article(NewArticle(**(values | changes)))
