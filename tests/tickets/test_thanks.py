"""Thanks are kept and ask for nothing."""

import pytest
from sqlalchemy import insert, select

from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, queries
from tickets.contracts import Channel, Owner, Reason, Status
from tickets.models import Attachment, Message, Ticket
from tickets.thanks import is_only_thanks

_CAROL = "AGENT-CAROL000"


@pytest.mark.parametrize(
    "text",
    [
        "Thank you!", "Danke, hat geklappt.", "merci beaucoup", "👍", "👍🏽", "Muchas gracias por su ayuda",
        "Grazie mille!", "Muito obrigada!!", "Dank u wel, het werkt nu", "Dziękuję bardzo",
        "Çok teşekkür ederim", "شكرًا جزيلاً", "どうもありがとうございました。", "非常感谢您的帮助！",
        "Thanks a lot, all good now\n\nBest regards\nAlice",
    ],
)  # fmt: skip
def test_nothing_but_thanks_is_recognised_in_twelve_languages(text: str) -> None:
    assert is_only_thanks(text, name="Alice Example")


@pytest.mark.parametrize(
    "text",
    [
        "", "Alice", "Hello", "It works", "Thanks, but it is still broken", "Danke, hat nicht geklappt", "Thanks?",
        "Thanks for nothing", "Thanks in advance", "merci d'annuler ma commande", "Thank you. My order is 10423",
        "谢谢，可以退款吗", "ありがとうございます。返品したいです。", "👎", "thanks " * 100,
    ],
)  # fmt: skip
def test_what_says_anything_else_is_more_than_thanks(text: str) -> None:
    assert not is_only_thanks(text, name="Alice Example")


def _wrote(text: str) -> Ticket:
    with transaction() as session:
        message = a_message(channel=Channel.WEB_CHAT, identity="v1", thread="c1", text=text)
        ticket_id = intake.receive(session, message).ticket_id
        return session.scalars(select(Ticket).where(Ticket.id == ticket_id)).one()


def _answered(text: str = "Where is my parcel?") -> Ticket:
    ticket = _wrote(text)
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision())
    return ticket


def _owed() -> int:
    with transaction() as session:
        assert session.scalar(select(Ticket.id).where(queries.has_no_owner()).limit(1)) is None
        return len(queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True), limit=10))


def test_thanks_for_an_answer_are_kept_and_ask_for_no_other(run_jobs: CollectedJobs) -> None:
    _answered()
    run_jobs.lose()
    ticket = _wrote("Thank you!")
    assert (ticket.status, ticket.owner) == (Status.WAITING_CUSTOMER, Owner.AGENT)
    assert ticket.handled_seq == ticket.last_inbound_seq == 3
    assert run_jobs.names() == []
    with transaction() as session:
        assert lifecycle.claim(session) is None
        newest = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        assert (newest.text, newest.kind) == ("Thank you!", "inbound")
    assert _owed() == 0


@pytest.mark.parametrize("status", [Status.WAITING_CUSTOMER, Status.RESOLVED])
def test_thanks_do_not_reopen_what_staff_have_done(run_jobs: CollectedJobs, status: Status) -> None:
    ticket = _answered()
    with transaction() as session:
        lifecycle.set_status(session, ticket.id, status, actor=_CAROL)
    now = _wrote("Danke, hat geklappt")
    assert (now.status, now.owner) == (status, Owner.STAFF)
    assert _owed() == 0
    assert _wrote("Thanks, but it is broken again").status == Status.ESCALATED
    assert _owed() == 1


def test_thanks_change_nothing_while_staff_owe_an_answer(run_jobs: CollectedJobs) -> None:
    ticket = _answered()
    with transaction() as session:
        lifecycle.hand_to_staff(session, ticket.id, Reason.LEGAL)
    now = _wrote("Thank you!")
    assert (now.status, now.owner, now.reason) == (Status.ESCALATED, Owner.STAFF, Reason.LEGAL)
    assert _owed() == 1


def test_thanks_while_the_agent_owes_an_answer_are_answered_with_the_question(
    run_jobs: CollectedJobs,
) -> None:
    _wrote("Where is my parcel?")
    _wrote("Thank you!")
    with transaction() as session:
        assert lifecycle.claim(session) is not None


def _staff_go_on_with(ticket: Ticket) -> None:
    """Staff have answered, and look into something; what comes then waits for them."""
    with transaction() as session:
        lifecycle.staff_reply(session, ticket.id, "We look.", staff=_CAROL, name="Carol", seen_seq=9)
        lifecycle.set_status(session, ticket.id, Status.IN_PROGRESS, actor=_CAROL)


def test_thanks_for_an_answer_do_not_keep_staff_from_waiting_for_the_customer(
    run_jobs: CollectedJobs,
) -> None:
    ticket = _answered()
    _staff_go_on_with(ticket)
    assert _wrote("Thank you!").status == Status.ESCALATED
    assert _wrote("Danke, hat geklappt").last_inbound_seq > ticket.handled_seq
    with transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.WAITING_CUSTOMER, actor=_CAROL)
    assert _owed() == 0
    # The thanks are settled too: the next ones do not open the ticket again.
    assert _wrote("👍").status == Status.WAITING_CUSTOMER
    assert _owed() == 0


def test_a_question_between_thanks_or_a_file_beside_them_still_waits_for_an_answer(
    run_jobs: CollectedJobs,
) -> None:
    ticket = _answered()
    _staff_go_on_with(ticket)
    _wrote("And where is the other parcel?")
    _wrote("Thank you!")
    with pytest.raises(Conflict, match="waits for an answer"), transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.WAITING_CUSTOMER, actor=_CAROL)
    _staff_go_on_with(ticket)
    _wrote("Thank you!")
    with transaction() as session:
        newest = select(Message.id).order_by(Message.id.desc()).limit(1).scalar_subquery()
        session.execute(
            insert(Attachment).values(public_id="FILE-1", message_id=newest, name="a", type="b", size=1)
        )
    with pytest.raises(Conflict, match="waits for an answer"), transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.WAITING_CUSTOMER, actor=_CAROL)


def test_thanks_before_any_answer_answer_nothing(run_jobs: CollectedJobs) -> None:
    ticket = _wrote("Thank you!")
    with pytest.raises(Conflict, match="waits for an answer"), transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.WAITING_CUSTOMER, actor=_CAROL)
