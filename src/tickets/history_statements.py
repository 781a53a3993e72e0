"""The statements that write past tickets, in SQL: a batch is one parameter, not a round trip for each row."""

from sqlalchemy import text

INSERT_TICKETS = text("""
insert into tickets (id, public_id, customer_id, channel, thread, subject, status, owner, category, language,
    last_seq, last_inbound_seq, handled_seq, answer_due_at, staff_due_at, resolved_at, learned_at, metadata,
    created_at, updated_at)
select id, public_id, customer_id, channel, thread, subject, status, owner, category, language,
    last_seq, last_inbound_seq, handled_seq, answer_due_at, staff_due_at, resolved_at, learned_at, metadata,
    created_at, updated_at
from json_populate_recordset(cast(null as tickets), cast(:rows as json))
""")
INSERT_MESSAGES = text("""
insert into messages (id, ticket_id, seq, kind, author, author_name, text, quoted_text, external_id, mail_id,
    mail_references, delivery, delivered_at, created_at)
select id, ticket_id, seq, kind, author, author_name, text, quoted_text, external_id, mail_id,
    mail_references, delivery, delivered_at, created_at
from json_populate_recordset(cast(null as messages), cast(:rows as json))
""")
INSERT_RECEIVED = text("""
insert into received_messages (channel, external_id, fingerprint, ticket_id, message_id)
select channel, external_id, fingerprint, ticket_id, message_id
from json_populate_recordset(cast(null as received_messages), cast(:rows as json))
""")
INSERT_EVENTS = text("""
insert into ticket_events (ticket_id, kind, actor, data)
select ticket_id, kind, actor, data from json_populate_recordset(cast(null as ticket_events), cast(:rows as json))
""")

# Messages that came late find their place by their dates. Below zero first: (ticket_id, seq) is unique all the time.
SET_ASIDE = text("update messages set seq = -seq where ticket_id = any(:tickets) and seq > 0")
NUMBER_ANEW = text("""
update messages set seq = ordered.place
from (
    select id, row_number() over (partition by ticket_id order by created_at, id) as place
    from messages where ticket_id = any(:tickets)
) ordered
where messages.id = ordered.id
""")
SUM_UP = text("""
update tickets set
    last_seq = said.last, last_inbound_seq = said.inbound, handled_seq = said.inbound,
    created_at = said.since, updated_at = said.until, resolved_at = said.answered_at,
    learned_at = case when said.answered_at is null or said.inbound = 0 then now() end
from (
    select ticket_id, max(seq) as last, coalesce(max(seq) filter (where kind = 'inbound'), 0) as inbound,
        min(created_at) as since, max(created_at) as until,
        max(created_at) filter (where author = 'staff' and kind = 'outbound') as answered_at
    from messages where ticket_id = any(:tickets) group by ticket_id
) said
where tickets.id = said.ticket_id
""")

CUSTOMERS = text("""
select tickets.id, kind, value from tickets join customer_identities using (customer_id)
where tickets.id = any(:tickets)
""")
