"""Where a message belongs: its thread, a ticket of its own, or a notice on the timeline."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from ingestion import intake
from ingestion.intake import NotAnswered
from runtime.database import transaction
from runtime.errors import Conflict
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import deliveries, lifecycle, queries, vault, wakeups
from tickets.cases import build_case
from tickets.contracts import (
    Channel,
    FailedDelivery,
    FileContent,
    IncomingMessage,
    Kind,
    MailHeaders,
    Owner,
    Reason,
    Status,
)
from tickets.mail_tokens import subject_token, token_of
from tickets.models import Attachment, Message, Ticket, TicketEvent, VaultEntry


@pytest.fixture(autouse=True)
def desk(run_jobs: CollectedJobs) -> CollectedJobs:
    return run_jobs


def a_mail(*, answers: str = "", token: str = "", index: str = "", **changes: object) -> IncomingMessage:
    mail_id = f"{changes.pop('mail_id', 'mail')}@customers.example.com"
    headers = MailHeaders(mail_id, in_reply_to=answers, thread_index=index, token=token)
    return a_message(channel=Channel.MAIL, external_id=mail_id, mail=headers, **changes)


def receive(message: IncomingMessage) -> Ticket:
    with transaction() as session:
        receipt = intake.receive(session, message)
        return queries.find_ticket(session, receipt.public_id)


def messages_of(ticket: Ticket, kind: Kind = Kind.INBOUND) -> list[Message]:
    with transaction() as session:
        query = select(Message).where(Message.ticket_id == ticket.id, Message.kind == kind)
        return list(session.scalars(query.order_by(Message.seq)))


def read(ticket: Ticket) -> Ticket:
    with transaction() as session:
        return queries.find_ticket(session, ticket.public_id)


def our_reply(ticket: Ticket, *, sent: bool = True) -> str:
    """Staff answer, the mail leaves, and this is its Message-ID."""
    with transaction() as session:
        seen = queries.find_ticket(session, ticket.public_id).last_seq
        message_id = lifecycle.staff_reply(
            session, ticket.id, "We look into it.", staff="AGENT-1", name="Bob", seen_seq=seen
        )
    with transaction() as session:
        outgoing = deliveries.claim_delivery(session, message_id)
        assert outgoing
        if sent:
            deliveries.mark_sent(session, outgoing)
        return outgoing.mail_id


def test_a_reply_joins_the_ticket_of_the_mail_that_it_answers() -> None:
    ticket = receive(a_mail())
    again = receive(a_mail(mail_id="second", answers=our_reply(ticket)))
    assert again.id == ticket.id
    first, second = messages_of(ticket)
    assert (first.copied, first.mail_references) == (second.copied, second.mail_references) == ([], [])


@pytest.mark.parametrize("place", ["address", "subject"])
def test_a_signed_token_finds_the_ticket_without_any_header(place: str) -> None:
    ticket = receive(a_mail())
    token = token_of(ticket.public_id)
    if place == "address":
        again = receive(a_mail(mail_id="second", token=token))
    else:
        again = receive(a_mail(mail_id="second", subject=f"Re: x {subject_token(ticket.public_id).upper()}"))
    assert again.id == ticket.id


def test_a_token_that_we_did_not_sign_finds_nothing() -> None:
    ticket = receive(a_mail())
    forged = token_of(ticket.public_id)[:-1] + ("a" if not token_of(ticket.public_id).endswith("a") else "b")
    assert receive(a_mail(mail_id="second", token=forged)).id != ticket.id


def test_a_stranger_with_a_reference_or_a_token_gets_a_linked_ticket() -> None:
    ticket = receive(a_mail())
    answered = our_reply(ticket)
    for number, headers in enumerate(({"answers": answered}, {"token": token_of(ticket.public_id)})):
        other = receive(a_mail(mail_id=f"other-{number}", identity="carol@example.com", **headers))
        assert (other.id != ticket.id, other.linked_to) == (True, ticket.id)
    assert len(messages_of(ticket)) == 1


def test_outlooks_conversation_joins_the_customers_own_ticket_alone() -> None:
    index = "01d9" + "ab" * 20
    ticket = receive(a_mail(index=index))
    assert receive(a_mail(mail_id="second", index=index)).id == ticket.id
    assert receive(a_mail(mail_id="third", index=index, identity="carol@example.com")).id != ticket.id


def test_who_was_in_copy_is_read_by_staff_and_never_by_the_agent() -> None:
    ticket = receive(a_mail(copied=("Bob@example.com",)))
    said = receive(
        a_mail(
            mail_id="cc", answers="mail@customers.example.com", identity="bob@example.com", text="Refund me"
        )
    )
    assert said.id == ticket.id
    (notice,) = messages_of(ticket, Kind.NOTICE)
    assert (notice.text, notice.automatic) == ("Refund me", "participant")
    now = read(ticket)
    assert (now.owner, now.reason) == (Owner.STAFF, Reason.PARTICIPANT_WROTE)
    with transaction() as session:
        case = build_case(session, ticket.id, "", newest_again=True)
    assert "Refund" not in case.question
    assert not any("Refund" in turn.text for turn in case.earlier)


def test_a_machines_mail_is_kept_on_its_ticket_and_owed_nothing(desk: CollectedJobs) -> None:
    ticket = receive(a_mail())
    answered = our_reply(ticket)
    desk.lose()
    receive(a_mail(mail_id="ooo", answers=answered, automatic="auto_reply", text="I am away"))
    now = read(ticket)
    assert (now.status, now.last_inbound_seq, now.handled_seq) == (Status.WAITING_CUSTOMER, 1, 1)
    assert [one.automatic for one in messages_of(ticket, Kind.NOTICE)] == ["auto_reply"]
    assert wakeups.ANSWER_NEXT not in desk.names()
    with transaction() as session:
        kinds = session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id)).all()
    assert "noticed" in kinds


def test_a_machines_mail_of_no_ticket_opens_none() -> None:
    with pytest.raises(NotAnswered, match="auto_reply"):
        receive(a_mail(automatic="auto_reply"))
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_our_own_mail_that_comes_back_says_nothing_new() -> None:
    ticket = receive(a_mail())
    ours = our_reply(ticket)
    copy = a_message(
        channel=Channel.MAIL,
        external_id=ours,
        mail=MailHeaders(ours),
        automatic="own_mail",
        text="We look into it.",
    )
    assert receive(copy).id == ticket.id
    assert messages_of(ticket, Kind.NOTICE) == []


def a_bounce(mail_id: str, *, status: str = "5.1.1", final: bool = True) -> IncomingMessage:
    mail = a_mail(mail_id=f"bounce-{status}", automatic="bounce", identity="mailer-daemon@example.com")
    return replace(mail, failure=FailedDelivery(mail_id, "alice@example.com", status, final=final))


def test_a_bounce_of_our_reply_says_that_it_failed_and_tells_staff() -> None:
    ticket = receive(a_mail())
    failed = our_reply(ticket)
    receive(a_bounce(failed))
    (reply,) = messages_of(ticket, Kind.OUTBOUND)
    assert (reply.delivery, "5.1.1" in reply.delivery_error) == ("failed", True)
    now = read(ticket)
    assert (now.owner, now.status, now.reason) == (Owner.STAFF, Status.ESCALATED, Reason.DELIVERY_FAILED)


def test_a_delay_is_kept_and_changes_nothing() -> None:
    ticket = receive(a_mail())
    receive(a_bounce(our_reply(ticket), status="4.4.1", final=False))
    (reply,) = messages_of(ticket, Kind.OUTBOUND)
    assert reply.delivery == "sent"
    assert read(ticket).status == Status.WAITING_CUSTOMER


def test_a_bounce_that_comes_twice_is_one() -> None:
    ticket = receive(a_mail())
    bounce = a_bounce(our_reply(ticket))
    receive(bounce)
    receive(bounce)
    assert len(messages_of(ticket, Kind.NOTICE)) == 1


def test_dangerous_numbers_are_in_the_vault_and_not_in_the_message() -> None:
    ticket = receive(a_message(text="My card is 4111 1111 1111 1111", subject="Card 4111 1111 1111 1111"))
    (message,) = messages_of(ticket)
    assert message.text == "My card is [CREDIT_CARD 1]"
    assert ticket.subject == "Card [CREDIT_CARD 1]"
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(VaultEntry)) == 1


def test_what_the_short_way_cannot_keep_goes_the_long_way() -> None:
    receive(a_message())
    assert intake.receive_at_once(a_message(external_id="plain"))
    assert intake.receive_at_once(a_message(text="Card 4111 1111 1111 1111")) is None
    assert intake.receive_at_once(a_message(attachments=(FileContent("a.txt", "text/plain", b"a"),))) is None


def test_files_are_listed_with_their_message() -> None:
    ticket = receive(a_message(attachments=(FileContent("note.txt", "text/plain", b"Hello there"),)))
    (message,) = messages_of(ticket)
    with transaction() as session:
        (file,) = session.scalars(select(Attachment)).all()
    assert (file.message_id, file.name, file.type, file.size) == (message.id, "note.txt", "text/plain", 11)


def test_the_language_is_decided_when_the_message_comes() -> None:
    ticket = receive(a_message(text="Wo ist meine Bestellung? Ich warte seit zwei Wochen auf das Paket."))
    assert ticket.language == "de"


def test_a_message_on_a_closed_ticket_opens_a_linked_one() -> None:
    ticket = receive(a_message())
    with transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.CLOSED, actor="AGENT-1")
    with transaction() as session:
        receipt = intake.receive_on_ticket(session, a_message(external_id="later"), ticket.id)
        successor = queries.find_ticket(session, receipt.public_id)
    assert (successor.id != ticket.id, successor.linked_to) == (True, ticket.id)


def test_of_a_thread_with_two_customers_each_joins_his_own_ticket() -> None:
    def comment(who: str, number: int) -> IncomingMessage:
        return a_message(channel=Channel.ZENDESK, identity=who, thread="35", external_id=f"{who}-{number}")

    first, second = receive(comment("100", 1)), receive(comment("200", 1))
    assert first.id != second.id
    assert receive(comment("100", 2)).id == first.id
    assert receive(comment("200", 2)).id == second.id


def test_after_too_many_automatic_replies_the_case_says_so() -> None:
    ticket = receive(a_mail())
    with transaction() as session:
        session.add_all(
            Message(ticket_id=ticket.id, seq=seq, kind=Kind.OUTBOUND, author="agent", text="x")
            for seq in range(2, 8)
        )
    with transaction() as session:
        assert build_case(session, ticket.id, "", newest_again=True).recent_replies == 6


def test_a_new_reply_address_on_a_ticket_leads_no_answer_there() -> None:
    ticket = receive(a_mail(customer_verified=True))
    forged = a_mail(mail_id="forged", answers="mail@customers.example.com", reply_to="carol@example.net")
    other = receive(forged)
    assert (other.id != ticket.id, other.linked_to) == (True, ticket.id)


def test_who_is_answered_elsewhere_may_write_from_there() -> None:
    ticket = receive(a_mail(identity="form@shop.example.com", reply_to="carol@example.com"))
    again = receive(a_mail(mail_id="again", answers=our_reply(ticket), identity="carol@example.com"))
    assert again.id == ticket.id


def test_orders_are_not_spoken_of_once_somebody_wrote_whom_nobody_vouches_for() -> None:
    ticket = receive(a_mail(customer_verified=True))
    assert ticket.customer_verified
    receive(a_mail(mail_id="second", answers="mail@customers.example.com", customer_verified=False))
    assert not read(ticket).customer_verified


def test_a_reply_goes_where_the_message_that_it_answers_came_from() -> None:
    ticket = receive(a_mail(reply_to="office@example.com"))
    with transaction() as session:
        message_id = lifecycle.staff_reply(
            session, ticket.id, "Hello", staff="AGENT-1", name="Bob", seen_seq=1
        )
    receive(a_mail(mail_id="later", answers="mail@customers.example.com"))
    with transaction() as session:
        outgoing = deliveries.read_outgoing(session, message_id)
    assert (outgoing.reply_to, outgoing.in_reply_to) == ("office@example.com", "mail@customers.example.com")


def test_a_strangers_machine_does_not_get_onto_a_ticket() -> None:
    ticket = receive(a_mail())
    quoting = a_mail(
        mail_id="quoting", answers=our_reply(ticket), automatic="auto_reply", identity="carol@example.net",
        copied=("mallory@example.net",),
    )  # fmt: skip
    with pytest.raises(NotAnswered):
        receive(quoting)
    assert messages_of(ticket, Kind.NOTICE) == []


def test_a_bounce_of_an_address_that_we_did_not_write_to_changes_nothing() -> None:
    ticket = receive(a_mail())
    bounce = a_bounce(our_reply(ticket))
    assert bounce.failure
    receive(replace(bounce, failure=replace(bounce.failure, recipient="carol@example.net")))
    (reply,) = messages_of(ticket, Kind.OUTBOUND)
    assert reply.delivery == "sent"


def test_staff_have_a_closed_ticket_again_when_its_reply_bounces() -> None:
    ticket = receive(a_mail())
    failed = our_reply(ticket)
    with transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.CLOSED, actor="AGENT-1")
    receive(a_bounce(failed))
    now = read(ticket)
    assert (now.status, now.owner, now.reason) == (Status.ESCALATED, "staff", Reason.DELIVERY_FAILED)
    assert now.staff_due_at
    assert messages_of(ticket, Kind.OUTBOUND)[0].delivery == "failed"


def test_what_staff_owe_keeps_its_deadline_and_its_reason() -> None:
    ticket = receive(a_mail(copied=("bob@example.com",)))
    with transaction() as session:
        lifecycle.hand_to_staff(session, ticket.id, Reason.LEGAL)
    before = read(ticket)
    receive(a_mail(mail_id="cc", answers="mail@customers.example.com", identity="bob@example.com"))
    now = read(ticket)
    assert (now.reason, now.staff_due_at) == (Reason.LEGAL, before.staff_due_at)


def test_what_nobody_has_read_is_not_resolved() -> None:
    ticket = receive(a_mail())
    with transaction() as session:
        lifecycle.hand_to_staff(session, ticket.id, Reason.LEGAL)
    receive(a_mail(mail_id="urgent", answers="mail@customers.example.com", text="Stop, it is urgent!"))
    with pytest.raises(Conflict), transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.RESOLVED, actor="AGENT-1", seen_seq=1)
    with transaction() as session:
        lifecycle.set_status(session, ticket.id, Status.RESOLVED, actor="AGENT-1", seen_seq=2)
    assert read(ticket).status == Status.RESOLVED


def test_a_machines_mail_does_not_stop_a_reply_of_staff() -> None:
    ticket = receive(a_mail())
    receive(a_mail(mail_id="ooo", answers=our_reply(ticket), automatic="auto_reply"))
    with transaction() as session:
        assert lifecycle.staff_reply(session, ticket.id, "Hello", staff="AGENT-1", name="Bob", seen_seq=2)


def test_a_huge_history_is_cut_and_the_case_says_so() -> None:
    ticket = receive(a_mail(text="word " * 20_000))
    with transaction() as session:
        case = build_case(session, ticket.id, "", newest_again=True)
    assert len(case.question) < 25_000
    assert case.left_out == 76_000


def test_thousands_of_numbers_are_sealed_in_reasonable_time() -> None:
    started = time.monotonic()
    protected = vault.protect(" ".join("4111 1111 1111 1111" for _ in range(2)) + " password: x" * 1)
    assert len(protected.secrets) >= 1
    many = "\n".join(f"password: secret{number}" for number in range(4_000))
    assert len(vault.protect(many).secrets) == 4_000
    assert time.monotonic() - started < 10
