from pathlib import Path

import pytest

from ingestion.mail import boxes
from ingestion.mail.probe import Finding, probe
from tests.ingestion.mail.desk import Configure
from tests.ingestion.mail.letters import a_mail
from tests.servers.dovecot import free_port, running_dovecot
from tests.servers.smtp import running_smtp


def _probe() -> tuple[Finding, Finding]:
    return probe(boxes.all_boxes()[0])


def test_servers_that_let_us_in_say_what_they_can_and_nothing_changes(configure: Configure) -> None:
    with running_dovecot() as imap, running_smtp(with_login=True) as smtp:
        configure(
            MAIL_TIMEOUT_S=5,
            MAIL_IMAP_URL=imap.url(),
            MAIL_SMTP_URL=f"smtp://support:p%40ss%2Fword@127.0.0.1:{smtp.port}",
            MAIL_AFTER="move:Done",
        )
        imap.append(a_mail("first"))
        read, sent = _probe()
        assert read == Finding(
            "imap",
            True,
            "INBOX holds 1 mails; the server pushes; the folder Done will be made by the first move",
        )
        assert sent == Finding("smtp", True, f"127.0.0.1:{smtp.port} lets us in")
        assert smtp.taken == []
        assert imap.texts("INBOX", flag="UNSEEN") == ["first"]


def test_servers_that_do_not_are_told_apart_without_secrets(configure: Configure) -> None:
    with running_dovecot() as imap, running_smtp(with_login=True) as smtp:
        configure(
            MAIL_TIMEOUT_S=5,
            MAIL_IMAP_URL=imap.url().replace(imap.password, "wrong-secret"),
            MAIL_SMTP_URL=f"smtp://support:wrong-secret@127.0.0.1:{smtp.port}",
        )
        read, sent = _probe()
    assert (read.ok, sent.ok) == (False, False)
    assert "AUTHENTICATIONFAILED" in read.said
    assert "535" in sent.said
    assert "wrong-secret" not in read.said + sent.said


def test_what_is_not_there_is_told(configure: Configure, tmp_path: Path) -> None:
    assert [finding.ok for finding in _probe()] == [True, True]
    configure(
        MAIL_TIMEOUT_S=5,
        MAIL_IMAP_URL=f"imap://a:b@127.0.0.1:{free_port()}",
        MAIL_SMTP_URL=f"smtp://127.0.0.1:{free_port()}",
    )
    read, sent = _probe()
    assert (read.about, read.ok) == ("imap", False)
    assert "is the port right? (ConnectionRefusedError: [Errno 111] Connection refused)" in read.said
    assert (sent.ok, "cannot be used (ConnectionRefusedError)" in sent.said) == (False, True)


@pytest.mark.parametrize(
    ("capability", "said"), [("IMAP4rev1", "does not push"), ("IMAP4rev1", "marked as deleted")]
)
def test_what_a_server_cannot_do_is_told(configure: Configure, capability: str, said: str) -> None:
    with running_dovecot(capability=capability) as imap:
        configure(MAIL_TIMEOUT_S=5, MAIL_IMAP_URL=imap.url(), MAIL_AFTER="delete")
        assert said in _probe()[0].said
