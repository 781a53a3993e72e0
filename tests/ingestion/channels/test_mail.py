from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingestion import tasks
from ingestion.channels import mail
from ingestion.mail.receiving import Fate, receive_mail
from ingestion.mailboxes import Position
from runtime.database import transaction
from runtime.errors import FateUnknown, Permanent, Retryable
from tests.ingestion.mail.desk import Configure, configuring, counts, parked_reasons
from tests.ingestion.mail.letters import DESK, a_mail, an_outgoing
from tests.jobs import CollectedJobs
from tests.servers.dovecot import running_dovecot
from tests.servers.smtp import OK, SmtpServer, running_smtp
from tickets import lifecycle
from tickets.models import Message, Ticket


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        yield change


@pytest.fixture
def smtp(configure: Configure) -> Iterator[SmtpServer]:
    with running_smtp() as server:
        configure(MAIL_SMTP_URL=server.url, MAIL_TIMEOUT_S=5)
        yield server


def _out(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "data" / "mail" / "out").iterdir())


def test_without_a_server_a_mail_becomes_a_file_and_is_known_to_be_sent(
    configure: Configure, tmp_path: Path
) -> None:
    outgoing = an_outgoing()
    assert mail.was_sent(outgoing) is False
    mail.send(outgoing)
    mail.send(outgoing)
    assert [path.name for path in _out(tmp_path)] == ["reply.deskfleet@example.com.eml"]
    assert b"Message-ID: <reply.deskfleet@example.com>\r\n" in _out(tmp_path)[0].read_bytes()
    assert mail.was_sent(outgoing) is True


def test_a_file_stays_in_its_folder_whatever_the_id_says(configure: Configure, tmp_path: Path) -> None:
    mail.send(an_outgoing(mail_id="../../up/../x@a/b"))
    assert len(_out(tmp_path)) == 1


def test_a_server_takes_the_mail(smtp: SmtpServer) -> None:
    mail.send(an_outgoing())
    assert smtp.mails[0]["Message-ID"] == "<reply.deskfleet@example.com>"
    assert smtp.recipients == [["alice@example.org"]]


def _boxes(tmp_path: Path, *ports: int) -> Path:
    """A mailbox for each port: box0@example.com, box1@example.com, …"""
    (tmp_path / "password").write_text("p@ss/word")
    path = tmp_path / "boxes.toml"
    path.write_text(
        "".join(
            f'[[mailbox]]\nname = "box{number}"\naddress = "box{number}@example.com"\n'
            f'sender_name = "Büro, {number}"\npassword_file = "password"\n'
            f'imap_url = "imap://box{number}@127.0.0.1"\nsmtp_url = "smtp://box{number}@127.0.0.1:{port}"\n'
            for number, port in enumerate(ports)
        )
    )
    return path


def test_a_reply_leaves_by_the_mailbox_that_the_ticket_came_to(configure: Configure, tmp_path: Path) -> None:
    with running_smtp(with_login=True) as first, running_smtp(with_login=True) as second:
        configure(MAIL_BOXES=_boxes(tmp_path, first.port, second.port), MAIL_TIMEOUT_S=5)
        mail.send(an_outgoing(desk_address="Box1@example.com"))
        mail.send(an_outgoing(desk_address=""))
        mail.send(an_outgoing(desk_address="gone@example.com"))
        assert [str(one["From"]) for one in second.mails] == ['"Büro, 1" <box1@example.com>']
        assert second.logins == [("box1", "p@ss/word")]
        assert [str(one["From"]) for one in first.mails] == ['"Büro, 0" <box0@example.com>'] * 2


def test_a_wrong_setting_sends_nothing_and_is_to_be_tried_again(configure: Configure) -> None:
    configure(MAIL_SMTP_URL="smtp://host:x")
    with pytest.raises(Retryable, match="DESKFLEET_MAIL_SMTP_URL"):
        mail.send(an_outgoing())


def test_a_reply_of_staff_reaches_everybody_whom_its_header_names(smtp: SmtpServer) -> None:
    outgoing = an_outgoing(
        to_name='Miller, "Ali" <eve@example.net>, Alice',
        reply_to="alice.private@example.org",
        copied=("bob@example.org", "carol@example.org", "support@example.com"),
        by_agent=False,
    )
    smtp.recipient = [OK, "550 no such user"]
    mail.send(outgoing)
    assert smtp.recipients == [["alice.private@example.org", "carol@example.org"]]


def test_a_domain_beyond_ascii_is_written_to(smtp: SmtpServer) -> None:
    mail.send(an_outgoing(to="alice@bücher.example"))
    assert smtp.recipients == [["alice@xn--bcher-kva.example"]]


@pytest.mark.parametrize("to", ["", "grüße@example.org"])
def test_who_cannot_be_written_to_is_refused_for_good(smtp: SmtpServer, to: str) -> None:
    with pytest.raises(Permanent, match="mail address"):
        mail.send(an_outgoing(to=to))


def test_refusals_and_a_broken_line_are_told_apart(smtp: SmtpServer) -> None:
    smtp.recipient = ["450 later", "550 never"]
    with pytest.raises(Retryable):
        mail.send(an_outgoing())
    with pytest.raises(Permanent):
        mail.send(an_outgoing())
    smtp.drop_after_data = True
    with pytest.raises(FateUnknown):
        mail.send(an_outgoing())


def test_a_copy_among_the_sent_mails_proves_that_it_was_sent(smtp: SmtpServer, configure: Configure) -> None:
    outgoing = an_outgoing()
    assert mail.was_sent(outgoing) is None
    with running_dovecot() as server:
        configure(MAIL_IMAP_URL=server.url())
        assert mail.was_sent(outgoing) is None
        server.append(a_mail(Message_ID=f"<{outgoing.mail_id}>"), folder="Sent")
        assert mail.was_sent(outgoing) is True
    assert mail.was_sent(outgoing) is None  # The server is gone: nobody knows.


def _ticket_with_reply() -> int:
    """A mail of Alice, and what staff answered; the id of the answer."""
    receive_mail(a_mail("Where is it?", Message_ID="<question@example.org>"), Position("desk", 1, 1))
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        return lifecycle.staff_reply(
            session, ticket.id, "Two days.", staff="AGENT-1", name="Bob", seen_seq=ticket.last_seq
        )


def _answer(message_id: int) -> Message:
    with transaction() as session:
        return session.scalars(select(Message).where(Message.id == message_id)).one()


def _run(jobs: CollectedJobs, message_id: int) -> None:
    jobs.lose()
    tasks.deliver_reply(message_id)


def test_a_reply_threads_for_the_customer_and_their_answer_threads_for_us(
    run_jobs: CollectedJobs, smtp: SmtpServer
) -> None:
    _run(run_jobs, _ticket_with_reply())
    sent = smtp.mails[0]
    assert sent["In-Reply-To"] == "<question@example.org>"
    assert sent["Subject"] == "Re: Delivery"
    assert "Auto-Submitted" not in sent
    answer = a_mail("Thanks!", In_Reply_To=str(sent["Message-ID"]), References=f"{sent['References']}")
    assert receive_mail(answer, Position("desk", 1, 2)) is Fate.RECEIVED
    assert counts() == (1, 3, 0)


def test_a_stranger_who_quotes_the_thread_gets_a_ticket_of_their_own(
    run_jobs: CollectedJobs, smtp: SmtpServer
) -> None:
    _run(run_jobs, _ticket_with_reply())
    known = str(smtp.mails[0]["Message-ID"])
    receive_mail(a_mail("Let me in", From="mallory@example.net", In_Reply_To=known), Position("desk", 1, 2))
    assert counts()[0] == 2


def test_our_own_mail_coming_back_is_not_answered(run_jobs: CollectedJobs, smtp: SmtpServer) -> None:
    _run(run_jobs, _ticket_with_reply())
    receive_mail(smtp.taken[0], Position("desk", 1, 2))
    receive_mail(a_mail(From=DESK), Position("desk", 1, 3))
    assert parked_reasons() == ["not answered: own_mail"]
    assert run_jobs.names() == []
    assert str(smtp.mails[0]["From"]) == f"Support <{DESK}>"


def test_a_refusal_for_now_is_sent_at_the_second_attempt(run_jobs: CollectedJobs, smtp: SmtpServer) -> None:
    smtp.recipient = ["450 later"]
    message_id = _ticket_with_reply()
    _run(run_jobs, message_id)
    assert (_answer(message_id).delivery, _answer(message_id).delivery_error[:34]) == (
        "queued",
        "The mail server answered 450 later",
    )
    _make_due(message_id)
    _run(run_jobs, message_id)
    assert _answer(message_id).delivery == "sent"
    assert len(smtp.taken) == 1


def _make_due(message_id: int) -> None:
    with transaction() as session:
        message = session.scalars(select(Message).where(Message.id == message_id)).one()
        message.deliver_after = message.created_at - timedelta(minutes=1)
        session.flush()


def test_a_refusal_for_good_goes_to_staff(run_jobs: CollectedJobs, smtp: SmtpServer) -> None:
    smtp.data = ["550 never"]
    message_id = _ticket_with_reply()
    _run(run_jobs, message_id)
    assert _answer(message_id).delivery == "failed"
    with transaction() as session:
        assert session.scalars(select(Ticket.reason)).one() == "delivery_failed"


def test_a_mail_whose_fate_is_unknown_is_parked_and_never_sent_twice(
    run_jobs: CollectedJobs, smtp: SmtpServer
) -> None:
    smtp.drop_after_data = True
    message_id = _ticket_with_reply()
    _run(run_jobs, message_id)
    assert _answer(message_id).delivery == "sending"
    smtp.drop_after_data = False
    _make_due(message_id)
    tasks.sweep_deliveries()
    run_jobs()
    assert _answer(message_id).delivery == "unknown"
    assert len(smtp.taken) == 1


def test_a_file_that_was_written_before_a_crash_counts_as_sent(
    run_jobs: CollectedJobs, configure: Configure, tmp_path: Path
) -> None:
    message_id = _ticket_with_reply()
    _run(run_jobs, message_id)
    with transaction() as session:
        message = session.scalars(select(Message).where(Message.id == message_id)).one()
        message.delivery = "sending"
        session.flush()
    _make_due(message_id)
    tasks.sweep_deliveries()
    assert _answer(message_id).delivery == "sent"
    assert len(_out(tmp_path)) == 1
