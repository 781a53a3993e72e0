from pathlib import Path

import pytest

from ingestion.mail.box import After, Box, FirstRead
from ingestion.mail.box_file import read_boxes
from ingestion.mail.oauth import Refresh, TokenFile
from ingestion.mail.servers import Encryption, Login, Server
from runtime.errors import SettingError

_RELAY = Server("relay", 25, Encryption.IF_OFFERED)
_SALES = {
    "name": "sales",
    "address": "sales@example.com",
    "imap_url": "imaps://sales%40example.com@mail.example.com",
    "password_file": "password",
}
_OAUTH = """
[mailbox.oauth]
token_url = "https://login.example.com/token"
client_id = "desk"
client_secret_file = "client"
refresh_token_file = "refresh"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name in ("password", "token", "client", "refresh"):
        (tmp_path / name).write_text(f"the {name}\n")
    (tmp_path / "empty").write_text("\n")
    return tmp_path / "boxes.toml"


def _table(*leave_out: str, more: str = "", **changes: object) -> str:
    values = {key: value for key, value in (_SALES | changes).items() if key not in leave_out}
    lines = [
        f"{key} = {str(value).lower() if value is True else repr(value)}" for key, value in values.items()
    ]
    return "\n".join(["[[mailbox]]", *lines, more, ""])


def _read(path: Path, *tables: str, relay: Server | None = _RELAY) -> tuple[Box, ...]:
    path.write_text("".join(tables), encoding="utf-8")
    return read_boxes(path, relay=relay, sender_name="Support", ca_file=None)


def test_a_short_table_is_completed_by_what_is_usual(path: Path) -> None:
    login = Login("sales@example.com", password_file=path.parent / "password")
    server = Server("mail.example.com", 993, Encryption.TLS, login)
    expected = Box("sales", "sales@example.com", "Support", imap=server, smtp=_RELAY)
    assert _read(path, _table()) == (expected,)
    assert (expected.folder, expected.after, expected.first_read) == ("INBOX", After.KEEP, FirstRead.NEW)
    assert expected.place == "sales@example.com@mail.example.com:993/INBOX"


def test_every_key_is_used(path: Path) -> None:
    [box] = _read(
        path,
        _table(
            "password_file",
            sender_name="Sales, Example Ltd",
            smtp_url="smtp+starttls://sales@mail.example.com",
            folder="Desk/New",
            after="move:Desk/Done: all",
            first_read="all",
            more=_OAUTH,
        ),
    )
    source = Refresh(
        "https://login.example.com/token", "desk", path.parent / "refresh", path.parent / "client"
    )
    assert box.smtp == Server("mail.example.com", 587, Encryption.STARTTLS, Login("sales", token=source))
    assert box.imap is not None
    assert box.imap.login == Login("sales@example.com", token=source)
    assert (box.sender_name, box.folder, box.first_read) == ("Sales, Example Ltd", "Desk/New", FirstRead.ALL)
    assert (box.after, box.move_to) == (After.MOVE, "Desk/Done: all")


def test_a_token_can_stand_in_a_file_that_somebody_keeps_fresh(path: Path) -> None:
    [box] = _read(path, _table("password_file", token_file=str(path.parent / "token")))
    assert box.imap is not None
    assert box.imap.login == Login("sales@example.com", token=TokenFile(path.parent / "token"))


def test_there_may_be_any_number(path: Path) -> None:
    tables = [
        _table(name=f"box{n}", address=f"box{n}@example.com", imap_url=f"imaps://box{n}@mail.example.com")
        for n in range(100)
    ]
    assert [box.name for box in _read(path, *tables)] == [f"box{n}" for n in range(100)]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (_table(folders="x"), "key folders: there is no such key; did you mean folder"),
        (_table("address"), "key address: Field required"),
        (_table(address="nobody"), "key address: String should match"),
        (_table(address="Sales <sales@example.com>"), "key address: String should match"),
        (_table(sender_name=True), "key sender_name: Input should be a valid string"),
        (_table(more='sender_name = "a\\tb"'), "key sender_name: String should match"),
        (_table(first_read="newest"), "key first_read: Input should be 'new' or 'all'"),
        (_table(after="move"), "key after: String should match"),
        (_table(after="archive"), "key after: String should match"),
        (_table(after="move:INBOX"), "key after: it moves mails to where they are"),
        (_table(folder=""), "key folder: String should have at least 1 character"),
        (_table(imap_url="pop3://a@h"), "key imap_url is wrong: no such scheme"),
        (_table(imap_url="imaps://h"), "key imap_url: it names no user"),
        (_table(imap_url="imaps://a:hunter2@h"), "key imap_url: a password does not stand here"),
        (_table(imap_url="imaps://a@h/Desk"), "key imap_url: a folder does not stand here"),
        (_table(smtp_url="imaps://a@h"), "key smtp_url is wrong: no such scheme, use smtp://"),
        (_table("password_file"), "one of password_file, token_file and oauth is needed, not none"),
        (_table(token_file="token"), "is needed, not password_file and token_file"),
        (_table(password_file="nothing"), "key password_file: The secret file .*nothing cannot be read"),
        (_table(password_file="empty"), "key password_file: The secret file .*empty is empty"),
        (_table(ca_file="password"), "key ca_file is wrong: .* holds no certificates"),
        (
            _table("password_file", more=_OAUTH.replace("https", "http")),
            "oauth.token_url: it must be an https",
        ),
        (_table("password_file", more=_OAUTH + "scope = 'x'"), "key oauth.scope: there is no such key"),
        (_table("password_file", more=_OAUTH.replace('"desk"', "7")), "key oauth.client_id: Input should be"),
    ],
)
def test_what_is_wrong_is_said_with_file_mailbox_and_key(path: Path, table: str, said: str) -> None:
    with pytest.raises(SettingError, match=rf"boxes.toml is wrong: mailbox 'sales'.*{said}") as caught:
        _read(path, table)
    assert "\n" not in caught.value.detail
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it has no .*mailbox.* table"),
        ("mailbox = 7", "it has no .*mailbox.* table"),
        ("mailbox = [7]", "mailbox number 1 is no table"),
        ("[[mailboxes]]", "there is no key mailboxes; did you mean mailbox"),
        ("[[mailbox]\n", "at line 1, column"),
        (_table(name="Sales Team"), "mailbox 'Sales Team', key name: String should match"),
        (_table("name"), "mailbox number 1, key name: Field required"),
    ],
)
def test_a_file_of_another_form_is_refused(path: Path, content: str, said: str) -> None:
    with pytest.raises(SettingError, match=f"The mailbox file .*boxes.toml is wrong: .*{said}"):
        _read(path, content)


def test_a_file_that_cannot_be_read_is_named(path: Path) -> None:
    with pytest.raises(SettingError, match=r"DESKFLEET_MAIL_BOXES is wrong: .*No such file"):
        read_boxes(path, relay=None, sender_name="", ca_file=None)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingError, match="it is not UTF-8"):
        read_boxes(path, relay=None, sender_name="", ca_file=None)


def test_what_cannot_send_is_refused(path: Path) -> None:
    with pytest.raises(
        SettingError, match="key smtp_url: it is missing, and DESKFLEET_MAIL_SMTP_URL is not set"
    ):
        _read(path, _table(), relay=None)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"address": "b@example.com", "imap_url": "imaps://b@h"}, "name"),
        ({"name": "other", "address": "SALES@example.com", "imap_url": "imaps://b@h"}, "address"),
        ({"name": "other", "address": "b@example.com"}, "imap_url"),
    ],
)
def test_what_two_mailboxes_must_not_share_is_named(path: Path, changes: dict[str, str], key: str) -> None:
    with pytest.raises(SettingError, match=f"key {key}: mailbox 'sales' has the same"):
        _read(path, _table(), _table(**changes))
