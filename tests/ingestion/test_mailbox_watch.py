"""A mailbox that nobody reads is noticed, whatever the reason, and so is its return."""

import pytest
from sqlalchemy import func, text, update

from ingestion import mailboxes
from ingestion.mail import boxes
from ingestion.mailbox_watch import watch_mailboxes
from ingestion.models import MailboxState
from runtime.database import transaction
from runtime.settings import settings
from tickets import alerts

LONG_AGO = func.now() - text("interval '20 minutes'")


def place() -> str:
    return boxes.all_boxes()[0].place


def words() -> list[str]:
    watch_mailboxes()
    with transaction() as session:
        return [one.text for one in alerts.list_alerts(session)]


def age() -> None:
    """Whatever was noted of the mailbox was noted twenty minutes ago."""
    with transaction() as session:
        for column in (MailboxState.fetched_at, MailboxState.failing_since):
            session.execute(update(MailboxState).where(column.is_not(None)).values({column: LONG_AGO}))


def test_a_mailbox_that_was_just_read_is_well(database: str) -> None:
    with transaction() as session:
        mailboxes.note_fetched(session, place())
    assert words() == []


def test_one_that_no_poller_ever_looked_into_is_noticed(database: str) -> None:
    assert words() == []  # It is known from now on.
    age()
    (said,) = words()
    assert "support@example.com has not been read since" in said
    assert "is the poller running?" in said


def test_one_whose_server_refuses_us_is_noticed_and_its_return_too(database: str) -> None:
    with transaction() as session:
        mailboxes.note_fetched(session, place())
    age()
    with transaction() as session:
        mailboxes.note_failure(session, place(), "Login failed")
    (said,) = words()
    assert said.endswith("Login failed")
    with transaction() as session:
        mailboxes.note_fetched(session, place())
    assert words() == []


def test_one_that_is_not_set_any_more_has_no_alert(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words()
    age()
    assert len(words()) == 1
    monkeypatch.setenv("DESKFLEET_MAIL_IMAP_URL", "imaps://alice:secret@mail.example.com/INBOX")
    settings.cache_clear()
    try:
        assert words() == []
    finally:
        monkeypatch.undo()
        settings.cache_clear()
