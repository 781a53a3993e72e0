import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from ingestion.mail import boxes, smtp
from ingestion.mail.compose import compose
from ingestion.mail.servers import Encryption, Login, Server
from ingestion.mail.smtp import hand_over, read_url
from runtime.errors import FateUnknown, Permanent, Retryable, SettingError
from tests.ingestion.mail.desk import Configure
from tests.ingestion.mail.letters import DESK, an_outgoing
from tests.servers.dovecot import free_port
from tests.servers.smtp import SmtpServer, running_smtp

_TO = "alice@example.org"


@pytest.fixture
def server(configure: Configure) -> Iterator[SmtpServer]:
    with running_smtp() as running:
        configure(MAIL_SMTP_URL=running.url, MAIL_TIMEOUT_S=5)
        yield running


def _send(text: str = "It takes two days.") -> None:
    hand_over(
        compose(an_outgoing(text=text), address=DESK, name="Support"),
        server=_configured(),
        sender=DESK,
        to=_TO,
    )


def _configured() -> Server:
    found = boxes.box_of("").smtp
    assert found is not None
    return found


def test_a_mail_arrives_as_it_was_written(server: SmtpServer) -> None:
    _send("Dear Alice,\n.\n.. dots and\n\n.ends\nGrüße")
    body = server.mails[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Dear Alice,\n.\n.. dots and\n\n.ends\nGrüße\n"
    assert server.recipients == [[_TO]]


def test_a_refusal_for_now_is_to_be_tried_again(server: SmtpServer) -> None:
    server.recipient = ["450 try later"]
    with pytest.raises(Retryable, match="450 try later"):
        _send()
    server.data = ["451 no space"]
    with pytest.raises(Retryable, match="451 no space"):
        _send()
    _send()
    assert len(server.taken) == 1


def test_a_refusal_for_good_is_not_tried_again(server: SmtpServer) -> None:
    server.recipient = ["550 no such user"]
    with pytest.raises(Permanent, match="550 no such user"):
        _send()
    server.data = ["554 spam"]
    with pytest.raises(Permanent, match="554 spam"):
        _send()
    assert server.taken == []


def test_a_line_that_breaks_after_the_mail_leaves_its_fate_unknown(server: SmtpServer) -> None:
    server.drop_after_data = True
    with pytest.raises(FateUnknown, match="did not say"):
        _send()


def test_a_server_that_is_not_there_is_to_be_tried_again(configure: Configure) -> None:
    configure(MAIL_SMTP_URL=f"smtp://127.0.0.1:{free_port()}")
    with pytest.raises(Retryable, match="cannot be used"):
        _send()


def _mail_that_no_buffer_holds() -> EmailMessage:
    mail = EmailMessage()
    mail.set_content(f"{'word ' * 15}\n" * 120_000, cte="7bit")
    return mail


def _talk(listener: socket.socket, lines: list[bytes]) -> None:
    """Say the lines in turn, each followed by a little of what comes then, and hang up."""
    connection, _address = listener.accept()
    with connection:
        for line in lines:
            connection.sendall(line)
            connection.recv(4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([b"554 go away\r\n"], Retryable),
        ([b"220 hi\r\n", b"250 ok\r\n"], Retryable),
        ([b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"421 closing\r\n"], Retryable),
        ([b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n"], Retryable),
        ([b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"], Retryable),
    ],
)
def test_before_its_last_line_a_mail_is_certainly_not_taken(
    configure: Configure, lines: list[bytes], error: type[Exception]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        configure(MAIL_SMTP_URL=f"smtp://127.0.0.1:{listener.getsockname()[1]}", MAIL_TIMEOUT_S=5)
        talker = threading.Thread(target=_talk, args=(listener, lines))
        talker.start()
        with pytest.raises(error):
            hand_over(_mail_that_no_buffer_holds(), server=_configured(), sender=DESK, to=_TO)
        talker.join()


def test_a_server_that_says_nothing_is_given_up(configure: Configure) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        configure(MAIL_SMTP_URL=f"smtp://127.0.0.1:{listener.getsockname()[1]}", MAIL_TIMEOUT_S=0.2)
        with pytest.raises(Retryable):
            _send()


def test_user_and_password_are_given_decoded(configure: Configure) -> None:
    with running_smtp(with_login=True) as server:
        configure(MAIL_SMTP_URL=f"smtp://support%40example.com:p%40ss%2Fword@127.0.0.1:{server.port}")
        _send()
        assert server.logins == [("support@example.com", "p@ss/word")]
        assert len(server.taken) == 1


def test_a_wrong_password_is_not_the_mails_fault(configure: Configure) -> None:
    with running_smtp(with_login=True) as server:
        configure(MAIL_SMTP_URL=f"smtp://support:wrong@127.0.0.1:{server.port}")
        with pytest.raises(Retryable, match="535"):
            _send()


def test_a_line_that_cannot_be_encrypted_is_not_used(server: SmtpServer, configure: Configure) -> None:
    configure(MAIL_SMTP_URL=f"smtp+starttls://user:secret@127.0.0.1:{server.port}")
    with pytest.raises(Retryable, match="cannot be used") as caught:
        _send()
    assert "secret" not in str(caught.value)
    assert server.taken == []


def test_an_answer_that_is_none_leaves_the_fate_unknown(server: SmtpServer) -> None:
    server.data = ["nonsense"]
    with pytest.raises(FateUnknown):
        _send()


def test_urls_name_host_port_and_login() -> None:
    assert read_url("smtps://mail.example.com") == Server("mail.example.com", 465, Encryption.TLS)
    assert read_url("smtp+starttls://a%40b:c%3A@h") == Server(
        "h", 587, Encryption.STARTTLS, Login("a@b", "c:")
    )
    assert str(read_url("smtp://h:2525")) == "h:2525"


@pytest.mark.parametrize("url", ["smtp://", "smtp://host:99999", "smtp://host:x", "smtps+starttls://host"])
def test_a_wrong_url_is_named(url: str) -> None:
    with pytest.raises(SettingError, match="DESKFLEET_MAIL_SMTP_URL"):
        smtp.read_url(url)
