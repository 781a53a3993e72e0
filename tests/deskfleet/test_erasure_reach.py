"""Every table of the schema is declared to hold nothing of customers, or is seen to hold nothing after an erasure."""

from collections.abc import Collection

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from deskfleet import privacy
from ingestion import intake
from knowledge import articles
from runtime.database import transaction
from tests.deskfleet.canary import (
    BY,
    CANARY,
    MAIL,
    SEALED,
    a_customer,
    plant,
    rows_with,
    sent,
    textual_tables,
)
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import lifecycle
from tickets.contracts import Status
from tickets.models import Ticket

# Nothing that a customer said, sent or is called stands in these; each with why.
FREE = {
    "alerts": "names what of the desk is wrong, by public ids and counts",
    "api_keys": "of programs, named by staff",
    "audit_entries": "append only by law of the house: public ids, routes and counts, never what was seen",
    "audit_scores": "counts of what staff and keys did",
    "category_gates": "names of categories, and what staff proved of them",
    "decision_chain_head": "a hash",
    "decision_contexts": "settings and rules that decisions were made under",
    "decision_records": "hashes and numbers of a decision",
    "desk_settings": "how admins have set the desk",
    "embedder_in_use": "the name of a model",
    "erasures": "the receipt: counts, public ids and a seal",
    "experiments": "settings that staff try, and how they fare",
    "forecasts": "numbers of a volume",
    "hourly_volume": "counts by channel and category",
    "imports": "the name and digest of a file that staff imported",
    "invitations": "of staff",
    "learning_runs": "who began a run of learning, and its counts",
    "llm_budgets": "names of budgets",
    "llm_calls": "numbers of a call; no text of one is kept",
    "llm_reservations": "names of budgets",
    "mailbox_cursors": "the desk's own mailboxes",
    "mailbox_states": "the desk's own mailboxes and why they could not be read",
    "outgoing_webhooks": "where programs of the company listen",
    "password_resets": "of staff, a hash",
    "prediction_models": "weights over numbers of many tickets",
    "pushed_vectors": "fingerprints of what was pushed",
    "queue_members": "of staff",
    "replays": "settings that staff tried",
    "rollup_marks": "how far the figures were counted",
    "sessions": "of staff",
    "source_syncs": "folders of articles, who had them read, and which file was wrong",
    "spent_refresh_tokens": "of staff, hashes",
    "staff_presences": "of staff",
    "staff_queues": "names of queues",
    "template_uses": "of staff",
    "templates": "texts that staff wrote for everybody",
    "ticket_viewers": "of staff",
    "tombstones": "keyed digests",
    "triage_trainings": "figures of classifiers, whose weights are of hashed words of many",
    "users": "of staff",
    "volume_events": "what staff expect of the volume, by days",
    "vectors": "digests of passages",
    "article_pieces": "digests of passages",
    "article_vectors": "the name of a model",
    "llm_quotas": "names of limits",
}
# What the checks of a table ask for, where the word alone will not do.
GIVEN: dict[str, dict[str, object]] = {
    "action_proofs": {"code_hash": b"x", "link_hash": b"x"},
    "actions": {"kind": "address_change", "state": "done", "answer": "Done.", "outcome": ""},
    "answer_verdicts": {"verdict": "wrong"},
    "judgement_corrections": {"field": "mood"},
    "knowledge_gaps": {"draft_origin": "outline", "article_id": None, "edited_at": None, "dismissed_at": None,
                       "published_at": None},
    "lexemes": {"chunks": 0},
    "notifications": {"seen_at": None},
    "outgoing_webhooks": {"kind": "mail", "public_id": "HOOK-1", "url": "team@example.com",
                          "secret": None, "topics": []},
    "received_messages": {"channel": "api"},
    "replay_cases": {"state": "done"},
    "replays": {"name": "a", "candidate": "{}", "public_id": "REPLAY-1", "requested_by": ""},
    "resolution_notes": {},
    "saved_views": {"query": f"q={MAIL.replace('@', '%40')}", "name": "hers"},
    "ticket_events": {"kind": "noted"},
    "translations": {"language": "de"},
}  # fmt: skip
# Rows that others must point to.
FIRST = ("outgoing_webhooks", "replays", "knowledge_gaps", "actions")


@pytest.fixture
def alice(run_jobs: CollectedJobs) -> str:
    """Everything that there can be of her is there, in every table that is not free of it."""
    public_id = a_customer()
    _learned_from()
    sent()
    held = rows_with(CANARY)
    with transaction() as session:
        known = _rows_to_point_at(session, public_id)
        for name in (*FIRST, *sorted(textual_tables() - FREE.keys() - SEALED - set(FIRST))):
            if name not in ("tickets", "messages", "customers", "customer_identities"):
                _plant(session, name, known, held)
    return public_id


def _learned_from() -> None:
    """A ticket that staff resolved, from which the memory has learned."""
    with transaction() as session:
        ticket = intake.receive(
            session,
            a_message(
                identity=MAIL, external_id="second", text=f"How do I open the {CANARY} box of the tent?"
            ),
        )
        answer = f"Press the lever of the {CANARY} box for two seconds and pull the lid of the tent up."
        lifecycle.staff_reply(session, ticket.ticket_id, answer, staff=BY, name="Bob", seen_seq=1)
        lifecycle.set_status(session, ticket.ticket_id, Status.RESOLVED, actor=BY)
    articles.learn_now()


def _rows_to_point_at(session: Session, public_id: str) -> dict[str, int]:
    query = "select max({0}.id) from {0} join tickets on {0}.{1} = tickets.id"
    return {
        "customers": _one(session, f"select id from customers where public_id = '{public_id}'"),
        "tickets": _one(session, "select min(id) from tickets"),
        "messages": _one(session, query.format("messages", "ticket_id")),
        "agent_decisions": _one(session, query.format("agent_decisions", "ticket_id")),
        "articles": _one(session, "select max(id) from articles"),
        "chunks": _one(session, "select max(id) from chunks"),
    }


def _one(session: Session, query: str) -> int:
    return int(session.execute(text(query)).scalar_one())


def _plant(session: Session, name: str, known: dict[str, int], held: Collection[str]) -> None:
    """Where the product itself has not put her already."""
    if name not in held:
        public_id = session.scalars(select(Ticket.public_id).where(Ticket.id == known["tickets"])).one()
        given = dict(GIVEN.get(name, {}))
        if name == "webhook_deliveries":
            given |= {
                "payload": f'{{"ticket_id": "{public_id}", "data": {{"x": "{CANARY}"}}}}',
                "sent_at": "2026-11-21",
            }
        if name == "past_questions":
            given |= {"source": public_id, "confirmed_by": "staff"}
        plant(session, name, known, given)
    if name in FIRST:
        known[name] = _one(session, f'select max(id) from "{name}"')


def test_no_table_is_forgotten(alice: str) -> None:
    assert FREE.keys() - textual_tables() <= {"llm_quotas"}, "a table that is not there any more"
    held = rows_with(CANARY).keys()
    undeclared = textual_tables() - FREE.keys() - SEALED - held
    assert undeclared == set(), "neither declared to be free of customers, nor tried by this test"
    assert len(held) > 25
    privacy.erase(alice, by=BY)
    left = rows_with(CANARY) | rows_with(MAIL) | rows_with(CANARY.partition("-")[0])
    assert not left, "\n".join(f"{name} {count}" for name, count in left.items())


def test_what_is_free_of_customers_is_so_after_all_that_the_product_did(run_jobs: CollectedJobs) -> None:
    a_customer()
    _learned_from()
    assert rows_with(CANARY).keys() & FREE.keys() == set()
