"""The two statements of the hot path, in SQL: opening a ticket, and claiming the most urgent one."""

import json
import re
from typing import Any

from sqlalchemy import text

from runtime import correlation
from tickets import customers
from tickets.contracts import IncomingMessage, MailHeaders, Priority

# One round trip for the usual case. No row: the customer is not known yet. A row without a ticket: the message
# was received before. A conflict with a transaction under way waits for it, so simultaneous doubles are one.
OPEN_TICKET = text("""
with known as (
    select customer_id from customer_identities where kind = :kind and value = :identity
), ids as materialized (
    select nextval('tickets_id_seq') as ticket_id, nextval('messages_id_seq') as message_id
), received as (
    insert into received_messages (channel, external_id, fingerprint, ticket_id, message_id)
    select :channel, :external_id, :fingerprint, ids.ticket_id, ids.message_id from ids, known
    on conflict do nothing
    returning ticket_id, message_id
), ticket as (
    insert into tickets (id, public_id, customer_id, channel, thread, subject, priority, priority_rank,
        priority_stated, last_seq, last_inbound_seq, answer_due_at, correlation_id, metadata,
        customer_verified, linked_to, language, desk_address, identity)
    select received.ticket_id, :public_id, known.customer_id, :channel, :thread, :subject, :priority,
        :priority_rank, :priority_stated, 1, 1, now() + make_interval(secs => :deadline_s), :correlation_id,
        cast(:metadata as jsonb), :customer_verified, :linked_to, :language, :desk_address, :identity
    from received, known
), message as (
    insert into messages (id, ticket_id, seq, kind, author, author_name, text, quoted_text, external_id,
        mail_id, mail_references, mail_thread_index, copied, reply_to, correlation_id)
    select received.message_id, received.ticket_id, 1, 'inbound', 'customer', :name, :text, :quoted_text,
        :external_id, :mail_id, cast(:mail_references as text[]), :mail_thread_index,
        cast(:copied as text[]), :reply_to, :correlation_id
    from received
), event as (
    insert into ticket_events (ticket_id, kind, actor, data)
    select received.ticket_id, 'received', 'customer', jsonb_build_object('seq', 1, 'channel', cast(:channel as text))
    from received
)
select received.ticket_id, received.message_id from known left join received on true
""")

# The same for the driver alone, without the layers in between.
OPEN_TICKET_AT_ONCE = re.sub(r"(?<!:):(\w+)", r"%(\1)s", OPEN_TICKET.text)

# Whatever order the broker delivers wake-ups in, the most urgent pending ticket is answered first.
CLAIM = text("""
update tickets set
    claim_token = :token,
    claimed_until = now() + make_interval(secs => :lease_s),
    attempts = attempts + 1,
    status = 'in_progress',
    updated_at = now()
where id = (
    select id from tickets
    where owner = 'agent' and last_inbound_seq > handled_seq
        and (claimed_until is null or claimed_until < now())
        and attempts < :max_attempts
    order by priority_rank desc, answer_due_at
    limit 1
    for update skip locked
)
returning id
""")


def opening_values(message: IncomingMessage, public_id: str, *, deadline_s: float) -> dict[str, Any]:
    """The parameters of `OPEN_TICKET`."""
    priority = message.priority or Priority.NORMAL
    return {
        "kind": customers.identity_kind(message.channel, message.identity),
        "identity": customers.normalised(message.identity),
        "public_id": public_id,
        "linked_to": None,
        "channel": message.channel,
        "external_id": message.external_id,
        "fingerprint": message.fingerprint,
        "thread": message.thread,
        "subject": message.subject,
        "name": message.name,
        "text": message.text,
        "quoted_text": message.quoted_text,
        "priority": priority,
        "priority_rank": priority.rank,
        "priority_stated": message.priority is not None,
        "deadline_s": deadline_s,
        "metadata": json.dumps(message.metadata),
        "customer_verified": message.customer_verified,
        "language": message.language,
        "desk_address": message.desk_address,
        # An empty list costs the driver more than a text that says the same.
        **{name: value if value != [] else "{}" for name, value in mail_values(message).items()},
        "correlation_id": correlation.current(),
    }


def mail_values(message: IncomingMessage) -> dict[str, Any]:
    """What a message keeps of its mail's headers."""
    mail = message.mail or MailHeaders("")
    return {
        "mail_id": mail.message_id,
        "mail_references": list(mail.references),
        "mail_thread_index": mail.thread_index,
        "copied": list(message.copied),
        "reply_to": message.reply_to,
    }
