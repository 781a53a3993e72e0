"""The rows of translated messages: asked for by the console, claimed and filled in by the agent's job.

One row for a message and a language, kept once. `due_at` is until when the answer to a request is waited for.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime import events, jobs
from runtime.errors import InvalidInput, NotFound
from runtime.language import LANGUAGES
from runtime.redaction import redact
from tickets import timeline
from tickets.contracts import Author, Kind
from tickets.models import Message, Ticket, Translation

TRANSLATE_MESSAGE = "agent_core.tasks.translate_message"
WAIT_S = 150.0  # Longer than a translation may take: then whoever asked for it is not at work any more.
_WAIT = timedelta(seconds=WAIT_S)


class Failure(StrEnum):
    """Why there is no translation."""

    NO_MODEL = "no_model"
    NO_ANSWER = "no_answer"
    UNFAITHFUL = "unfaithful"  # The model's answer lost a placeholder, invented one, or was no translation.
    BUDGET = "budget"


@dataclass(frozen=True)
class Source:
    """A claimed translation: the message's redacted text, and whose it is."""

    message_id: int
    language: str
    text: str
    seq: int
    ticket_id: int
    customer_id: int
    claim_token: str

    def __repr__(self) -> str:
        return f"Source({self.message_id}, {self.language})"


@dataclass(frozen=True)
class Translated:
    """A translation and the model that wrote it. Not whole: the message is too long, and this is its beginning."""

    text: str
    model: str
    is_whole: bool = True

    def __repr__(self) -> str:
        return f"Translated({self.model})"


def is_translated(message: Message) -> bool:
    """Whether staff are offered it in their language: what customers, machines and the agent wrote."""
    return message.author != Author.STAFF and message.kind != Kind.NOTE


def request(session: Session, message_id: int, language: str) -> bool:
    """Ask for a translation; False when it is there or under way. Raises NotFound, InvalidInput."""
    _check_language(language)
    message = session.scalars(select(Message).where(Message.id == message_id)).first()
    if message is None:
        raise NotFound("There is no such message.")
    if not is_translated(message):
        raise InvalidInput("What colleagues wrote is not translated.")
    asked = _upsert(session, message_id, language, claim_token=None, when=Translation.due_at < func.now())
    if asked:
        jobs.request(session, TRANSLATE_MESSAGE, message_id, language, expires_s=WAIT_S)
    return asked


def claim(session: Session, message_id: int, language: str) -> Source | None:
    """What is to be translated now; None when it was done, is being done, or its message is gone."""
    _check_language(language)
    query = select(Message, Ticket.customer_id).join(Ticket, Ticket.id == Message.ticket_id)
    row = session.execute(query.where(Message.id == message_id)).first()
    if row is None:
        return None
    token = secrets.token_hex(16)
    is_free = Translation.claim_token.is_(None) | (Translation.due_at < func.now())
    if not _upsert(session, message_id, language, claim_token=token, when=is_free):
        return None
    message: Message = row[0]
    return Source(message_id, language, redact(message.text), message.seq, message.ticket_id, row[1], token)


def keep(session: Session, source: Source, translated: Translated) -> bool:
    """Keep a translation, if the claim still holds."""
    kept = _finish(
        session,
        source,
        {
            "text": translated.text,
            "model": translated.model,
            "is_whole": translated.is_whole,
            "at": func.now(),
        },
    )
    if kept:
        timeline.record(
            session,
            source.ticket_id,
            "translated",
            actor=Author.AGENT,
            seq=source.seq,
            language=source.language,
        )
    return kept


def fail(session: Session, source: Source, failure: Failure) -> bool:
    """Note why there is none, if the claim still holds. It may be asked for again."""
    noted = _finish(session, source, {"failure": failure, "claim_token": None, "due_at": func.now()})
    if noted:
        events.publish(session, "ticket.translation_failed", ticket_id=source.ticket_id)
    return noted


def of_messages(
    session: Session, message_ids: Collection[int], *, language: str
) -> Mapping[int, Translation]:
    """By a message's id: its translation, also one that is only asked for."""
    query = select(Translation).where(
        Translation.message_id.in_(message_ids), Translation.language == language
    )
    return {one.message_id: one for one in session.scalars(query)}


def is_awaited(translation: Translation) -> bool:
    """Whether somebody is to be at work on it; otherwise it is there, or may be asked for again."""
    return translation.text is None and not translation.failure and translation.due_at > datetime.now(UTC)


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise InvalidInput(f"Messages are translated into {', '.join(LANGUAGES)}.", field="language")


def _upsert(
    session: Session, message_id: int, language: str, *, claim_token: str | None, when: ColumnElement[bool]
) -> bool:
    """Make the row, or take over one without a text where `when` holds. Of several at once one gets True."""
    values = {"claim_token": claim_token, "due_at": func.now() + _WAIT, "failure": ""}
    made = insert(Translation).values(message_id=message_id, language=language, **values)
    return (
        session.execute(
            made.on_conflict_do_update(
                index_elements=[Translation.message_id, Translation.language],
                set_=values,
                where=Translation.text.is_(None) & when,
            ).returning(Translation.message_id)
        ).first()
        is not None
    )


def _finish(session: Session, source: Source, values: Mapping[str, object]) -> bool:
    changed = update(Translation).where(
        Translation.message_id == source.message_id,
        Translation.language == source.language,
        Translation.claim_token == source.claim_token,
        Translation.text.is_(None),
    )
    return session.execute(changed.values(**values).returning(Translation.message_id)).first() is not None
