"""An admin sets up the ways in, in a real browser: a mailbox that customers write to, and a key for a program."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts import users
from accounts.permissions import Role
from deskfleet import mail_desk, rule_desk, ways
from ingestion import imap_poller
from runtime import desk_settings, limits
from runtime.database import transaction
from tests.console.desk import PASSWORD, console_app
from tests.ingestion.mail.desk import configuring, texts
from tests.ingestion.mail.letters import a_mail
from tests.jobs import CollectedJobs
from tests.journeys.test_console_keyboard import log_in
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.smtp import SmtpServer, running_smtp
from tests.servers.web import served

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def desk(run_jobs: CollectedJobs, tmp_path: Path) -> Iterator[str]:
    """The address of a desk with one admin, whose mailboxes are read."""
    limits.forget()
    desk_settings.follow()
    with transaction() as session:
        users.create_user(session, "alice@example.com", name="Alice", role=Role.ADMIN, password=PASSWORD)
    stop = threading.Event()
    loop = threading.Thread(target=imap_poller.run, args=(stop,))
    app = console_app(ruling=rule_desk, reaching=ways, mailing=mail_desk)
    with configuring(tmp_path / "data") as configure:
        configure(MAIL_HOSTS_INSIDE="127.0.0.1", MAIL_POLL_S=0.1, MAIL_TIMEOUT_S=5)
        loop.start()
        try:
            with served(app) as url:
                yield url
        finally:
            stop.set()
            loop.join(timeout=10)


def test_an_admin_adds_a_mailbox_that_customers_are_heard_by_and_a_key(browser: Browser, desk: str) -> None:
    context, page = log_in(browser, desk, "Alice")
    with running_dovecot() as imap, running_smtp(with_login=True) as smtp:
        page.get_by_role("link", name="Settings", exact=True).click()
        page.get_by_role("navigation", name="Settings").get_by_role("link", name="Mailboxes").click()
        fill_in(page, imap, smtp)
        page.get_by_label("Outgoing password").fill("forgotten")
        page.get_by_role("button", name="Test and add").click()
        expect(
            page.get_by_text(re.compile("Outgoing: it does not work.*refuses user or password"))
        ).to_be_visible()
        expect(page.get_by_label("Incoming password")).to_have_value("")

        page.get_by_label("Incoming password").fill(imap.password)
        page.get_by_label("Outgoing password").fill("p@ss/word")
        page.get_by_role("button", name="Test and add").click()
        expect(page.get_by_text("Kept. It holds everywhere within seconds.")).to_be_visible()
        imap.append(a_mail("Where is my parcel?"))
        wait_for_mail(page, "Where is my parcel?")
        page.get_by_role("button", name="Test sales").click()
        expect(page.get_by_text("Incoming: it works.")).to_be_visible()

    page.get_by_role("link", name="API keys").click()
    page.get_by_label("What it is for").fill("The shop")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("copy it now, it is not shown again")).to_be_visible()
    assert len(page.locator("#secret").input_value()) > 30
    page.reload()
    expect(page.locator("#secret")).to_have_count(0)
    expect(page.get_by_role("button", name="Revoke The shop")).to_have_count(1)
    context.close()


def fill_in(page: Page, imap: Dovecot, smtp: SmtpServer) -> None:
    """The form of a mailbox, but for the password of its outgoing server."""
    page.get_by_label("Name", exact=True).fill("sales")
    page.get_by_label("Address").fill("sales@example.com")
    page.get_by_label("At the first look").select_option("all")
    for side, port in (("Incoming", imap.port), ("Outgoing", smtp.port)):
        page.get_by_label(f"{side} server").fill("127.0.0.1")
        page.get_by_label(f"{side} port").fill(str(port))
        page.get_by_label(f"{side} encryption").select_option("if offered")
    page.get_by_label("Incoming user").fill(imap.user)
    page.get_by_label("Incoming password").fill(imap.password)
    page.get_by_label("Outgoing login").select_option("own")
    page.get_by_label("Outgoing user").fill("support")


def wait_for_mail(page: Page, said: str) -> None:
    deadline = time.monotonic() + 20
    while texts() != [said]:
        assert time.monotonic() < deadline, "the mail was not read"
        page.wait_for_timeout(100)
