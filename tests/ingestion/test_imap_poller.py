import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from ingestion import imap_poller, mailboxes
from ingestion.mail import boxes
from ingestion.mail.reading import Watch
from runtime.database import one_off_engine, transaction
from runtime.errors import SettingError
from tests.ingestion.mail.desk import Configure, configuring, counts, texts
from tests.ingestion.mail.letters import a_mail
from tests.ingestion.proxy import proxy_to
from tests.jobs import CollectedJobs
from tests.servers.dovecot import Dovecot, free_port, running_dovecot

_RUN_ONCE = """
import threading
from ingestion import imap_poller
imap_poller.run(threading.Event())
"""

_WAITING = """
select count(*) from pg_locks
where not granted and database = (select oid from pg_database where datname = current_database())
"""


_DEFAULT = {"mailbox": "default"}


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        change(MAIL_TIMEOUT_S=5, MAIL_POLL_S=0.1)
        yield change


@pytest.fixture
def folder(server: Dovecot, run_jobs: CollectedJobs, configure: Configure) -> str:
    """A mailbox folder of this test alone, which the desk reads."""
    name = server.new_folder()
    configure(MAIL_IMAP_URL=server.url(folder=name))
    return name


@contextmanager
def _running() -> Iterator[threading.Event]:
    """The loop in a thread, as the process runs it."""
    stop = threading.Event()
    loop = threading.Thread(target=imap_poller.run, args=(stop,))
    loop.start()
    try:
        yield stop
    finally:
        stop.set()
        loop.join(timeout=10)
        assert not loop.is_alive()


def _wait_for(condition: Callable[[], bool], *, within_s: float = 15) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _have_come(expected: int) -> bool:
    return len(texts()) == expected


def test_the_loop_outlives_a_server_that_hangs_up(server: Dovecot, folder: str, configure: Configure) -> None:
    with proxy_to(server.port) as proxy:
        proxy.cut_after = 9_000
        configure(MAIL_IMAP_URL=server.url(port=proxy.port, folder=folder))
        server.append(*(a_mail(f"mail {number} " + "word " * 1_000) for number in range(4)), folder=folder)
        with _running():
            _wait_for(lambda: len(texts()) == 4)
        assert proxy.cuts == 1


def test_the_loop_outlives_a_server_that_is_not_there_and_a_database_that_is_away(
    server: Dovecot, folder: str, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction() as session:
        session.execute(text("alter table mailbox_cursors rename to hidden"))
    server.append(a_mail("waits"), folder=folder)
    with _running():
        _wait_for(lambda: "mailbox cannot be read" in caplog.text)
        assert texts() == []
        with transaction() as session:
            session.execute(text("alter table hidden rename to mailbox_cursors"))
        _wait_for(lambda: texts() == ["waits"])
    caplog.clear()
    configure(MAIL_IMAP_URL=f"imap://a:the-password@127.0.0.1:{free_port()}")
    with _running():
        _wait_for(lambda: "mailbox cannot be read" in caplog.text)
    assert "the-password" not in caplog.text


def test_a_server_that_pushes_is_heard_long_before_the_next_look(
    server: Dovecot, folder: str, configure: Configure
) -> None:
    configure(MAIL_POLL_S=600)
    took_s = []
    with _running():
        for number in range(1, 4):
            time.sleep(0.3)
            started = time.monotonic()
            server.append(a_mail(f"mail {number}"), folder=folder)
            _wait_for(partial(_have_come, number), within_s=30)
            took_s.append(time.monotonic() - started)
    assert min(took_s) < 5, took_s


def test_a_server_that_does_not_push_is_asked_again_and_again(
    run_jobs: CollectedJobs, configure: Configure
) -> None:
    with running_dovecot(capability="IMAP4rev1") as server:
        configure(MAIL_IMAP_URL=server.url())
        with _running():
            server.append(a_mail("first"))
            _wait_for(lambda: texts() == ["first"])
            server.append(a_mail("second"))
            _wait_for(lambda: texts() == ["first", "second"])


def test_when_the_mailbox_was_last_read_is_measured(server: Dovecot, folder: str) -> None:
    started = time.time()
    server.append(b"\x01 no mail\r\n", folder=folder)
    with _running():
        _wait_for(lambda: counts() == (0, 0, 1))
        _wait_for(lambda: REGISTRY.get_sample_value("deskfleet_parked_mails", _DEFAULT) == 1)
    label = _DEFAULT
    read_at = REGISTRY.get_sample_value("deskfleet_mailbox_last_fetch_timestamp_seconds", label)
    assert read_at is not None
    assert read_at >= started
    assert (REGISTRY.get_sample_value("deskfleet_oldest_parked_mail_seconds", label) or -1) >= 0


def test_a_wrong_url_stops_the_process_by_name(configure: Configure) -> None:
    configure(MAIL_IMAP_URL="imaps://user@host:993/INBOX")
    with pytest.raises(SettingError, match="DESKFLEET_MAIL_IMAP_URL"):
        imap_poller.run(threading.Event())


def test_without_a_server_the_folder_is_read(
    run_jobs: CollectedJobs, configure: Configure, tmp_path: Path
) -> None:
    inbox = tmp_path / "data" / "mail" / "in"
    inbox.mkdir(parents=True)
    with _running():
        (inbox / "one.part").write_bytes(a_mail("from a file"))
        (inbox / "one.part").rename(inbox / "one.eml")
        _wait_for(lambda: texts() == ["from a file"])
        _wait_for(lambda: (inbox / "done" / "one.eml").exists())


def test_kill_9_in_the_middle_of_a_mail_loses_and_doubles_nothing(
    server: Dovecot, folder: str, database: str, configure: Configure
) -> None:
    configure(MAIL_FIRST_READ="all")  # Else the first cursor would be what waits.
    server.append(*(a_mail(f"mail {number}") for number in range(3)), folder=folder)
    environment = {**os.environ, "DESKFLEET_DATABASE_URL": database, "PYTHONPATH": "src"}
    engine = one_off_engine(database.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as holder:
        # Whoever wants to store a cursor waits; the ticket before it is written and not committed.
        holder.execute(text("lock table mailbox_cursors in share mode"))
        child = subprocess.Popen([sys.executable, "-c", _RUN_ONCE], env=environment, cwd=_root())
        waiting = text(_WAITING)
        try:
            _wait_for(lambda: bool(holder.scalar(waiting)), within_s=30)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
    engine.dispose()
    with _running():
        _wait_for(lambda: len(texts()) == 3)
    assert texts() == ["mail 0", "mail 1", "mail 2"]
    assert counts() == (3, 3, 0)


def _root() -> Path:
    return Path(__file__).resolve().parents[2]


def _box_file(tmp_path: Path, *tables: str) -> Path:
    (tmp_path / "password").write_text("imap-secret\n")
    path = tmp_path / "boxes.toml"
    path.write_text("".join(f"[[mailbox]]\npassword_file = 'password'\n{table}\n" for table in tables))
    return path


def _table(name: str, port: int, folder: str, **more: str) -> str:
    values = {
        "name": name,
        "address": f"{name}@example.com",
        "imap_url": f"imap://support@127.0.0.1:{port}",
        "smtp_url": "smtp://127.0.0.1:25",
        "folder": folder,
    } | more
    return "\n".join(f"{key} = {value!r}" for key, value in values.items())


def test_a_broken_mailbox_does_not_hold_up_the_others(
    server: Dovecot, run_jobs: CollectedJobs, configure: Configure, tmp_path: Path
) -> None:
    folders = [server.new_folder() for _number in range(3)]
    tables = [_table(f"box{number}", server.port, folder) for number, folder in enumerate(folders)]
    gone = _table("gone", free_port(), "INBOX")
    missing = _table("missing", server.port, "No such folder")
    configure(MAIL_BOXES=_box_file(tmp_path, gone, *tables, missing))
    failures_before = REGISTRY.get_sample_value("deskfleet_mailbox_failures_total", {"mailbox": "gone"}) or 0
    with _running():
        for number, folder in enumerate(folders):
            server.append(a_mail(f"to {number}", To=f"box{number}@example.com"), folder=folder)
        _wait_for(partial(_have_come, 3))
    assert sorted(texts()) == ["to 0", "to 1", "to 2"]
    places = {box.name: box.place for box in boxes.all_boxes()}
    with transaction() as session:
        states = mailboxes.read_states(session, places.values())
    failing = [name for name, place in places.items() if states[place].failures]
    assert failing == ["gone", "missing"]
    failures = REGISTRY.get_sample_value("deskfleet_mailbox_failures_total", {"mailbox": "gone"}) or 0
    assert failures > failures_before


def test_a_loop_that_dies_is_started_anew(
    server: Dovecot, folder: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep_reading = imap_poller._keep_reading
    deaths: list[str] = []

    def dies_once(watch: Watch) -> None:
        if deaths:
            keep_reading(watch)
        deaths.append(watch.box.name)

    monkeypatch.setattr(imap_poller, "_keep_reading", dies_once)
    server.append(a_mail("waits"), folder=folder)
    with _running():
        _wait_for(lambda: texts() == ["waits"])
    assert "is started anew" in caplog.text


def test_pauses_grow_differ_and_end(configure: Configure) -> None:
    configure(MAIL_POLL_S=1)
    for failures, longest_s in ((1, 2), (3, 8), (50, 300)):
        pauses = {imap_poller.pause_after(failures) for _time in range(20)}
        assert len(pauses) > 1
        assert longest_s / 2 <= min(pauses) <= max(pauses) <= longest_s


def test_a_wrong_mailbox_file_stops_the_process(configure: Configure, tmp_path: Path) -> None:
    configure(MAIL_BOXES=_box_file(tmp_path, _table("sales", 143, "INBOX", surprise="yes")))
    with pytest.raises(SettingError, match="mailbox 'sales', key surprise: there is no such key"):
        imap_poller.run(threading.Event())
