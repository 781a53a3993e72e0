"""Joins the mails of an archive into tickets by their ids, in whatever order and file they come.

What is remembered of a thread is rows: the mails of one ticket may be a whole archive apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingestion.models import ImportedMail
from tickets import history
from tickets.contracts import Author, Channel
from tickets.history import Fate, Stored
from tickets.past import PastTicket
from tickets.past_customers import Person, person_of


@dataclass(eq=False)
class _Thread:
    """A ticket to be: the one stored already, if any, and its new mails by their place in the batch."""

    people: set[Person]
    ticket_id: int | None = None
    places: list[int] = field(default_factory=list)


def store(session: Session, mails: Sequence[PastTicket]) -> Stored:
    """Each mail to the ticket of its thread and customer; a stored ticket gets what is new."""
    fates = _fates(session, mails)
    fresh = [place for place, fate in enumerate(fates) if fate is Fate.STORED]
    threads = _threads(session, [mails[place] for place in fresh])
    joined: list[_Thread] = []
    for place in fresh:
        thread = _join(mails[place], threads)
        thread.places.append(place)
        if thread not in joined:
            joined.append(thread)
    stored = history.store(session, [_whole(mails, thread) for thread in joined])
    ids = [0] * len(mails)
    for thread, ticket_id in zip(joined, stored.ticket_ids, strict=True):
        thread.ticket_id = ticket_id
        for place in thread.places:
            ids[place] = ticket_id
    _remember(session, [mails[place] for place in fresh], threads)
    return Stored(tuple(fates), tuple(ids))


def _fates(session: Session, mails: Sequence[PastTicket]) -> list[Fate]:
    """One Message-ID on two mails is one mail only when sender and date agree."""
    keys = [(str(Channel.MAIL), one.messages[0].external_id) for one in mails]
    seen = history.known(session, keys)
    fates = []
    for key, one in zip(keys, mails, strict=True):
        if key not in seen:
            seen[key] = one.messages[0].fingerprint
            fates.append(Fate.STORED)
        else:
            same = seen[key] == one.messages[0].fingerprint
            fates.append(Fate.DUPLICATE if same else Fate.REFUSED)
    return fates


def _mentioned(one: PastTicket) -> list[str]:
    """The mails that it answers, nearest first, and itself: an answer to it may have come before."""
    mail = one.messages[0].mail
    assert mail is not None
    return list(
        dict.fromkeys(key for key in (mail.in_reply_to, *reversed(mail.references), mail.message_id) if key)
    )


def _threads(session: Session, mails: Iterable[PastTicket]) -> dict[str, _Thread]:
    """What is known of the mails mentioned, by their ids."""
    wanted = sorted({key for one in mails for key in _mentioned(one)})
    query = select(ImportedMail.mail_id, ImportedMail.ticket_id).where(ImportedMail.mail_id.in_(wanted))
    found = {mail_id: ticket_id for mail_id, ticket_id in session.execute(query)}
    people = history.customers_of(session, found.values())
    tickets = {ticket_id: _Thread(people[ticket_id], ticket_id) for ticket_id in set(found.values())}
    return {mail_id: tickets[ticket_id] for mail_id, ticket_id in found.items()}


def _join(one: PastTicket, threads: dict[str, _Thread]) -> _Thread:
    """To a thread of the same customer: who quotes an id does not get into somebody else's ticket.

    Staff's mail may also go to another person of the thread that it answers.
    """
    mentioned = _mentioned(one)
    customer = person_of(one.channel, one.identity)
    near = [threads[key] for key in mentioned if key in threads]
    thread = next((found for found in near if customer in found.people), None)
    if thread is None and one.messages[0].author is Author.STAFF:
        thread = next((threads[key] for key in mentioned if key in threads and key != one.external_id), None)
    thread = thread or _Thread({customer})
    for key in mentioned:
        threads.setdefault(key, thread)
    threads[one.external_id] = thread
    return thread


def _whole(mails: Sequence[PastTicket], thread: _Thread) -> PastTicket:
    """The new mails of a thread as one ticket. It was resolved when staff answered last, if they did."""
    members = sorted((mails[place] for place in thread.places), key=lambda one: one.messages[0].at)
    messages = tuple(one.messages[0] for one in members)
    asked = next((one for one in members if one.messages[0].author is Author.CUSTOMER), members[0])
    answered = [one.at for one in messages if one.author is Author.STAFF]
    return replace(
        asked,
        subject=members[0].subject,
        messages=messages,
        resolved_at=max(answered, default=None),
        continues=thread.ticket_id,
    )


def _remember(session: Session, mails: Sequence[PastTicket], threads: dict[str, _Thread]) -> None:
    own = {one.external_id: threads[one.external_id].ticket_id for one in mails}
    others = {key: threads[key].ticket_id for one in mails for key in _mentioned(one) if key not in own}
    if own:
        statement = insert(ImportedMail)
        replaced = {"ticket_id": statement.excluded.ticket_id}
        statement = statement.on_conflict_do_update(index_elements=["mail_id"], set_=replaced)
        session.execute(statement, [{"mail_id": key, "ticket_id": one} for key, one in own.items()])
    if others:
        session.execute(
            insert(ImportedMail).on_conflict_do_nothing(),
            [{"mail_id": key, "ticket_id": one} for key, one in others.items()],
        )
