"""Looks into a real mailbox, one at a time: what is handled, and what is not."""

import imaplib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imap_tools.mailbox import BaseMailBox
from sqlalchemy import text

from ingestion.mail import boxes, imap
from ingestion.mail.reading import Watch, look
from ingestion.models import ParkedMail
from runtime.database import transaction
from tests.ingestion.mail.desk import Configure, configuring, counts, parked_reasons, texts
from tests.ingestion.mail.letters import a_mail
from tests.ingestion.proxy import proxy_to
from tests.jobs import CollectedJobs
from tests.servers.dovecot import Dovecot, running_dovecot


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        change(MAIL_TIMEOUT_S=5)
        yield change


@pytest.fixture
def folder(server: Dovecot, run_jobs: CollectedJobs, configure: Configure) -> str:
    """A mailbox folder of this test alone, which the desk reads."""
    name = server.new_folder()
    configure(MAIL_IMAP_URL=server.url(folder=name))
    return name


def _poll(started: datetime | None = None) -> int:
    """One look into the mailbox of the settings."""
    box = boxes.all_boxes()[0]
    assert box.imap is not None
    with imap.connected(box.imap) as connection:
        return look(connection, Watch(box, threading.Event(), started or datetime.now(UTC))).handled


def test_every_mail_becomes_a_message_once(server: Dovecot, folder: str) -> None:
    server.append(a_mail("first"), a_mail("second"), folder=folder)
    assert _poll() == 2
    assert _poll() == 0
    server.append(a_mail("third"), folder=folder)
    assert _poll() == 1
    assert texts() == ["first", "second", "third"]


def _append_old(server: Dovecot, folder: str, *mails: bytes, age: timedelta = timedelta(days=3)) -> None:
    with server.session() as client:
        for mail in mails:
            client.append(folder, "", imaplib.Time2Internaldate(datetime.now(UTC) - age), mail)


@pytest.mark.parametrize("age", [timedelta(days=400), timedelta(hours=2)])
def test_what_a_mailbox_held_before_the_desk_came_is_not_answered(
    server: Dovecot, folder: str, age: timedelta
) -> None:
    _append_old(server, folder, a_mail("old"), a_mail("older"), age=age)
    assert _poll() == 0
    server.append(a_mail("new"), folder=folder)
    assert _poll() == 1
    assert texts() == ["new"]


def test_a_mail_that_comes_between_the_start_and_the_first_look_is_answered(
    server: Dovecot, folder: str
) -> None:
    _append_old(server, folder, a_mail("old"))
    _append_old(server, folder, a_mail("while we could not connect"), age=timedelta(minutes=30))
    server.append(a_mail("just now"), folder=folder)
    assert _poll(datetime.now(UTC) - timedelta(hours=1)) == 2
    assert texts() == ["while we could not connect", "just now"]


def test_the_first_contact_is_kept_although_nothing_was_there_to_read(server: Dovecot, folder: str) -> None:
    assert _poll() == 0
    server.append(a_mail("first"), folder=folder)
    assert _poll(datetime.now(UTC) + timedelta(hours=1)) == 1
    assert texts() == ["first"]


def test_all_that_a_new_mailbox_holds_is_read_when_the_setting_says_so(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    configure(MAIL_FIRST_READ="all")
    _append_old(server, folder, a_mail("old"))
    assert _poll() == 1
    assert texts() == ["old"]


def test_an_answer_finds_its_thread_by_its_headers(server: Dovecot, folder: str) -> None:
    server.append(
        a_mail("first", Message_ID="<one@example.org>"),
        a_mail("second", Message_ID="<two@example.org>", In_Reply_To="<one@example.org>"),
        a_mail("third", References="<unknown@example.org> <two@example.org> <gone@example.org>"),
        a_mail("other"),
        folder=folder,
    )
    _poll()
    assert counts() == (2, 4, 0)


def test_a_poison_mail_in_the_middle_is_parked_and_the_mailbox_goes_on(server: Dovecot, folder: str) -> None:
    poison = b"\x01\x02 this is no mail\r\n"
    server.append(a_mail("first"), poison, a_mail("bounced", Return_Path="<>"), a_mail("last"), folder=folder)
    assert _poll() == 4
    assert texts() == ["first", "last"]
    assert parked_reasons() == ["This is no mail: it has no headers.", "not answered: bounce"]
    with transaction() as session:
        assert session.scalars(text("select raw from parked_mails order by id")).first() == poison


def test_a_mail_over_the_limit_is_parked_with_its_header_alone(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    configure(MAIL_MAX_BYTES=10_000)
    server.append(a_mail("word " * 10_000), a_mail("small"), folder=folder)
    _poll()
    assert texts() == ["small"]
    assert parked_reasons()[0].startswith("larger than 10000 bytes")
    with transaction() as session:
        raw = session.query(ParkedMail).one().raw
    assert b"From: Alice Miller" in raw
    assert b"word" not in raw


def _begin_anew(server: Dovecot, folder: str) -> None:
    before = server.uid_validity(folder)
    server.begin_uids_anew(folder)
    assert server.uid_validity(folder) != before


@pytest.mark.parametrize("first_read", ["new", "all"])
def test_under_a_new_uidvalidity_nothing_is_lost_or_doubled_and_history_stays_unread(
    server: Dovecot, folder: str, configure: Configure, first_read: str
) -> None:
    configure(MAIL_FIRST_READ=first_read)
    _append_old(server, folder, a_mail("history"))
    _poll()
    server.append(a_mail("first"), a_mail("second"), b"\x01 no mail\r\n", folder=folder)
    _poll()
    _begin_anew(server, folder)
    # As a restore may do it: what is older comes behind what is newer.
    _append_old(server, folder, a_mail("older history"))
    server.append(a_mail("third"), folder=folder)
    assert _poll() == (4 if first_read == "new" else 6)
    ours = ["first", "second", "third"]
    assert texts() == (
        ours if first_read == "new" else ["history", "first", "second", "older history", "third"]
    )
    assert len(parked_reasons()) == 1
    assert _poll() == 0
    server.append(a_mail("fourth"), folder=folder)
    assert _poll() == 1


def test_a_history_once_skipped_is_skipped_again_whatever_the_setting_says_by_then(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    _append_old(server, folder, a_mail("history"))
    _poll()
    configure(MAIL_FIRST_READ="all")
    _begin_anew(server, folder)
    assert _poll() == 0
    assert texts() == []


def test_of_a_mail_of_50_mb_little_more_than_the_header_is_fetched(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    large = a_mail("x" * 75 + "\n") + b"word " * 10_500_000
    assert len(large) > 50 * 1024 * 1024
    server.append(large, a_mail("behind it"), folder=folder)
    with proxy_to(server.port) as proxy:
        configure(MAIL_IMAP_URL=server.url(port=proxy.port, folder=folder))
        assert _poll() == 2
        assert proxy.passed < 20_000
    assert texts() == ["behind it"]
    assert parked_reasons() == [
        f"larger than 26214400 bytes: {len(large)} bytes, its header alone is kept",
    ]


def test_a_server_that_lies_about_a_size_is_stopped_at_the_limit(
    server: Dovecot, folder: str, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(MAIL_MAX_BYTES=100_000)
    monkeypatch.setattr(imap, "read_size", lambda _connection, _uid: 0)
    server.append(a_mail("word " * 100_000), a_mail("small"), folder=folder)
    _poll()
    assert texts() == ["small"]
    [reason] = parked_reasons()
    assert reason.startswith("larger than 100000 bytes: 100001 bytes")


def test_a_mail_at_which_the_line_breaks_again_and_again_is_set_aside(
    server: Dovecot, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.append(a_mail("first"), a_mail("cursed"), a_mail("third"), folder=folder)
    read_source = imap.read_source

    def breaks(connection: BaseMailBox, uid: int, *, most: int) -> bytes | None:
        if uid == 2:
            connection.client.shutdown()
        return read_source(connection, uid, most=most)

    monkeypatch.setattr(imap, "read_source", breaks)
    box = boxes.all_boxes()[0]
    watch = Watch(box, threading.Event())
    assert box.imap is not None
    for _attempt in range(5):
        with pytest.raises(imap.FAILURES), imap.connected(box.imap) as connection:
            look(connection, watch)
    with imap.connected(box.imap) as connection:
        assert look(connection, watch).handled == 1
    assert texts() == ["first", "third"]
    [reason] = parked_reasons()
    assert reason.startswith("could not be fetched in 5 attempts")
    assert not watch.tries


def test_a_mail_deleted_before_it_was_read_holds_nothing_up(server: Dovecot, folder: str) -> None:
    server.append(a_mail("first"), a_mail("second"), folder=folder)
    box = boxes.all_boxes()[0]
    assert box.imap is not None
    with imap.connected(box.imap) as connection, server.session() as other:
        imap.choose_folder(connection, folder)
        other.select(folder)
        other.store("1", "+FLAGS", "\\Deleted")
        other.expunge()
        assert look(connection, Watch(box, threading.Event())).handled == 1
    assert texts() == ["second"]


def test_a_line_that_breaks_while_a_mail_is_read_loses_and_doubles_nothing(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    mails = [a_mail(f"mail {number} " + "word " * 5_000) for number in range(6)]
    server.append(*mails, folder=folder)
    with proxy_to(server.port) as proxy:
        proxy.cut_after = 70_000
        configure(MAIL_IMAP_URL=server.url(port=proxy.port, folder=folder))
        with pytest.raises(imap.FAILURES):
            _poll()
        assert proxy.cuts == 1
        assert 0 < len(texts()) < 6
        _poll()
    assert [one.split(" word")[0] for one in texts()] == [f"mail {number}" for number in range(6)]
