"""Finds tickets by words, ids and mail addresses. Every way there is an index of PostgreSQL."""

import re

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select, true, union_all
from sqlalchemy.orm import aliased
from sqlalchemy.types import Boolean

from tickets.models import (
    CUSTOMER_WORDS,
    MESSAGE_WORDS,
    TICKET_WORDS,
    Customer,
    CustomerIdentity,
    Message,
    Ticket,
)

_WORD = re.compile(r"\w+")
_TICKET = re.compile(r"TKT-[0-9]{8}-[0-9A-Z]{8}")
_CUSTOMER = re.compile(r"CUST-[0-9A-Z]{8}")
_MOST_WORDS = 6
_other = aliased(Ticket, name="other")
_OTHER_WORDS = TICKET_WORDS.replace("subject", "other.subject").replace("summary", "other.summary")
_MOST_HITS = 5_000  # Messages: whoever searches for a word that is everywhere gets some of them, and soon.


def contains(text: str) -> ColumnElement[bool]:
    """Tickets that hold all the words, as whole words or beginnings, in messages, subject, summary or the name."""
    given = text.strip()
    exact = given.upper()
    if _TICKET.fullmatch(exact):
        return Ticket.public_id == exact
    if _CUSTOMER.fullmatch(exact):
        return Ticket.customer_id.in_(select(Customer.id).where(Customer.public_id == exact))
    if "@" in given and not given.endswith("@"):
        return or_(_of_address(given), _all_words(given))
    return _all_words(given)


def _of_address(given: str) -> ColumnElement[bool]:
    known = select(CustomerIdentity.customer_id).where(CustomerIdentity.value == given.casefold())
    return Ticket.customer_id.in_(known)


def _all_words(text: str) -> ColumnElement[bool]:
    words = [part for word in _WORD.findall(text) for part in word.replace("_", " ").split()][:_MOST_WORDS]
    if not words:
        return ~true()
    hits = [_said(words), _about(words), _named(words)]
    if len(words) > 1:  # A name and what its bearer wrote: "alice refund".
        hits += [_said(rest, of=word) for word, rest in _one_apart(words)]
        hits += [_about(rest, of=word) for word, rest in _one_apart(words)]
    found = union_all(*hits).subquery()
    return Ticket.id.in_(select(found.c[0]))


def _one_apart(words: list[str]) -> list[tuple[str, list[str]]]:
    return [(word, [*words[:at], *words[at + 1 :]]) for at, word in enumerate(words)]


def _holds(column: str, words: list[str]) -> ColumnElement[bool]:
    """All the words; beginnings count, so that a search finds something while it is typed."""
    wanted = func.to_tsquery("simple", " & ".join(f"{word}:*" for word in words))
    return literal_column(column, Boolean).bool_op("@@")(wanted)


def _said(words: list[str], *, of: str = "") -> Select[int]:
    """Tickets with a message that holds them all; `of`: and whose customer's name holds this word."""
    if of:
        theirs = select(_other.id).where(_other.customer_id.in_(_people([of])))
        return select(Message.ticket_id).where(_holds(MESSAGE_WORDS, words), Message.ticket_id.in_(theirs))
    some = select(Message.ticket_id).where(_holds(MESSAGE_WORDS, words)).limit(_MOST_HITS).subquery()
    return select(some.c.ticket_id)


def _about(words: list[str], *, of: str = "") -> Select[int]:
    """Tickets whose subject and summary hold them all."""
    query = select(_other.id).where(_holds(_OTHER_WORDS, words))
    return query.where(_other.customer_id.in_(_people([of]))) if of else query


def _named(words: list[str]) -> Select[int]:
    return select(_other.id).where(_other.customer_id.in_(_people(words)))


def _people(words: list[str]) -> Select[int]:
    return select(Customer.id).where(_holds(CUSTOMER_WORDS, words))
