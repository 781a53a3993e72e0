"""The mail with the link for a new password, over a real mail server."""

import logging
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from accounts import passwords, users
from accounts.models import User
from accounts.permissions import Role
from ingestion.password_mail import mail_password_link
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.servers.smtp import SmtpServer, running_smtp


@pytest.fixture
def smtp(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    with running_smtp() as server:
        monkeypatch.setenv("DESKFLEET_MAIL_SMTP_URL", server.url)
        settings.cache_clear()
        yield server


def bob(password_hash: str = "x") -> User:
    with transaction() as session:
        return users.add_user(
            session, "bob@example.com", name="Bob", role=Role.AGENT, password_hash=password_hash
        )


def test_the_link_of_the_mail_sets_the_password(smtp: SmtpServer, run_jobs: CollectedJobs) -> None:
    bob()
    assert passwords.mails_links()
    with transaction() as session:
        passwords.ask_for_mail(session, "bob@example.com", address="203.0.113.7")
    assert run_jobs() == 1
    [mail] = smtp.mails
    assert (smtp.recipients, mail["Auto-Submitted"]) == ([["bob@example.com"]], "auto-generated")
    [secret] = re.findall(r"http://localhost:8000/console/password/reset\?token=(\S+)", mail.get_content())
    with transaction() as session:
        passwords.choose(session, secret, "another horse battery", address="203.0.113.7")
        users.log_in(session, "bob@example.com", "another horse battery", address="203.0.113.7")


def test_nobody_and_accounts_without_a_password_get_no_mail(smtp: SmtpServer) -> None:
    mail_password_link(0)
    mail_password_link(bob(password_hash="").id)
    assert smtp.mails == []


def test_a_mail_that_is_refused_is_logged_without_the_link(
    smtp: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    user = bob()
    smtp.recipient = ["550 no such user"]
    with caplog.at_level(logging.DEBUG):
        mail_password_link(user.id)
    assert "a link for a password was not mailed: Permanent" in caplog.text
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("mail.")]
    assert not [one for one in ours if "token=" in one or "bob@example.com" in one]


def test_without_a_mail_server_no_link_is_made(run_jobs: CollectedJobs) -> None:
    assert not passwords.mails_links()
    mail_password_link(bob().id)
    with transaction() as session:
        assert session.scalar(text("select count(*) from password_resets")) == 0
