"""Codes are mailed to the verified address, also when jobs are lost or the mail server is away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from deskfleet.workers import load_jobs
from ingestion import codes, intake
from runtime.database import transaction
from runtime.settings import settings
from tests.code_desk import asked_to_close, code_of, last_told, mails, read, the_action, write
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import verification
from tickets.action_models import ActionProof
from tickets.contracts import Channel, FailedDelivery, IncomingMessage, MailHeaders


@pytest.fixture
def desk(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectedJobs]:
    """A desk whose outgoing mail is files."""
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    load_jobs()
    yield run_jobs
    settings.cache_clear()


def test_the_code_goes_to_the_verified_address_alone(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    [(to, text)] = mails()
    assert "alice@example.com" in to
    assert len(code_of(text)) == 6
    assert the_action(public_id).state == "awaiting_verification"
    assert "six-digit code" in last_told(public_id)
    assert code_of(text) not in last_told(public_id)
    with transaction() as session:
        kept = session.scalars(select(ActionProof)).one()
        assert kept.code_hash is not None
        assert code_of(text).encode() not in kept.code_hash


def test_another_code_replaces_the_first_and_there_are_three_at_most(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    action_id = the_action(public_id).action.public_id
    for _ in range(2):
        with transaction() as session:
            verification.send_again(session, action_id, staff="AGENT-BOB00000")
        desk()
    first, _second, third = [code_of(text) for _to, text in mails()]
    if first != third:
        write(public_id, first)
        assert the_action(public_id).state == "awaiting_verification"
    with pytest.raises(Exception, match="No further code"), transaction() as session:
        verification.send_again(session, action_id, staff="AGENT-BOB00000")
    write(public_id, third)
    assert the_action(public_id).state == "awaiting_approval"


def test_a_code_whose_job_was_lost_is_mailed_by_the_sweep(desk: CollectedJobs) -> None:
    asked_to_close()
    desk.lose()
    codes.sweep_codes()
    assert desk.names() == [], "it may still be on its way"
    with transaction() as session:
        session.execute(update(ActionProof).values(send_at=func.now() - func.make_interval(0, 0, 0, 0, 0, 1)))
    codes.sweep_codes()
    desk()
    assert len(mails()) == 1


def test_a_mail_that_cannot_be_sent_gives_the_ticket_to_staff(
    desk: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_MAIL_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    public_id = asked_to_close()
    for _ in range(10):
        desk()
        with transaction() as session:
            session.execute(
                update(ActionProof)
                .where(ActionProof.send_at.is_not(None))
                .values(send_at=func.now() - func.make_interval(0, 0, 0, 0, 0, 1))
            )
        codes.sweep_codes()
    found = read(public_id)
    assert "code_failed" in [event.kind for event in found.events]
    assert found.ticket.owner == "staff"


def a_bounce(mail_id: str, *, recipient: str = "alice@example.com", final: bool = True) -> IncomingMessage:
    return a_message(
        channel=Channel.MAIL,
        identity="mailer-daemon@example.com",
        automatic="bounce",
        mail=MailHeaders(message_id=f"bounce-of-{mail_id}"),
        failure=FailedDelivery(mail_id, recipient, "5.1.1" if final else "4.4.1", final),
    )


def sent_as() -> str:
    with transaction() as session:
        return session.scalars(select(ActionProof.mail_id)).one()


def test_a_code_whose_mail_came_back_opens_nothing_and_staff_have_the_ticket(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    bounce = a_bounce(sent_as())
    for _ in range(2):
        with transaction() as session:
            intake.receive(session, bounce)
    found = read(public_id)
    assert [event.kind for event in found.events].count("code_failed") == 1
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")
    assert [one.automatic for one in found.messages].count("bounce") == 1
    with transaction() as session:
        kept = session.scalars(select(ActionProof)).one()
        assert (kept.code_hash, kept.link_hash, kept.send_at) == (None, None, None)
    write(public_id, code_of(mails()[0][1]))
    assert the_action(public_id).state == "awaiting_verification"


@pytest.mark.parametrize("changes", [{"final": False}, {"recipient": "bob@example.com"}])
def test_a_delay_or_a_bounce_of_another_address_leaves_the_code_alone(
    desk: CollectedJobs, changes: dict[str, Any]
) -> None:
    public_id = asked_to_close()
    desk()
    with transaction() as session:
        intake.receive(session, a_bounce(sent_as(), **changes))
    assert "code_failed" not in [event.kind for event in read(public_id).events]
    write(public_id, code_of(mails()[0][1]))
    assert the_action(public_id).state == "awaiting_approval"
