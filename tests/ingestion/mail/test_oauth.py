import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.mail import imap, oauth, smtp
from ingestion.mail.compose import compose
from ingestion.mail.oauth import Refresh, TokenFile, access_token
from ingestion.mail.servers import Encryption, Login, Server
from runtime.errors import Retryable, Unavailable
from tests.ingestion.mail.desk import Configure
from tests.ingestion.mail.letters import DESK, an_outgoing
from tests.servers.dovecot import free_port, running_dovecot
from tests.servers.oauth import OAuthServer, running_oauth
from tests.servers.smtp import running_smtp


@pytest.fixture
def server(configure: Configure) -> Iterator[OAuthServer]:
    configure(MAIL_TIMEOUT_S=5)
    with running_oauth() as running:
        yield running


@pytest.fixture
def refresh(server: OAuthServer, tmp_path: Path) -> Refresh:
    (tmp_path / "refresh").write_text("refresh-0\n")
    (tmp_path / "client").write_text("client-secret\n")
    return Refresh(server.token_url, "desk", tmp_path / "refresh", tmp_path / "client")


def test_a_token_is_fetched_once_and_kept(server: OAuthServer, refresh: Refresh) -> None:
    assert access_token(refresh) == access_token(refresh) == "access-1"
    assert server.asked == [
        {
            "grant_type": "refresh_token",
            "client_id": "desk",
            "refresh_token": "refresh-0",
            "client_secret": "client-secret",
        }
    ]


def test_a_token_is_renewed_before_it_expires(
    server: OAuthServer, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert access_token(refresh) == "access-1"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3400)
    assert access_token(refresh) == "access-1"
    monkeypatch.setattr(time, "monotonic", lambda: now + 3500)
    assert access_token(refresh) == "access-2"


def test_a_token_that_was_refused_is_fetched_anew(server: OAuthServer, refresh: Refresh) -> None:
    access_token(refresh)
    oauth.forget(refresh)
    assert access_token(refresh) == "access-2"


@pytest.mark.parametrize("expires_in", [None, "soon", [], True])
def test_a_token_of_no_stated_life_is_used(server: OAuthServer, refresh: Refresh, expires_in: object) -> None:
    server.expires_in = expires_in
    assert access_token(refresh) == "access-1"


def test_a_new_refresh_token_is_kept_in_its_file(server: OAuthServer, refresh: Refresh) -> None:
    server.rotates = True
    access_token(refresh)
    assert refresh.refresh_token_file.read_text() == "refresh-1"
    assert refresh.refresh_token_file.stat().st_mode & 0o777 == 0o600
    oauth.forget(refresh)
    assert access_token(refresh) == "access-2"


def test_where_the_file_cannot_be_written_the_new_one_is_kept_in_memory(
    server: OAuthServer, refresh: Refresh, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(_source: str, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "replace", refused)
    server.rotates = True
    for _time in range(3):
        access_token(refresh)
        oauth.forget(refresh)
    assert [form["refresh_token"] for form in server.asked] == ["refresh-0", "refresh-1", "refresh-2"]
    assert "kept in memory alone: Operation not permitted" in caplog.text
    assert "refresh-1" not in caplog.text
    assert sorted(path.name for path in refresh.refresh_token_file.parent.iterdir()) == ["client", "refresh"]
    server.refresh_token = "given by hand"
    refresh.refresh_token_file.write_text("given by hand")
    assert access_token(refresh) == "access-4"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            400,
            '{"error": "invalid_grant", "error_description": "secret words"}',
            "answered 400 invalid_grant.",
        ),
        (400, '{"error": "<script>"}', "answered 400."),
        (500, "secret words", "answered 500."),
        (200, "[]", "answered 200."),
        (200, "no json", "answered 200."),
        (200, '{"access_token": ""}', "gave no access token"),
        (200, '{"access_token": "grün"}', "gave no access token"),
        (302, "http://127.0.0.1:1/elsewhere", "answered 302."),
    ],
)
def test_an_answer_without_a_token_is_told_without_its_words(
    server: OAuthServer, refresh: Refresh, status: int, body: str, said: str
) -> None:
    server.answers = [(status, body)]
    with pytest.raises(Unavailable) as caught:
        access_token(refresh)
    assert said in caught.value.detail
    assert "secret" not in caught.value.detail
    assert "refresh-0" not in caught.value.detail


def test_a_token_server_that_is_not_there_is_named(configure: Configure, refresh: Refresh) -> None:
    gone = replace(refresh, token_url=f"http://127.0.0.1:{free_port()}/token")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 does not answer \(ConnectError\)"):
        access_token(gone)


def test_a_secret_file_is_read_without_its_line_end_or_named(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(Unavailable, match=r"token cannot be read \(FileNotFoundError\)"):
        access_token(TokenFile(path))
    path.write_text("\n")
    with pytest.raises(Unavailable, match="token is empty"):
        access_token(TokenFile(path))
    path.write_text(" a secret \r\n")
    assert access_token(TokenFile(path)) == " a secret "


def test_a_real_mailbox_is_entered_by_token_and_again_when_the_token_was_revoked(
    server: OAuthServer, refresh: Refresh
) -> None:
    with running_dovecot(token_info=server.token_info) as dovecot:
        mailbox = Server("127.0.0.1", dovecot.port, Encryption.IF_OFFERED, Login("support", token=refresh))
        with imap.connected(mailbox) as connection:
            assert imap.choose_folder(connection, "INBOX").uid_validity > 0
        server.valid.clear()
        with pytest.raises(imap.FAILURES) as caught, imap.connected(mailbox):
            pass
        assert "access-1" not in str(caught.value)
        with imap.connected(mailbox) as connection:
            assert imap.choose_folder(connection, "INBOX").uid_validity > 0
    assert len(server.asked) == 2


def test_a_mail_is_sent_by_token_and_a_refused_token_is_not_the_mails_fault(
    server: OAuthServer, refresh: Refresh
) -> None:
    with running_smtp(tokens=server.valid) as running:
        relay = Server("127.0.0.1", running.port, Encryption.IF_OFFERED, Login("support", token=refresh))
        mail = compose(an_outgoing(), address=DESK, name="Support")
        smtp.hand_over(mail, server=relay, sender=DESK, to="alice@example.org")
        assert running.logins == [("support", "access-1")]
        server.valid.clear()
        with pytest.raises(Retryable, match="535") as caught:
            smtp.hand_over(mail, server=relay, sender=DESK, to="alice@example.org")
        assert "access-1" not in str(caught.value)
        smtp.hand_over(mail, server=relay, sender=DESK, to="alice@example.org")
        assert len(running.taken) == 2


def test_a_mail_waits_while_no_token_can_be_had(configure: Configure, tmp_path: Path) -> None:
    with running_smtp() as running:
        login = Login("support", token=TokenFile(tmp_path / "none"))
        relay = Server("127.0.0.1", running.port, Encryption.IF_OFFERED, login)
        with pytest.raises(Retryable, match=r"secret file .*none cannot be read"):
            smtp.hand_over(
                compose(an_outgoing(), address=DESK, name="Support"),
                server=relay,
                sender=DESK,
                to="alice@example.org",
            )
        assert running.taken == []
