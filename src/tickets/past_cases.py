"""Cases as they were: what the agent would have been told of the first turn of past tickets, many at once.

Nothing that came later is in them. A replay asks for them; nothing is claimed and nothing is written.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from runtime.redaction import redact
from tickets.contracts import Author, Case, Channel, Priority, RecentTicket, Status, Turn
from tickets.entity_patterns import entities_of

_LONGEST_QUESTION = 24_000
_LONGEST_TURN = 4_000
_TICKETS = text("""
select tickets.*, tickets.metadata as meta, customers.name as customer_name, customers.tier,
    coalesce((
        select value from customer_identities where customer_id = tickets.customer_id and kind = 'mail'
        order by value = tickets.identity desc, value limit 1), '') as mail
from tickets join customers on customers.id = tickets.customer_id
where tickets.id = any(cast(:tickets as bigint[]))
""")
_MESSAGES = text("""
select messages.ticket_id, messages.seq, messages.author, messages.text, messages.reply_to, messages.created_at
from messages
join unnest(cast(:tickets as bigint[]), cast(:seqs as int[])) as turn (ticket_id, seq)
    on turn.ticket_id = messages.ticket_id and messages.seq <= turn.seq
where messages.kind in ('inbound', 'outbound') and messages.automatic = ''
order by messages.ticket_id, messages.seq
""")
_REPLIES = text("""
select asked.ticket_id, count(messages.id)
from unnest(cast(:tickets as bigint[]), cast(:customers as bigint[]), cast(:ats as timestamptz[]))
    as asked (ticket_id, customer_id, at)
join tickets on tickets.customer_id = asked.customer_id and tickets.channel <> 'web_chat'
join messages on messages.ticket_id = tickets.id and messages.kind = 'outbound' and messages.author = 'agent'
    and messages.created_at > asked.at - interval '1 hour' and messages.created_at < asked.at
group by asked.ticket_id
""")
_RECENT = text("""
select asked.ticket_id, before.subject, before.created_at,
    case when before.resolved_at <= asked.at then 'resolved' else 'open' end as status
from unnest(cast(:tickets as bigint[]), cast(:customers as bigint[]), cast(:ats as timestamptz[]))
    as asked (ticket_id, customer_id, at)
cross join lateral (
    select subject, created_at, resolved_at from tickets
    where customer_id = asked.customer_id and id <> asked.ticket_id
        and created_at < asked.at and created_at > asked.at - interval '30 days'
    order by created_at desc limit 3) as before
order by asked.ticket_id, before.created_at desc
""")


@dataclass(frozen=True)
class Turns:
    """Which message of which ticket was to be answered: everything up to it was known."""

    up_to: Mapping[int, int]


def build_past_cases(session: Session, turns: Turns) -> dict[int, Case]:
    """By ticket. One whose messages are gone, because its customer was erased, has no case."""
    numbers = list(turns.up_to)
    messages: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    given = {"tickets": numbers, "seqs": [turns.up_to[number] for number in numbers]}
    for row in session.execute(_MESSAGES, given):
        messages[row.ticket_id].append(row)
    tickets = {row.id: row for row in session.execute(_TICKETS, {"tickets": numbers})}
    heard = {number: _split(messages[number]) for number in tickets}
    told = {number: newest for number, (_earlier, newest) in heard.items() if any(one.text for one in newest)}
    asked = {
        "tickets": list(told),
        "customers": [tickets[number].customer_id for number in told],
        "ats": [newest[0].created_at for newest in told.values()],
    }
    replies = {number: count for number, count in session.execute(_REPLIES, asked)}
    recent: defaultdict[int, list[RecentTicket]] = defaultdict(list)
    for row in session.execute(_RECENT, asked):
        # Of which category it was said to be, and when, is not kept.
        recent[row.ticket_id].append(
            RecentTicket(redact(row.subject), "", Status(row.status), row.created_at)
        )
    return {
        number: _case(tickets[number], heard[number], turns.up_to[number], replies.get(number, 0), recent[number])
        for number in told
    }  # fmt: skip


def _split(messages: Sequence[Row[Any]]) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """What was said before, and the burst of the customer that waits."""
    last = max((n for n, one in enumerate(messages) if one.author != Author.CUSTOMER), default=-1)
    return list(messages[: last + 1]), list(messages[last + 1 :])


def _case(
    ticket: Row[Any],
    heard: tuple[list[Row[Any]], list[Row[Any]]],
    up_to: int,
    replies: int,
    recent: list[RecentTicket],
) -> Case:
    earlier, newest = heard
    question = "\n\n".join(one.text for one in newest)[:_LONGEST_QUESTION]
    turns = tuple(Turn(Author(one.author), redact(one.text[:_LONGEST_TURN])) for one in earlier)
    asked_before = tuple(turn.text for turn in turns if turn.author == Author.CUSTOMER)
    return Case(
        ticket_id=ticket.id,
        public_id=ticket.public_id,
        channel=Channel(ticket.channel),
        subject=redact(ticket.subject),
        question=redact(question),
        earlier=turns,
        earlier_questions=asked_before,
        customer_turns=len(asked_before) + len(newest),
        customer_id=ticket.customer_id,
        customer_name=ticket.customer_name,
        customer_mail=ticket.mail,
        customer_tier=ticket.tier,
        language=ticket.language,
        stated_priority=Priority(ticket.priority) if ticket.priority_stated else None,
        attempt=1,
        claim_token="",
        up_to_seq=up_to,
        received_at=_at(newest),
        correlation_id="",
        metadata=dict(ticket.meta),
        may_see_orders=ticket.customer_verified,
        recent_replies=replies,
        entities=tuple(entities_of(f"{ticket.subject}\n\n{question}")),
        recent_tickets=tuple(recent) if ticket.customer_verified else (),
    )


def _at(newest: Sequence[Row[Any]]) -> datetime:
    found: datetime = newest[0].created_at
    return found
