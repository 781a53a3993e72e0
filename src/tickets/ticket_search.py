"""Finds tickets by words, ids and mail addresses. Every way there is an index of PostgreSQL.

An index is no help for a word that is nearly everywhere: then the list is walked in its own order instead.
"""

import re

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
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
_MOST_HITS = (
    5_000  # Of each way: whoever searches for what is in very many tickets gets some of them, and soon.
)
_PROBED = 200  # The newest messages, which tell how frequent something is.
_FREQUENT = (
    10  # In so many of those: about every second ticket has it, and a page is full after some hundred.
)
MOST_WALKED = 1_000


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
    words = _words(text)
    if not words:
        return ~true()
    hits = [_said(words), _about(words), _named(words)]
    if len(words) > 1:  # A name and what its bearer wrote: "alice refund".
        hits += [_said(rest, of=word) for word, rest in _one_apart(words)]
        hits += [_about(rest, of=word) for word, rest in _one_apart(words)]
    found = union_all(*hits).subquery()
    return Ticket.id.in_(select(found.c[0]))


def _words(text: str) -> list[str]:
    return [part for word in _WORD.findall(text) for part in word.replace("_", " ").split()][:_MOST_WORDS]


def is_frequent(session: Session, text: str) -> bool:
    """Whether so many tickets hold all the words that walking the list finds a page of them sooner than an index."""
    words = _words(text)
    if not words or _TICKET.fullmatch(text.strip().upper()) or "@" in text:
        return False
    newest = select(Message.text).order_by(Message.id.desc()).limit(_PROBED).subquery()
    hits = (
        select(func.count()).select_from(newest).where(_vector(newest.c.text).bool_op("@@")(_wanted(words)))
    )
    return (session.scalar(hits) or 0) >= _FREQUENT


def holds(
    text: str, ticket_id: InstrumentedAttribute[int], about: ColumnElement[str], name: ColumnElement[str]
) -> ColumnElement[bool]:
    """The same as `contains`, asked of one ticket after another: of its messages, of what it is about, of the name."""
    wanted = _wanted(_words(text))
    # The limit keeps the planner from asking the index of words after all.
    said = (
        select(literal_column("true", Boolean))
        .where(
            Message.ticket_id == ticket_id,
            (_vector(Message.text).op("||")(_vector(name))).bool_op("@@")(wanted),
        )
        .limit(1)
        .scalar_subquery()
    )
    return or_((_vector(about).op("||")(_vector(name))).bool_op("@@")(wanted), said)


def _vector(text: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    return func.to_tsvector(literal_column("'simple'"), text)


def _wanted(words: list[str]) -> ColumnElement[str]:
    """All the words; beginnings count, so that a search finds something while it is typed."""
    return func.to_tsquery("simple", " & ".join(f"{word}:*" for word in words))


def _one_apart(words: list[str]) -> list[tuple[str, list[str]]]:
    return [(word, [*words[:at], *words[at + 1 :]]) for at, word in enumerate(words)]


def _holds(column: str, words: list[str]) -> ColumnElement[bool]:
    return literal_column(column, Boolean).bool_op("@@")(_wanted(words))


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
    if of:
        return query.where(_other.customer_id.in_(_people([of])))
    some = query.limit(_MOST_HITS).subquery()
    return select(some.c.id)


def _named(words: list[str]) -> Select[int]:
    return select(_other.id).where(_other.customer_id.in_(_people(words)))


def _people(words: list[str]) -> Select[int]:
    return select(Customer.id).where(_holds(CUSTOMER_WORDS, words))
