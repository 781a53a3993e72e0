"""What was erased stays out: a mailbox that is read anew, a webhook that comes again."""

import pytest
from sqlalchemy import select, text, update

from deskfleet import privacy, retention
from ingestion import intake
from ingestion.mail.receiving import Fate, receive_mail
from ingestion.mailboxes import Position
from runtime.data_folder import secret_key
from runtime.database import transaction
from runtime.settings import settings
from tests.deskfleet.canary import BY, rows_with, sent
from tests.ingestion.mail.letters import a_mail
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, tombstones
from tickets.models import Customer, CustomerIdentity, Message, ReceivedMessage

ALICE = "alice.kestrel@example.org"
WORD = "Kestrel-0007"


def read(raw: bytes, uid: int, *, uid_validity: int = 1) -> Fate:
    return receive_mail(raw, Position("default", uid_validity, uid))


def customer_of(identity: str) -> str:
    query = select(Customer.public_id).join(CustomerIdentity, CustomerIdentity.customer_id == Customer.id)
    with transaction() as session:
        return session.scalars(query.where(CustomerIdentity.value == identity)).one()


def a_letter(**headers: str) -> bytes:
    given = {"From": f"Alice <{ALICE}>", "Message_ID": "<first@example.org>"} | headers
    return a_mail(f"My number is {WORD}. How long does delivery take?", **given)


def answered() -> str:
    """The Message-ID of the reply that was sent to the newest mail."""
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Two days."))
    sent()
    with transaction() as session:
        return session.scalars(select(Message.mail_id).where(Message.kind == "outbound")).one()


def test_a_mailbox_that_is_read_anew_brings_nothing_back(run_jobs: CollectedJobs) -> None:
    assert read(a_letter(), 1) is Fate.RECEIVED
    ours = answered()
    privacy.erase(customer_of(ALICE), by=BY)
    for validity in (1, 2):
        assert read(a_letter(), 1, uid_validity=validity) is Fate.DUPLICATE
    came_back = a_mail("Two days.", From="support@example.com", To=ALICE, Message_ID=f"<{ours}>")
    assert read(came_back, 2, uid_validity=2) is Fate.DUPLICATE
    assert (rows_with(WORD), rows_with(ALICE)) == ({}, {})


def test_who_writes_anew_is_answered(run_jobs: CollectedJobs) -> None:
    read(a_letter(), 1)
    privacy.erase(customer_of(ALICE), by=BY)
    assert read(a_letter(Message_ID="<second@example.org>"), 2) is Fate.RECEIVED
    assert rows_with(WORD).keys() >= {"messages"}


def test_a_mail_that_was_parked_is_not_parked_again(run_jobs: CollectedJobs) -> None:
    read(a_letter(), 1)
    auto = a_letter(Message_ID="<auto@example.org>", Auto_Submitted="auto-replied", Subject=WORD)
    assert read(auto, 2) is Fate.PARKED
    privacy.erase(customer_of(ALICE), by=BY)
    read(auto, 1, uid_validity=2)
    assert (rows_with(WORD), rows_with(ALICE)) == ({}, {})


def test_after_a_change_of_the_key_it_still_stays_out(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(a_letter(), 1)
    privacy.erase(customer_of(ALICE), by=BY)
    monkeypatch.setenv("DESKFLEET_RETIRED_SECRET_KEYS", secret_key().decode())
    monkeypatch.setenv("DESKFLEET_SECRET_KEY", "n" * 40)
    settings.cache_clear()
    assert read(a_letter(), 1, uid_validity=2) is Fate.DUPLICATE


def test_a_platform_that_repeats_itself_brings_nothing_back(run_jobs: CollectedJobs) -> None:
    message = a_message(identity=ALICE, text=WORD, external_id="event-1")
    with transaction() as session:
        first = intake.receive(session, message)
    privacy.erase(customer_of(ALICE), by=BY)
    with transaction() as session:
        again = intake.receive(session, message)
    assert (again.duplicate, again.ticket_id) == (True, first.ticket_id)
    assert rows_with(WORD) == {}


def test_the_retention_of_ids_does_not_let_them_in_again(run_jobs: CollectedJobs) -> None:
    read(a_letter(), 1)
    read(a_mail("Another one", From="bob@example.org", Message_ID="<bob@example.org>"), 2)
    privacy.erase(customer_of(ALICE), by=BY)
    with transaction() as session:
        session.execute(update(ReceivedMessage).values(received_at=text("now() - interval '400 days'")))
    assert retention.apply()["received_ids"] == 1
    assert read(a_letter(), 1, uid_validity=2) is Fate.DUPLICATE


def test_what_is_kept_of_a_message_does_not_say_whose_it_was(run_jobs: CollectedJobs) -> None:
    read(a_letter(), 1)
    privacy.erase(customer_of(ALICE), by=BY)
    assert rows_with("first@example.org") == {}
    with transaction() as session:
        [row] = session.scalars(select(ReceivedMessage)).all()
        assert (row.external_id.startswith("erased:"), row.fingerprint) == (True, "")
        assert tombstones.messages_of(session, [row.ticket_id])
