"""The panel of a proposed action: what staff read there, and what their buttons do."""

import pytest

from accounts.permissions import Role
from ingestion import intake
from runtime.database import transaction
from tests.console.desk import Member, member
from tests.jobs import CollectedJobs
from tests.proposals import CLOSE, a_proposal
from tests.samples import a_message
from tickets import actions, queries
from tickets.action_kinds import ActionState


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> Member:
    return member()


def page(staff: Member, ticket: str) -> str:
    return staff.client.get(f"/console/tickets/{ticket}").text


def state(action: str) -> ActionState:
    with transaction() as session:
        return actions.read(session, action).state


def test_the_page_says_in_plain_words_what_is_proposed(carol: Member) -> None:
    ticket, action = a_proposal()
    shown = page(carol, ticket)
    assert "Refund 49.00 EUR for order A-1001 to Alice" in shown
    assert "Ordered 3 days ago, within 30." in shown
    assert "Waits for approval" in shown
    assert f'action="/console/actions/{action}/approve"' in shown
    assert "AI proposed: refund" in shown, "the timeline tells it too"


def test_approve_does_it_with_the_answer_that_staff_have_changed(carol: Member) -> None:
    ticket, action = a_proposal()
    response = carol.post(
        f"/console/actions/{action}/approve", seen_seq=1, answer="Dear Alice,\r\nit is done."
    )
    assert (response.status_code, response.headers["location"]) == (
        303,
        f"/console/tickets/{ticket}?done=approved",
    )
    assert state(action) is ActionState.APPROVED
    with transaction() as session:
        assert actions.read(session, action).action.answer == "Dear Alice,\nit is done."
    assert f"/console/actions/{action}/approve" not in page(carol, ticket)


def test_decline_says_why(carol: Member) -> None:
    ticket, action = a_proposal()
    refused = carol.post(f"/console/actions/{action}/decline", reason="")
    assert refused.status_code == 422
    assert "Say why" in refused.text
    carol.post(f"/console/actions/{action}/decline", reason="It was <b>used</b>.")
    assert state(action) is ActionState.DECLINED
    assert "It was &lt;b&gt;used&lt;/b&gt;." in page(carol, ticket)


def test_a_second_press_is_told_that_it_is_done_already(carol: Member) -> None:
    _ticket, action = a_proposal()
    carol.post(f"/console/actions/{action}/approve", seen_seq=1)
    again = carol.post(f"/console/actions/{action}/approve", seen_seq=1)
    assert again.status_code == 409
    assert "approved already" in again.text


def test_an_account_action_waits_for_its_customer_and_another_code_can_be_sent(carol: Member) -> None:
    ticket, action = a_proposal(CLOSE)
    shown = page(carol, ticket)
    assert "Waits for the customer to prove who they are" in shown
    assert f"/console/actions/{action}/approve" not in shown
    sent = carol.post(f"/console/actions/{action}/code")
    assert sent.headers["location"].endswith("?done=code_sent")


def test_who_only_reads_gets_no_buttons(carol: Member) -> None:
    ticket, action = a_proposal()
    reader = member("Bob", role=Role.READONLY)
    assert "/approve" not in page(reader, ticket)
    assert reader.post(f"/console/actions/{action}/approve", seen_seq=1).status_code == 403
    assert state(action) is ActionState.AWAITING_APPROVAL


def test_a_form_of_another_site_approves_nothing(carol: Member) -> None:
    _ticket, action = a_proposal()
    forged = carol.client.post(f"/console/actions/{action}/approve", data={"seen_seq": 1, "csrf": "x"})
    assert forged.status_code == 403
    assert state(action) is ActionState.AWAITING_APPROVAL


def test_an_answer_that_was_changed_is_kept_when_approval_is_refused(carol: Member) -> None:
    ticket, action = a_proposal()
    with transaction() as session:
        ticket_id = queries.find_ticket(session, ticket).id
        intake.receive_on_ticket(session, a_message(text="One more thing"), ticket_id)
    refused = carol.post(f"/console/actions/{action}/approve", seen_seq=1, answer="Dear Alice & all, done.")
    assert refused.status_code == 409
    assert "A newer message came in" in refused.text
    assert "Dear Alice &amp; all, done.</textarea>" in refused.text
    assert state(action) is ActionState.AWAITING_APPROVAL
