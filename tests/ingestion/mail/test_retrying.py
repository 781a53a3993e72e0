"""Parked mails, received after all."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingestion import parked
from ingestion.mail import boxes, imap
from ingestion.mail.reading import Watch, look
from ingestion.mail.receiving import Fate, Retried, receive_mail
from ingestion.mail.retrying import retry
from ingestion.mailboxes import Position
from ingestion.parked import Parked
from runtime.database import transaction
from runtime.errors import NotFound
from tests.ingestion.mail.desk import Configure, configuring, counts, refusing, texts
from tests.ingestion.mail.letters import a_mail
from tests.jobs import CollectedJobs
from tests.servers.dovecot import Dovecot, running_dovecot

_AT = Position("desk", 7, 1)


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        change(MAIL_TIMEOUT_S=5)
        yield change


def _row(parked_id: int = 1) -> Parked:
    with transaction() as session:
        return parked.read_parked(session, parked_id)


def test_what_could_not_be_stored_is_received_when_it_can(run_jobs: CollectedJobs) -> None:
    with refusing("hello"):
        assert receive_mail(a_mail("hello"), _AT) is Fate.PARKED
        assert retry(1) == Retried(1, reason="IntegrityError while it was handled")
    assert _row().retried_at is None
    done = retry(1)
    assert done.ticket.startswith("TKT-")
    assert texts() == ["hello"]
    assert (_row().ticket, _row().retried_at is not None) == (done.ticket, True)
    assert run_jobs.names() == ["agent_core.tasks.answer_next"]


def test_a_second_retry_gives_the_same_ticket_and_no_second_message(run_jobs: CollectedJobs) -> None:
    receive_mail(a_mail(Auto_Submitted="auto-replied"), _AT)
    first = retry(1, force=True)
    assert retry(1) == retry(1, force=True) == first
    assert counts() == (1, 1, 1)


def test_two_retries_at_the_same_moment_make_one_message(run_jobs: CollectedJobs) -> None:
    receive_mail(a_mail(Auto_Submitted="auto-replied"), _AT)
    with ThreadPoolExecutor(4) as pool:
        done = {one.ticket for one in pool.map(lambda _n: retry(1, force=True), range(8))}
    assert len(done) == 1
    assert counts() == (1, 1, 1)


def test_what_is_not_answered_is_received_by_force_alone(run_jobs: CollectedJobs) -> None:
    receive_mail(a_mail("I am away", Auto_Submitted="auto-replied"), _AT)
    assert retry(1) == Retried(1, reason="not answered: auto_reply")
    assert counts() == (0, 0, 1)
    assert retry(1, force=True).ticket
    assert texts() == ["I am away"]
    assert run_jobs.names() == ["agent_core.tasks.answer_next"]


def test_another_mail_under_a_known_id_is_received_by_force(run_jobs: CollectedJobs) -> None:
    receive_mail(a_mail("first", Message_ID="<same@example.org>"), _AT)
    other = a_mail("second", Message_ID="<same@example.org>", Date="Wed, 11 Nov 2026 10:00:00 +0100")
    receive_mail(other, Position("desk", 7, 2))
    assert "same Message-ID" in retry(1).reason
    assert _row().reason == "Another mail of another sender or date had the same Message-ID."
    assert retry(1, force=True).ticket
    assert texts() == ["first", "second"]


def test_what_is_no_mail_stays_parked_also_by_force(run_jobs: CollectedJobs) -> None:
    receive_mail(b"\x01 no mail", _AT)
    assert retry(1, force=True) == Retried(1, reason="This is no mail: it has no headers.")
    assert _row().retried_at is None


def test_what_is_not_there_is_not_found(run_jobs: CollectedJobs) -> None:
    with pytest.raises(NotFound, match="no parked mail 7"):
        retry(7)


@pytest.fixture
def server(run_jobs: CollectedJobs, configure: Configure) -> Iterator[Dovecot]:
    """A server with a mail that was too large when it was read."""
    with running_dovecot() as running:
        configure(MAIL_IMAP_URL=running.url(), MAIL_MAX_BYTES=5_000, MAIL_FIRST_READ="all")
        running.append(a_mail("large " * 2_000))
        box = boxes.all_boxes()[0]
        assert box.imap is not None
        with imap.connected(box.imap) as connection:
            assert look(connection, Watch(box, threading.Event())).handled == 1
        yield running


def test_a_mail_that_was_too_large_is_fetched_when_the_limit_was_raised(
    server: Dovecot, configure: Configure
) -> None:
    assert retry(1).reason == "The mail is larger than DESKFLEET_MAIL_MAX_BYTES, 5000 bytes."
    configure(MAIL_MAX_BYTES=50_000)
    assert retry(1).ticket.startswith("TKT-")
    assert texts()[0].startswith("large large")


def test_a_rest_that_is_gone_or_out_of_reach_is_told(server: Dovecot, configure: Configure) -> None:
    configure(MAIL_MAX_BYTES=50_000)
    with server.session() as client:
        client.select()
        client.store("1", "+FLAGS", "\\Deleted")
        client.expunge()
    assert retry(1).reason == "The rest of the mail is no longer where it was in its mailbox."
    url = server.url()
    configure(MAIL_IMAP_URL=server.url(folder="Other"))
    assert "not in the settings any more" in retry(1).reason
    configure(MAIL_IMAP_URL=url.replace(server.password, "wrong"))
    assert retry(1).reason == "The mailbox cannot be read (MailboxLoginError)."
    assert _row().reason.startswith("larger than 5000 bytes")
