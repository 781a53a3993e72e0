from pathlib import Path

import pytest

from ingestion.mail.servers import Encryption, Login, Server, check_ca_file, read_url
from runtime.errors import SettingError, Unavailable


@pytest.mark.parametrize(
    ("url", "encryption"),
    [
        ("imaps://a@mail.example.com", Encryption.TLS),
        ("imap+starttls://a@mail.example.com", Encryption.STARTTLS),
        ("imap://a@mail.example.com", Encryption.STARTTLS),
        ("imap://a@192.0.2.1", Encryption.STARTTLS),
        ("imap://a@127.0.0.1", Encryption.IF_OFFERED),
        ("imap://a@[::1]:1143", Encryption.IF_OFFERED),
        ("imap://a@localhost", Encryption.IF_OFFERED),
    ],
)
def test_a_password_leaves_this_machine_over_an_encrypted_line_alone(
    url: str, encryption: Encryption
) -> None:
    assert read_url(url, kind="imap", where="It").server.encryption is encryption


def test_a_relay_without_a_login_may_go_without() -> None:
    assert read_url("smtp://relay", kind="smtp", where="It").server.encryption is Encryption.IF_OFFERED
    assert read_url("smtp://a:b@relay", kind="smtp", where="It").server.encryption is Encryption.STARTTLS


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("pop3://a@h", "no such scheme, use imap://, imap+starttls://, imaps://"),
        ("smtp://a@h", "no such scheme"),
        ("imaps+starttls://a@h", "no such scheme"),
        ("imap+tls://a@h", "no such scheme"),
        ("", "no such scheme"),
        ("imap://a@", "names no host"),
        ("imap://a@h:99999", "no such port"),
    ],
)
def test_what_is_wrong_with_a_url_is_said_where_it_stands(url: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_url(url, kind="imap", where="Mailbox 'x', key imap_url")
    assert caught.value.detail.startswith("Mailbox 'x', key imap_url is wrong: ")
    assert said in caught.value.detail


def test_a_changed_password_file_is_used_without_a_restart(tmp_path: Path) -> None:
    login = Login("support", password_file=tmp_path / "password")
    with pytest.raises(Unavailable, match="password cannot be read"):
        login.read_password()
    for password in ("first", "second"):
        (tmp_path / "password").write_text(f"{password}\n")
        assert login.read_password() == password


def test_a_login_shows_no_password() -> None:
    server = Server("h", 993, Encryption.TLS, Login("support", "geheim"))
    assert "geheim" not in f"{server!r} {server}"


def test_what_holds_no_certificates_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    with pytest.raises(
        SettingError, match=r"It is wrong: .*ca.pem holds no certificates \(FileNotFoundError\)"
    ):
        check_ca_file(path, where="It")
    path.write_text("no certificate")
    with pytest.raises(SettingError, match=r"ca.pem holds no certificates \(SSLError\)"):
        check_ca_file(path, where="It")
