"""Asks customers by mail how it was, once after a ticket was resolved, with signed links that need no login."""

import tomllib
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from runtime import signing
from runtime.data_folder import retired_secret_keys, secret_key
from runtime.errors import NotFound
from runtime.language import DEFAULT
from runtime.settings import settings
from tickets import outbox, timeline
from tickets.contracts import Author, Channel, Status
from tickets.models import Ticket, TicketEvent
from tickets.satisfaction import RATED, RATINGS

PATH = "/rate"
ASKED = "survey_sent"
_PURPOSE = "rating"
_VALID_S = 60 * 86_400
_PAUSE = timedelta(days=30)  # Nobody is asked again so soon, whatever they write about.
_TOO_LATE = timedelta(days=3)  # After an outage, who was forgotten for long is not asked any more.
_MOST = 100
_FILE = Path(__file__).with_name("survey_texts.toml")


def text_of(name: str, language: str, **values: object) -> str:
    """A sentence with its values, in English where the language is not known."""
    texts = _texts()
    return texts.get(language, texts[DEFAULT])[name].format(**values)


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return texts


def ask_resolved(session: Session) -> int:
    """Queue the question for those whose ticket was resolved a while ago; returns how many are asked."""
    after_s = settings().tickets.survey_after_s
    if not after_s:
        return 0
    told, other = aliased(TicketEvent), aliased(Ticket)
    asked_lately = (
        select(told.id)
        .join(other, other.id == told.ticket_id)
        .where(
            other.customer_id == Ticket.customer_id,
            told.kind.in_((ASKED, RATED)),
            told.at > func.now() - _PAUSE,
        )
    )
    due = (
        select(Ticket)
        .where(
            Ticket.status.in_((Status.RESOLVED, Status.CLOSED)),
            Ticket.resolved_at <= func.now() - timedelta(seconds=after_s),
            Ticket.resolved_at > func.now() - timedelta(seconds=after_s) - _TOO_LATE,
            Ticket.channel == Channel.MAIL,
            ~asked_lately.exists(),
        )
        .order_by(Ticket.resolved_at)
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    )
    asked: set[int] = set()
    for ticket in session.scalars(due):
        if ticket.customer_id not in asked:  # Of several tickets at once, one question.
            asked.add(ticket.customer_id)
            _ask(session, ticket)
    return len(asked)


def _ask(session: Session, ticket: Ticket) -> None:
    links = "\n".join(f"{'★' * rating} {link_of(ticket.public_id, rating)}" for rating in reversed(RATINGS))
    words = text_of("mail", ticket.language, links=links, desk=settings().agent.desk_name)
    outbox.queue_reply(session, ticket.id, words, author=Author.SYSTEM)
    timeline.record(session, ticket.id, ASKED, actor=Author.SYSTEM)


def link_of(public_id: str, rating: int) -> str:
    token = signing.sign(secret_key(), _PURPOSE, {"ticket": public_id}, valid_s=_VALID_S)
    return f"{settings().public_url}{PATH}/{token}?r={rating}"


def ticket_of(session: Session, token: str) -> Ticket:
    """Raises NotFound for a link that is forged or too old, or whose ticket is gone."""
    for key in (secret_key(), *retired_secret_keys()):
        payload = signing.verify(key, _PURPOSE, token)
        if payload:
            query = select(Ticket).where(Ticket.public_id == str(payload.get("ticket")))
            if ticket := session.scalars(query).first():
                return ticket
    raise NotFound("This link is not valid any more.")
