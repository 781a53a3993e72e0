"""What is kept of a customer beside their messages can be exported and erased, and that of others stays."""

import json

import pytest
from sqlalchemy import select, text

from runtime.database import transaction
from runtime.errors import Conflict
from tests.jobs import CollectedJobs
from tests.proposals import a_proposal
from tests.tickets import recorded_desk
from tickets import action_execution, actions, conversations, corrections, lifecycle, privacy, queries
from tickets.action_kinds import ActionKind, AddressArguments, Proposal
from tickets.corrections import Verdict
from tickets.lifecycle import Corrections
from tickets.models import Ticket

CANARY = "Canary-Lane-7741"
OTHER = "Sparrow-Lane-1147"
_STAFF = "AGENT-BOB00000"
_TABLES = ("actions", "action_proofs", "judgement_corrections", "answer_verdicts")


def _known(mail: str, canary: str) -> tuple[int, str]:
    """A customer of whom everything is kept that can be: their id, and the public id of their action."""
    moved = Proposal(
        ActionKind.ADDRESS_CHANGE,
        AddressArguments(address=f"12 {canary}, Springfield"),
        answer=f"We write to {canary} from now on.",
    )
    ticket, action = a_proposal(moved, identity=mail)
    with transaction() as session:
        found = queries.find_ticket(session, ticket)
        lifecycle.correct(session, found.id, Corrections(category="billing_inquiry"), staff=_STAFF)
        corrections.give_verdict(
            session, found.id, Verdict.WRONG, staff=_STAFF, why=f"They live at {canary}."
        )
        return found.customer_id, action


def _rows_with(canary: str) -> int:
    """How many rows hold it, anywhere in them."""
    with transaction() as session:
        return sum(
            session.execute(
                text(f"select count(*) from {name} one where one::text like :like"), {"like": f"%{canary}%"}
            ).scalar_one()
            for name in _TABLES
        )


def test_actions_corrections_and_verdicts_are_exported_with_what_they_say(run_jobs: CollectedJobs) -> None:
    alice, action = _known("alice@example.com", CANARY)
    _known("bob@example.com", OTHER)
    with transaction() as session:
        exported = privacy.export_customer(session, alice)
    [asked] = exported["actions"]
    assert (asked["action"], asked["kind"], asked["state"]) == (
        action,
        "address_change",
        "awaiting_verification",
    )
    assert asked["arguments"] == {"address": f"12 {CANARY}, Springfield"}
    assert asked["mail"] == "alice@example.com"
    [corrected] = exported["judgement_corrections"]
    assert (corrected["field"], corrected["from"], corrected["to"]) == (
        "category",
        "shipping",
        "billing_inquiry",
    )
    [judged] = exported["answer_verdicts"]
    assert (judged["verdict"], judged["why"]) == ("wrong", f"They live at {CANARY}.")
    assert {one["ticket"] for part in exported.values() for one in part} == {asked["ticket"]}
    assert OTHER not in json.dumps(exported), "it is another customer's"


def test_after_an_erasure_no_row_holds_the_canary_and_others_keep_theirs(run_jobs: CollectedJobs) -> None:
    alice, _action = _known("alice@example.com", CANARY)
    _known("bob@example.com", OTHER)
    others = _rows_with(OTHER)
    assert _rows_with(CANARY) == others == 2
    with transaction() as session:
        assert privacy.erase_customer(session, alice) == 3
    assert (_rows_with(CANARY), _rows_with(OTHER)) == (0, others)
    with transaction() as session:
        left = privacy.export_customer(session, alice)
        assert (left["actions"], left["judgement_corrections"]) == ([], [])
        assert [(one["verdict"], one["why"]) for one in left["answer_verdicts"]] == [("wrong", "")]
        assert session.execute(text("select count(*) from action_proofs")).scalar_one() == 1
        assert privacy.erase_customer(session, alice) == 0


def test_what_is_being_done_is_not_erased_before_it_has_ended(run_jobs: CollectedJobs) -> None:
    ticket, action = a_proposal()
    with transaction() as session:
        actions.approve(session, action, staff=_STAFF, name="Bob", seen_seq=1)
        work = action_execution.claim(session, actions.find(session, action).id)
        customer_id = queries.find_ticket(session, ticket).customer_id
    assert work is not None
    with pytest.raises(Conflict, match="being done"), transaction() as session:
        privacy.erase_customer(session, customer_id)
    with transaction() as session:
        assert action_execution.mark_done(session, work, reference="SHOP-1")
        assert privacy.erase_customer(session, customer_id) == 1


def test_what_decisions_were_made_from_is_exported_until_it_is_erased(run_jobs: CollectedJobs) -> None:
    ticket_id = recorded_desk.decide(1)
    with transaction() as session:
        customer_id = session.scalars(select(Ticket.customer_id).where(Ticket.id == ticket_id)).one()
        (kept,) = privacy.export_customer(session, customer_id)["decision_inputs"]
        assert kept["inputs"]["case"] == {"question": "Question 1?"}
        conversations.empty(session, [ticket_id])
        assert privacy.export_customer(session, customer_id)["decision_inputs"] == []
