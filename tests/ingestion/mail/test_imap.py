import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from imap_tools.errors import MailboxLoginError

from ingestion.mail import imap
from ingestion.mail.imap import read_url
from ingestion.mail.servers import Encryption, Login, Server
from runtime.errors import SettingError
from tests.ingestion.mail.letters import a_mail
from tests.ingestion.proxy import proxy_to
from tests.servers.dovecot import Dovecot, free_port, running_dovecot


def _server(server: Dovecot) -> Server:
    return read_url(server.url())[0]


def _at(port: int) -> Server:
    return read_url(f"imap://a:b@127.0.0.1:{port}")[0]


@pytest.fixture
def folder(server: Dovecot) -> str:
    return server.new_folder()


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


def test_mails_are_listed_after_the_cursor_and_read_unmarked(server: Dovecot, folder: str) -> None:
    raw = a_mail("first\n.\n" + "word " * 1_000)
    server.append(raw, a_mail("second"), folder=folder)
    with imap.connected(_server(server)) as connection:
        chosen = imap.choose_folder(connection, folder)
        assert (chosen.uid_validity > 0, chosen.uid_next) == (True, 3)
        assert imap.uids_after(connection, 0) == [1, 2]
        assert imap.uids_after(connection, 1) == [2]
        assert imap.uids_after(connection, 2) == imap.uids_after(connection, 99) == []
        assert imap.read_size(connection, 1) == len(raw)
        assert imap.read_source(connection, 1, most=100_000) == raw
        assert imap.read_source(connection, 1, most=100) == raw[:100]
        header = imap.read_header(connection, 1)
        assert header is not None
        assert b"Subject: Delivery" in header
        assert b"word" not in header
        assert connection.uids("UNSEEN") == ["1", "2"]


def test_a_mail_that_is_gone_has_no_source(server: Dovecot, folder: str) -> None:
    with imap.connected(_server(server)) as connection:
        imap.choose_folder(connection, folder)
        assert imap.read_source(connection, 7, most=100) is None
        assert imap.read_header(connection, 7) is None
        assert imap.read_size(connection, 7) == 0


def test_mail_that_came_meanwhile_is_seen_when_the_folder_is_chosen_again(
    server: Dovecot, folder: str
) -> None:
    with imap.connected(_server(server)) as connection:
        imap.choose_folder(connection, folder)
        server.append(a_mail(), folder=folder)
        imap.choose_folder(connection, folder)
        assert imap.uids_after(connection, 0) == [1]


def test_sent_mail_is_found_by_its_id(server: Dovecot) -> None:
    server.append(a_mail(Message_ID="<ours.deskfleet@example.com>"), folder="Sent")
    server.append(a_mail(Message_ID="<theirs@example.com>"))
    with imap.connected(_server(server)) as connection:
        assert imap.has_sent(connection, "ours.deskfleet@example.com")
        assert not imap.has_sent(connection, "theirs@example.com")


def test_whether_the_server_can_push_is_asked(server: Dovecot) -> None:
    with imap.connected(_server(server)) as connection:
        assert "IDLE" in imap.capabilities(connection)
    with (
        running_dovecot(capability="IMAP4rev1 UIDPLUS") as plain,
        imap.connected(_server(plain)) as connection,
    ):
        assert imap.capabilities(connection) == {"IMAP4REV1", "UIDPLUS"}


def test_a_wrong_password_is_refused_without_being_shown(server: Dovecot) -> None:
    url = server.url().replace(server.password, "wrong-secret")
    with pytest.raises(MailboxLoginError) as caught, imap.connected(read_url(url)[0]):
        pass
    assert "wrong-secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_a_known_failure() -> None:
    with pytest.raises(imap.FAILURES), imap.connected(_at(free_port())):
        pass


def test_a_certificate_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_dovecot(tls=True) as server:
        encrypted = read_url(f"imaps://{server.user}:{server.password}@localhost:{server.tls_port}")[0]
        upgraded = _server(server)  # It offers STARTTLS, so it is used.
        for one in (encrypted, upgraded):
            with pytest.raises(imap.FAILURES, match="CERTIFICATE_VERIFY_FAILED"), imap.connected(one):
                pass
            known = replace(one, ca_file=server.folder / "certificate.pem")
            with imap.connected(known) as connection:
                assert imap.choose_folder(connection, "INBOX").uid_validity > 0
        monkeypatch.setenv("SSL_CERT_FILE", str(server.folder / "certificate.pem"))
        with imap.connected(encrypted) as connection:
            assert "IDLE" in imap.capabilities(connection)


def test_a_certificate_of_another_host_is_refused() -> None:
    with running_dovecot(tls=True) as server:
        other = Server(
            "127.0.0.2", server.tls_port, Encryption.TLS, ca_file=server.folder / "certificate.pem"
        )
        with proxy_to(server.tls_port, host=other.host) as proxy:
            other = replace(other, port=proxy.port)
            with pytest.raises(imap.FAILURES, match="certificate is not valid for"), imap.connected(other):
                pass


def test_a_line_that_somebody_keeps_from_being_encrypted_gets_no_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard: list[bytes] = []
        talker = threading.Thread(target=_offer_no_encryption, args=(listener, heard))
        talker.start()
        url = f"imap+starttls://alice:imap-secret@127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(imap.FAILURES), imap.connected(read_url(url)[0]):
            pass
        talker.join()
    assert b"CAPABILITY" in b"".join(heard)
    assert b"imap-secret" not in b"".join(heard)


def _offer_no_encryption(listener: socket.socket, heard: list[bytes]) -> None:
    """A server, or somebody between, that says it knows no STARTTLS and answers OK to all."""
    connection, _address = listener.accept()
    with connection:
        connection.settimeout(5)
        connection.sendall(b"* OK hello\r\n")
        while data := connection.recv(4096):
            heard.append(data)
            said = b"* BYE\r\n" if b"LOGOUT" in data else b"* CAPABILITY IMAP4rev1\r\n"
            connection.sendall(said + data.split()[0] + b" OK done\r\n")


def test_a_password_beyond_ascii_is_given_and_refused_as_it_should(server: Dovecot) -> None:
    wrong = replace(_server(server), login=Login("support", "geheim-grün"))
    with pytest.raises(imap.FAILURES, match="AUTHENTICATIONFAILED"), imap.connected(wrong):
        pass


def test_the_url_names_server_login_and_folder() -> None:
    found, folder = read_url("imaps://a%40b.c:p%2Fw@h/Desk/New")
    assert found == Server("h", 993, Encryption.TLS, Login("a@b.c", "p/w"))
    assert folder == "Desk/New"
    assert read_url("imap://a:b@h:1143")[1] == "INBOX"
    assert "p/w" not in repr(found)


@pytest.mark.parametrize("url", ["imaps://a@h", "imaps://a:b@h:x", "imaps://a:b@", "pop3://a:b@h"])
def test_a_wrong_url_is_named(url: str) -> None:
    with pytest.raises(SettingError, match="DESKFLEET_MAIL_IMAP_URL"):
        read_url(url)
