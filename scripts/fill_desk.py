"""Fills an empty desk with as many made-up tickets as asked for, to measure pages on. Never on a desk in use."""

import argparse
import json
import sys
import time
from dataclasses import asdict

from sqlalchemy import TextClause, text

from runtime.database import transaction
from tickets.contracts import Judgement, Priority

# Words are drawn from a list whose first ones are frequent, as in any language; numbers make rare ones.
_WORDS = (
    "order parcel invoice refund delivery account password broken late size colour return payment address "
    "discount voucher charger kettle tent lamp cable battery screen button wrong missing double cancel change"
)

_STATEMENTS = (
    """
    create or replace function pg_temp.said(seed bigint, words int) returns text language sql as $$
        select string_agg((string_to_array(:words, ' '))[
            1 + floor(power(abs(hashint8(seed * 131 + n)::float8) / 2147483648, 2) * :count)::int], ' ')
            || ' ' || seed % 50000
        from generate_series(1, words) n
    $$
    """,
    """
    insert into customers (public_id, name)
    select 'CUST-' || lpad(to_hex(n), 8, '0'), 'Customer ' || n from generate_series(1, :customers) n
    """,
    """
    insert into customer_identities (kind, value, customer_id)
    select 'mail', 'customer' || id || '@example.com', id from customers
    """,
    """
    insert into tickets (public_id, customer_id, channel, subject, status, owner, assignee, priority, priority_rank,
        category, language, summary, reason, last_seq, last_inbound_seq, handled_seq, answer_due_at, staff_due_at,
        resolved_at, created_at, updated_at)
    select 'TKT-20260101-' || lpad(upper(to_hex(n)), 8, '0'), 1 + n % :customers, 'mail', pg_temp.said(n, 5),
        case when n % 20 = 0 then 'escalated' when n % 20 = 1 then 'waiting_customer'
            when n % 3 = 0 then 'closed' else 'resolved' end,
        case when n % 20 = 0 or n % 4 = 0 then 'staff' else 'agent' end,
        case when n % 40 = 0 then 'AGENT-' || lpad((n % 200 / 40)::text, 8, '0') end,
        (array['low', 'normal', 'high', 'critical'])[1 + n % 4], n % 4,
        (array['shipping', 'billing_inquiry', 'general_inquiry'])[1 + n % 3], 'en', pg_temp.said(n, 4),
        case when n % 20 = 0 then 'low_confidence' end, :each, :each - 1, :each - 1,
        at, at + interval '4 hours' + n % 86400 * interval '1 second',
        case when n % 20 > 1 then at + interval '1 day' end, at, at
    from generate_series(1, :tickets) n,
        lateral (select now() - (:tickets - n) * interval '5 minutes' as at) moment
    """,
    """
    insert into messages (ticket_id, seq, kind, author, author_name, text, mail_id, delivery, delivered_at, created_at)
    select t.id, s, case when s % 2 = 1 then 'inbound' else 'outbound' end,
        case when s % 2 = 1 then 'customer' when t.owner = 'staff' then 'staff' else 'agent' end, 'Alice',
        pg_temp.said(t.id * 31 + s, 40), 'm' || t.id || '.' || s || '@example.com',
        case when s % 2 = 0 then 'sent' end, case when s % 2 = 0 then t.created_at end,
        t.created_at + s * interval '10 minutes'
    from tickets t, generate_series(1, :each) s
    """,
    """
    insert into ticket_events (ticket_id, kind, actor, data, at)
    select t.id, case when s = 1 then 'received' when s = 2 then 'escalated' else 'replied' end,
        case when s = 1 then 'customer' else 'agent' end, '{}', t.created_at + s * interval '10 minutes'
    from tickets t, generate_series(1, 4) s
    """,
    """
    insert into agent_decisions (ticket_id, answers_seq, outcome, draft, judgement, at)
    select id, :each - 1, case when owner = 'staff' then 'escalation' else 'reply' end, pg_temp.said(id, 40),
        cast(:judgement as jsonb), created_at
    from tickets
    """,
)


def fill(*, tickets: int, messages: int) -> None:
    """One transaction; refuses a desk that holds tickets."""
    values: dict[str, int | str] = {
        "tickets": tickets,
        "each": max(2, messages // tickets),
        "customers": max(1, tickets // 3),
        "words": _WORDS,
        "judgement": json.dumps(asdict(Judgement("shipping", Priority.NORMAL, 0.1, "en", 0.8, ""))),
        "count": len(_WORDS.split()),
    }
    with transaction() as session:
        if session.scalar(text("select exists (select 1 from tickets)")):
            sys.exit("This desk holds tickets: an empty one is needed.")
        for statement in _STATEMENTS:
            session.execute(_with(statement, values), _used(statement, values))
    with transaction() as session:
        session.execute(text("analyze"))


def _with(statement: str, values: dict[str, int | str]) -> TextClause:
    """A function's body takes no parameters, so its values are written into it."""
    if "create or replace function" not in statement:
        return text(statement)
    words = str(values["words"])
    return text(statement.replace(":words", f"'{words}'").replace(":count", str(values["count"])))


def _used(statement: str, values: dict[str, int | str]) -> dict[str, int | str]:
    if "create or replace function" in statement:
        return {}
    return {name: value for name, value in values.items() if f":{name}" in statement}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tickets", type=int, default=100_000)
    asked.add_argument("--messages", type=int, default=1_000_000)
    given = asked.parse_args()
    began = time.monotonic()
    fill(tickets=given.tickets, messages=given.messages)
    took = time.monotonic() - began
    print(f"{given.tickets} tickets with {given.messages} messages in {took:.0f} s")  # its output


if __name__ == "__main__":
    main()
