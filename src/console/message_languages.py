"""Which language each message is in, and what the page offers where that is not the one that staff read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from runtime.language import identify
from runtime.settings import settings
from tickets import translations
from tickets.contracts import Author, Kind
from tickets.language_names import language_name
from tickets.models import Message, Ticket, Translation

_LEAST_SURE = 0.4  # A word or two, such as "ok", belongs to any language.


class State(StrEnum):
    """What is shown of a message's translation."""

    PLAIN = "plain"  # Nothing: staff can read it, or wrote it.
    OFFERED = "offered"
    NO_MODEL = "no_model"
    AWAITED = "awaited"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class Spoken:
    """A message's language: its code, empty when that cannot be told, and its name."""

    code: str
    name: str
    into: str
    state: State
    translation: Translation | None = None


def has_model() -> bool:
    """Whether anything is set up that can translate. It asks the settings, so that no page loads a model."""
    group = settings().llm
    keys = (group.anthropic_api_key, group.openai_api_key)
    return any(key.get_secret_value() for key in keys) or bool(
        group.compatible_url and group.compatible_model
    )


def spoken(session: Session, messages: Sequence[Message]) -> Mapping[int, Spoken]:
    """By a message's id."""
    mine = settings().console.language
    ids = [message.id for message in messages]
    kept = translations.of_messages(session, ids, language=mine)
    return {one.id: _spoken(one, kept.get(one.id), mine) for one in messages}


def customer_language(ticket: Ticket, messages: Sequence[Message]) -> str:
    """The language that the customer wrote last, if that can be told; else what was noted at first."""
    said = [one for one in messages if one.author == Author.CUSTOMER and one.kind == Kind.INBOUND]
    codes = (language_code(one.text) for one in reversed(said))
    return next((code for code in codes if code), ticket.language)


def language_code(text: str) -> str:
    """The code of a text's language, also of one that is not served; empty where that cannot be told."""
    found = identify(text)
    if found.other:
        return found.other
    return found.language if found.confidence >= _LEAST_SURE else ""


def _spoken(message: Message, kept: Translation | None, mine: str) -> Spoken:
    code = language_code(message.text)
    return Spoken(code, language_name(code), language_name(mine), _state(message, kept, code, mine), kept)


def _state(message: Message, kept: Translation | None, code: str, mine: str) -> State:
    if kept and kept.text is not None:
        return State.DONE
    if code in ("", mine) or not translations.is_translated(message):
        return State.PLAIN
    if not has_model():
        return State.NO_MODEL
    if kept and translations.is_awaited(kept):
        return State.AWAITED
    return State.FAILED if kept else State.OFFERED
