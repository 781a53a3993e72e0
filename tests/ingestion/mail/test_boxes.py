from pathlib import Path

import pytest

from ingestion.mail import boxes
from ingestion.mail.box import After
from ingestion.mail.servers import Encryption
from runtime.errors import NotFound, SettingError
from tests.ingestion.mail.desk import Configure

_TABLE = """
[[mailbox]]
name = "{name}"
address = "{name}@example.com"
imap_url = "imaps://{name}@mail.example.com"
password_file = "password"
"""


@pytest.fixture
def box_file(tmp_path: Path) -> Path:
    (tmp_path / "password").write_text("secret")
    path = tmp_path / "boxes.toml"
    path.write_text("".join(_TABLE.format(name=name) for name in ("sales", "billing")))
    return path


def test_without_settings_there_is_the_local_folder(configure: Configure) -> None:
    [box] = boxes.all_boxes()
    assert (box.name, box.address, box.place, box.imap, box.smtp) == (
        "default", "support@example.com", "folder", None, None,
    )  # fmt: skip


def test_the_single_settings_are_the_mailbox_default(configure: Configure) -> None:
    configure(
        MAIL_IMAP_URL="imaps://support:secret@mail.example.com/Desk",
        MAIL_SMTP_URL="smtps://mail.example.com",
        MAIL_AFTER="move:Done",
    )
    [box] = boxes.all_boxes()
    assert box.place == "support@mail.example.com:993/Desk"
    assert (box.after, box.move_to) == (After.MOVE, "Done")
    assert box.smtp is not None
    assert box.smtp.encryption is Encryption.TLS
    configure(MAIL_AFTER="move:Desk")
    with pytest.raises(SettingError, match="DESKFLEET_MAIL_AFTER"):
        boxes.all_boxes()


def test_the_mailboxes_of_the_file_stand_beside_the_single_one(configure: Configure, box_file: Path) -> None:
    configure(MAIL_BOXES=box_file, MAIL_SMTP_URL="smtp://relay")
    assert [box.name for box in boxes.all_boxes()] == ["sales", "billing"]
    assert {str(box.smtp) for box in boxes.all_boxes()} == {"relay:25"}
    configure(MAIL_IMAP_URL="imaps://support:secret@mail.example.com")
    assert boxes.addresses() == ("support@example.com", "sales@example.com", "billing@example.com")
    configure(MAIL_ADDRESS="Sales@example.com")
    with pytest.raises(SettingError, match="key address: mailbox 'default' has the same"):
        boxes.all_boxes()


def test_a_mailbox_is_found_by_name_by_address_and_by_its_place(configure: Configure, box_file: Path) -> None:
    configure(MAIL_BOXES=box_file, MAIL_SMTP_URL="smtp://relay")
    assert boxes.box_named("billing").address == "billing@example.com"
    with pytest.raises(NotFound, match="no mailbox 'spam'; there are: sales, billing"):
        boxes.box_named("spam")
    assert boxes.box_of("Billing@Example.com").name == "billing"
    assert boxes.box_of("").name == boxes.box_of("gone@example.com").name == "sales"
    assert boxes.box_at("billing@mail.example.com:993/INBOX") == boxes.box_named("billing")
    assert boxes.box_at("elsewhere") is None


def test_a_ca_file_that_is_none_stops_the_start(configure: Configure, box_file: Path) -> None:
    configure(MAIL_SMTP_URL="smtps://mail.example.com", MAIL_CA_FILE=box_file)
    with pytest.raises(SettingError, match=r"DESKFLEET_MAIL_CA_FILE is wrong: .* holds no certificates"):
        boxes.all_boxes()
