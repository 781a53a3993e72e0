"""An admin adds a mailbox, tries it, changes, pauses and removes it; its passwords come out nowhere."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select, text

from accounts.permissions import Role
from deskfleet import mail_desk, rule_desk, ways
from ingestion import imap_poller
from ingestion.mail import boxes
from ingestion.tasks import deliver_reply
from runtime import desk_settings
from runtime.database import transaction
from runtime.desk_settings import DeskSetting, Document
from tests.console.desk import Member, console_app, member
from tests.ingestion.mail.desk import Configure, configuring, texts
from tests.ingestion.mail.letters import a_mail
from tests.jobs import CollectedJobs
from tests.servers.dovecot import Dovecot, free_port, running_dovecot
from tests.servers.smtp import SmtpServer, running_smtp
from tickets import lifecycle
from tickets.models import Ticket

PAGE = "/console/settings/mailboxes"
SMTP_PASSWORD = "p@ss/word"
NO_ENCRYPTION = "if offered"


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with running_smtp(with_login=True) as running:
        yield running


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        change(MAIL_TIMEOUT_S=2, MAIL_POLL_S=0.1, MAIL_HOSTS_INSIDE="127.0.0.1, localhost")
        yield change


@pytest.fixture
def alice(run_jobs: CollectedJobs, configure: Configure) -> Member:
    desk_settings.follow()
    app = console_app(ruling=rule_desk, reaching=ways, mailing=mail_desk)
    return member("Alice", role=Role.ADMIN, app=app)


@pytest.fixture
def sales(imap: Dovecot, smtp: SmtpServer) -> dict[str, str]:
    """The form of a mailbox whose servers are there, in a folder of this test alone."""
    return {
        "name": "sales",
        "is_new": "1",
        "address": "sales@example.com",
        "sender_name": "Sales",
        "imap_host": "127.0.0.1",
        "imap_port": str(imap.port),
        "imap_encryption": NO_ENCRYPTION,
        "imap_user": imap.user,
        "imap_password": imap.password,
        "folder": imap.new_folder(),
        "after": "keep",
        "first_read": "all",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(smtp.port),
        "smtp_encryption": NO_ENCRYPTION,
        "smtp_login": "own",
        "smtp_user": "support",
        "smtp_password": SMTP_PASSWORD,
    }


def newest() -> int:
    with transaction() as session:
        found = desk_settings.newest(session, Document.MAILBOXES)
    return found.id if found else 0


def post(who: Member, fields: Mapping[str, str], *, to: str = "") -> Response:
    return who.post(PAGE + to, seen=newest(), **fields)


def names() -> list[str]:
    return [box.name for box in boxes.all_boxes()]


@contextmanager
def polling() -> Iterator[None]:
    stop = threading.Event()
    loop = threading.Thread(target=imap_poller.run, args=(stop,))
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(timeout=10)
        assert not loop.is_alive()


def wait_for(condition: Callable[[], bool], *, within_s: float = 15) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_mailbox_that_is_added_is_read_within_seconds_and_answers_leave_by_its_server(
    alice: Member, imap: Dovecot, smtp: SmtpServer, sales: dict[str, str]
) -> None:
    with polling():
        assert post(alice, sales).headers["location"] == f"{PAGE}?done=1"
        wait_for(lambda: names() == ["default", "sales"])
        imap.append(a_mail("Where is it?").replace(b"support@", b"sales@"), folder=sales["folder"])
        wait_for(lambda: texts() == ["Where is it?"])
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert ticket.desk_address == "sales@example.com"
        reply = lifecycle.staff_reply(
            session, ticket.id, "It is on its way.", staff=alice.public_id, name="Alice", seen_seq=1
        )
    deliver_reply(reply)
    [mail] = smtp.mails
    assert "sales@example.com" in str(mail["From"])
    assert "Sales" in str(mail["From"])
    assert smtp.logins[-1] == ("support", SMTP_PASSWORD)
    assert "last read <time" in alice.client.get(PAGE).text


def test_a_mailbox_that_is_paused_or_removed_is_not_read_and_one_brought_back_is(
    alice: Member, imap: Dovecot, sales: dict[str, str]
) -> None:
    with polling():
        post(alice, sales)
        imap.append(a_mail("first"), folder=sales["folder"])
        wait_for(lambda: texts() == ["first"])
        assert post(alice, {"name": "sales", "paused": "1"}, to="/pause").status_code == 303
        wait_for(lambda: "mailbox sales" not in {thread.name for thread in threading.enumerate()})
        imap.append(a_mail("second"), folder=sales["folder"])
        time.sleep(0.5)
        assert texts() == ["first"]
        assert ">paused<" in alice.client.get(PAGE).text
        post(alice, {"name": "sales", "paused": ""}, to="/pause")
        wait_for(lambda: texts() == ["first", "second"])
        kept = newest()
        assert post(alice, {"name": "sales"}, to="/remove").status_code == 303
        wait_for(lambda: "mailbox sales" not in {thread.name for thread in threading.enumerate()})
        imap.append(a_mail("third"), folder=sales["folder"])
        time.sleep(0.5)
        assert texts() == ["first", "second"]
        alice.post(f"{PAGE}/restore", version=kept, seen=newest())
        wait_for(lambda: texts() == ["first", "second", "third"])


def test_passwords_are_in_no_page_no_version_no_log_and_no_audit_entry(
    alice: Member, sales: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    refused = post(alice, {**sales, "smtp_password": "wrong-smtp-secret"})
    assert refused.status_code == 422
    assert post(alice, sales).status_code == 303
    shown = refused.text + alice.client.get(f"{PAGE}?edit=sales").text
    with transaction() as session:
        kept = session.scalars(select(DeskSetting)).all()
        audited = session.execute(text("select data::text, target from audit_entries")).all()
        sealed = [one["imap"]["sealed"] for one in kept[0].value["mailboxes"]] if kept[0].value else []
    written = json.dumps([one.value for one in kept]) + str(audited) + caplog.text
    for secret in (sales["imap_password"], SMTP_PASSWORD, "wrong-smtp-secret"):
        assert secret not in shown + written
    assert sealed
    assert all(sealed)
    assert not any(one in alice.client.get(PAGE).text for one in sealed)
    assert any(target == "mailboxes" for _data, target in audited)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"imap_password": "not-it"}, "refuses user or password"),
        ({"smtp_password": "not-it"}, "refuses user or password"),
        ({"imap_host": "nowhere.invalid", "imap_encryption": "tls"}, "There is no host nowhere.invalid"),
        ({"imap_encryption": "tls"}, "does not begin with TLS"),
        ({"imap_encryption": "starttls"}, "STARTTLS"),
        ({"smtp_encryption": "tls"}, "does not begin with TLS"),
        ({"folder": "Nowhere"}, "There is no such folder"),
    ],
)
def test_what_is_wrong_with_a_server_is_named_and_nothing_is_kept(
    alice: Member, sales: dict[str, str], wrong: dict[str, str], said: str
) -> None:
    answer = post(alice, sales | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert "it does not work." in answer.text
    assert 'value="sales@example.com"' in answer.text
    assert newest() == 0


def test_a_server_that_says_nothing_is_given_up_soon(alice: Member, sales: dict[str, str]) -> None:
    with running_dovecot(tls=True) as with_tls:
        started = time.monotonic()
        answer = post(alice, sales | {"imap_port": str(with_tls.tls_port)})
        assert time.monotonic() - started < 10
    assert answer.status_code == 422
    assert "are port and encryption right?" in answer.text


def test_what_is_inside_is_reached_only_when_whoever_runs_the_desk_allows_it(
    alice: Member, sales: dict[str, str], smtp: SmtpServer, configure: Configure
) -> None:
    configure(MAIL_HOSTS_INSIDE="mail.example.com")
    answer = post(alice, sales)
    assert answer.text.count("127.0.0.1 is not a public host") == 2
    assert smtp.logins == []
    named = sales | {"imap_host": "localhost", "smtp_host": "localhost"}
    assert post(alice, named).text.count("localhost is not a public host") == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "Sales Team"}, "The name has small letters"),
        ({"address": "sales"}, "The address is a mail address"),
        ({"address": "Support@example.com"}, "Another mailbox has the same address"),
        ({"name": "default"}, "Another mailbox has the same name"),
        ({"imap_host": "imap://127.0.0.1"}, "a host without anything around it"),
        ({"imap_port": "70000"}, "a number from 1 to 65535"),
        ({"imap_user": ""}, "The user of the incoming server is missing"),
        ({"imap_password": ""}, "is missing"),
        ({"imap_encryption": "none"}, "none there is"),
        ({"imap_host": "imap.example.com"}, "A password is not sent"),
        ({"smtp_user": ""}, "The user of the outgoing server is missing"),
        ({"after": "burn"}, "A mail that was handled is"),
        ({"is_new": ""}, "There is no such mailbox"),
    ],
)
def test_a_form_that_cannot_be_is_refused_by_its_field(
    alice: Member, sales: dict[str, str], wrong: dict[str, str], said: str
) -> None:
    answer = post(alice, sales | wrong | {"untried": "1"})
    assert answer.status_code in {404, 409, 422}
    assert said in answer.text
    assert newest() == 0


def test_what_is_there_already_is_not_added_twice(alice: Member, sales: dict[str, str]) -> None:
    assert post(alice, sales).status_code == 303
    assert "Another mailbox has the same name" in post(alice, sales).text
    other = sales | {"name": "shop", "address": "shop@example.com"}
    answer = post(alice, other)
    assert "the same user, server and folder" in answer.text
    late = alice.post(PAGE, seen=0, **(other | {"folder": "INBOX"}))
    assert late.status_code == 409
    assert "Somebody changed this meanwhile" in late.text


def test_a_kept_password_never_goes_to_another_server(
    alice: Member, sales: dict[str, str], smtp: SmtpServer
) -> None:
    post(alice, sales)
    change = sales | {"is_new": "", "imap_password": "", "smtp_password": ""}
    assert post(alice, change | {"sender_name": "The sales team"}).status_code == 303
    assert boxes.box_named("sales").sender_name == "The sales team"
    logins = len(smtp.logins)
    for moved in ({"smtp_port": str(free_port())}, {"smtp_host": "localhost"}, {"imap_user": "other"}):
        answer = post(alice, change | moved | {"untried": "1"})
        assert answer.status_code == 422, moved
        assert "is missing" in answer.text
    assert len(smtp.logins) == logins


def test_a_mailbox_of_the_environment_is_tried_and_cannot_be_changed_here(
    alice: Member, sales: dict[str, str], configure: Configure
) -> None:
    tried = post(alice, {"name": "default"}, to="/test")
    assert tried.status_code == 200
    assert "no server: mails are read from the folder mail/in" in tried.text
    assert post(alice, {"name": "default"}, to="/remove").status_code == 404
    assert alice.client.get(f"{PAGE}?edit=default").status_code == 404
    assert post(alice, {"name": "pigeon"}, to="/test").status_code == 404
    post(alice, sales)
    assert "it works." in post(alice, {"name": "sales"}, to="/test").text
    configure(MAIL_ADDRESS="sales@example.com")
    assert names() == ["default"]
    assert "the environment has a mailbox of the same address" in alice.client.get(PAGE).text


def test_only_admins_see_try_and_change_mailboxes(alice: Member, sales: dict[str, str]) -> None:
    for name, role in (("Bob", Role.MANAGER), ("Carol", Role.AGENT)):
        other = member(name, role=role, app=console_app(mailing=mail_desk))
        assert other.client.get(PAGE).status_code == 403
        for way in ("", "/test", "/pause", "/remove", "/restore"):
            assert other.post(PAGE + way, **sales, seen=0, version=0).status_code == 403, way
    assert newest() == 0
