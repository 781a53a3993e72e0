"""What becomes of handled mails in a real mailbox, also when the process dies in between."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imap_tools.mailbox import BaseMailBox

from ingestion.mail import afterwards, boxes, imap
from ingestion.mail.box import Box
from ingestion.mail.reading import Look, Watch, look
from tests.ingestion.mail.desk import Configure, configuring, parked_reasons, texts
from tests.ingestion.mail.letters import a_mail
from tests.jobs import CollectedJobs
from tests.servers.dovecot import Dovecot, running_dovecot


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@pytest.fixture(scope="module")
def plain_server() -> Iterator[Dovecot]:
    """It knows neither MOVE nor UIDPLUS."""
    with running_dovecot(capability="IMAP4rev1") as running:
        yield running


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        change(MAIL_TIMEOUT_S=5)
        yield change


@pytest.fixture
def folder(server: Dovecot, run_jobs: CollectedJobs, configure: Configure) -> str:
    name = server.new_folder()
    configure(MAIL_IMAP_URL=server.url(folder=name))
    return name


@contextmanager
def _connected() -> Iterator[tuple[BaseMailBox, Box]]:
    box = boxes.all_boxes()[0]
    assert box.imap is not None
    with imap.connected(box.imap) as connection:
        yield connection, box


def _look() -> Look:
    with _connected() as (connection, box):
        return look(connection, Watch(box, threading.Event(), datetime.now(UTC) - timedelta(minutes=5)))


def _append_old(server: Dovecot, folder: str, mail: bytes) -> None:
    with server.session() as client:
        client.append(folder, "", '"01-Jan-2020 10:00:00 +0000"', mail)


def test_mails_are_kept_unmarked_unless_the_setting_says_otherwise(server: Dovecot, folder: str) -> None:
    server.append(a_mail("first"), folder=folder)
    assert _look() == Look(1)
    assert server.texts(folder, flag="UNSEEN") == ["first"]


def test_handled_mails_are_marked_as_seen_and_others_are_not(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    configure(MAIL_AFTER="seen")
    _append_old(server, folder, a_mail("history"))
    server.append(a_mail("first"), b"\x01 no mail\r\n", a_mail("third"), folder=folder)
    assert _look() == Look(3)
    assert server.texts(folder, flag="UNSEEN") == ["history"]


def test_handled_mails_are_deleted_and_nothing_else_is(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    configure(MAIL_AFTER="delete")
    _append_old(server, folder, a_mail("history"))
    server.append(a_mail("first"), a_mail("second"), folder=folder)
    with server.session() as somebody:
        somebody.select(folder)
        somebody.store("1", "+FLAGS", "\\Deleted")  # Marked by a person, who may yet change their mind.
        assert _look() == Look(2)
    assert server.texts(folder) == ["history"]
    assert texts() == ["first", "second"]


def test_handled_mails_are_moved_into_a_folder_that_is_made_for_it(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    target = f"Erledigt für {folder}"
    configure(MAIL_AFTER=f"move:{target}")
    server.append(a_mail("first"), a_mail("second"), folder=folder)
    assert _look() == Look(2)
    server.append(a_mail("third"), folder=folder)
    assert _look() == Look(1)
    assert server.texts(folder) == []
    assert server.texts(target.replace("ü", "&APw-")) == ["first", "second", "third"]
    assert texts() == ["first", "second", "third"]


def test_a_crash_between_the_commit_and_the_move_loses_and_repeats_nothing(
    server: Dovecot, folder: str, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(MAIL_AFTER=f"move:{folder}-done")
    server.append(a_mail("first"), a_mail("second"), folder=folder)

    def dies(_connection: BaseMailBox, _box: Box) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(afterwards, "settle", dies)
        _look()
    assert texts() == ["first", "second"]
    assert len(server.texts(folder)) == 2
    assert _look() == Look(0)
    assert server.texts(f"{folder}-done") == ["first", "second"]
    assert _look() == Look(0)
    assert texts() == ["first", "second"]


def test_only_what_is_handled_from_then_on_is_moved_when_the_setting_changes(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    server.append(a_mail("before"), folder=folder)
    _look()
    configure(MAIL_AFTER="delete")
    server.append(a_mail("since"), folder=folder)
    _look()
    assert server.texts(folder) == ["before"]


@pytest.mark.parametrize("after", ["delete", "move"])
def test_a_mail_of_which_we_hold_the_header_alone_stays_where_it_is(
    server: Dovecot, folder: str, configure: Configure, after: str
) -> None:
    configure(MAIL_AFTER=f"move:{folder}-done" if after == "move" else after, MAIL_MAX_BYTES=5_000)
    server.append(a_mail("small"), a_mail("large " * 2_000), folder=folder)
    assert _look() == Look(2)
    assert [one.split()[0] for one in server.texts(folder)] == ["large"]
    assert len(parked_reasons()) == 1


def test_a_move_that_is_refused_is_told_and_tried_again_and_mails_are_read_on(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    configure(MAIL_AFTER="move:bad//name")
    for text in ("first", "second"):
        server.append(a_mail(text), folder=folder)
        assert _look().complaint.startswith("mails cannot be put away: MOVE answered NO")
    assert texts() == ["first", "second"]
    configure(MAIL_AFTER=f"move:{folder}-done")
    assert _look() == Look(0)
    assert server.texts(f"{folder}-done") == ["first", "second"]


def test_a_plain_server_moves_by_copies_and_a_crash_after_the_copy_makes_no_second(
    plain_server: Dovecot, run_jobs: CollectedJobs, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plain_server.new_folder()
    configure(MAIL_IMAP_URL=plain_server.url(folder=folder), MAIL_AFTER=f"move:{folder}-done")
    plain_server.append(a_mail("first"), a_mail("second"), folder=folder)

    def dies(_connection: BaseMailBox, _uids: list[int]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(afterwards, "_delete", dies)
        _look()
    assert plain_server.texts(f"{folder}-done") == ["first", "second"]
    plain_server.append(a_mail("third"), folder=folder)
    assert _look() == Look(1)
    assert plain_server.texts(f"{folder}-done") == ["first", "second", "third"]
    assert plain_server.texts(folder, flag="UNDELETED") == []
    assert texts() == ["first", "second", "third"]


def test_many_mails_are_moved_in_parts(
    server: Dovecot, folder: str, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(afterwards, "_AT_ONCE", 2)
    configure(MAIL_AFTER="delete")
    server.append(*(a_mail(f"mail {number}") for number in range(5)), folder=folder)
    assert _look() == Look(5)
    assert server.texts(folder) == []
