"""Mail archives are cut into mails, and mails into customers' and staff's words."""

from pathlib import Path

import pytest

from runtime.errors import InvalidInput
from runtime.settings import settings
from tests.ingestion.history.exports import ANSWER, QUESTION, put, read
from tests.ingestion.history.mails import archive, mail
from tickets.contracts import Author
from tickets.past import PastTicket


def tickets(path: Path, **wishes: object) -> list[PastTicket]:
    return [one.past for one in read(path, **wishes) if one.past]


def test_mails_are_told_apart_by_their_first_lines(tmp_path: Path) -> None:
    text = "From here it is far.\n\nFrom now on.\n>From Alice\n>>From Bob"
    first, second = tickets(put(tmp_path, "a.mbox", archive(mail("1", text=text), mail("2"))))
    said = first.messages[0]
    assert (said.text.splitlines()[0], said.quoted_text) == ("From here it is far.", ">From Bob")
    assert said.text.splitlines()[-2:] == ["From now on.", "From Alice"]
    assert [first.external_id, second.external_id] == ["1@example.com", "2@example.com"]


def test_who_wrote_is_told_by_the_address(tmp_path: Path) -> None:
    ours = settings().ingestion.address
    mails = [
        mail("1", text=QUESTION),
        mail("2", sender=ours, to="Alice <alice@example.com>", text=ANSWER),
        mail("3", sender="Carol <carol@desk.example>", to=f"{ours}, Alice@example.com", text=ANSWER),
    ]
    asked, answered, by_carol = tickets(put(tmp_path, "a.mbox", archive(*mails)), staff=("@desk.example",))
    assert (asked.identity, asked.name, asked.messages[0].author) == (
        "alice@example.com",
        "Alice",
        Author.CUSTOMER,
    )
    assert (answered.identity, answered.messages[0].author) == ("alice@example.com", Author.STAFF)
    assert (by_carol.identity.lower(), by_carol.messages[0].author) == ("alice@example.com", Author.STAFF)


def test_mails_of_machines_are_passed_over(tmp_path: Path) -> None:
    [found] = read(put(tmp_path, "a.mbox", archive(mail("1", headers="Auto-Submitted: auto-replied\n"))))
    assert (found.past, found.reason) == (None, "")


def test_mails_that_cannot_be_imported_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_MAIL_MAX_BYTES", "2000")
    settings.cache_clear()
    ours = settings().ingestion.address
    mails = [
        mail("1", sender=ours, to=ours),
        mail("2", text="x" * 3_000),
        mail("3", text=""),
        "Subject: nobody\n\nHello\n",
        mail("5"),
    ]
    found = read(put(tmp_path, "a.mbox", archive(*mails)))
    settings.cache_clear()
    assert [one.reason for one in found] == [
        "The mail is by staff and to no customer.",
        "The mail is larger than 2000 bytes.",
        "It holds no text.",
        "The mail has no From address.",
        "",
    ]


def test_carriage_returns_alone_end_lines_as_well(tmp_path: Path) -> None:
    content = archive(mail("1", text="Größe?"), mail("2")).replace("\n", "\r").encode()
    assert [one.messages[0].text for one in tickets(put(tmp_path, "a.mbox", content))] == ["Größe?", QUESTION]


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="This is no mbox"):
        read(put(tmp_path, "a.mbox", "Hello, this is a letter.\n"))
