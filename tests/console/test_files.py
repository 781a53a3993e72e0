"""The files of messages, handed to staff as what no browser runs."""

import re

import pytest
from sqlalchemy import select

from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import Member, console_app, escalated, member
from tickets import attachments
from tickets.contracts import FileContent
from tickets.models import Attachment

PIXEL = b"\x89PNG\r\n\x1a\n" + b"pixels"
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def anna(database: str) -> Member:
    return member()


def file_id(name: str, content: bytes, *, stated_type: str = "image/png") -> str:
    """The id of a file that came with a message."""
    escalated(attachments=(FileContent(name, stated_type, content),))
    with transaction() as session:
        return session.scalars(select(Attachment.public_id).order_by(Attachment.id.desc())).first() or ""


def test_a_file_is_a_download_that_nothing_runs(anna: Member) -> None:
    response = anna.client.get(f"/console/files/{file_id('notes.txt', b'Hello')}")
    assert (response.status_code, response.content) == (200, b"Hello")
    assert response.headers["content-disposition"] == 'attachment; filename="notes.txt"'
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert "no-store" in response.headers["cache-control"]


def test_a_raster_image_may_be_shown_on_the_page(anna: Member) -> None:
    address = f"/console/files/{file_id('photo.png', PIXEL)}"
    shown = anna.client.get(f"{address}?inline=1")
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline; ")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert anna.client.get(address).headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize("content", [HTML, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"])
def test_what_only_says_that_it_is_an_image_is_never_shown(anna: Member, content: bytes) -> None:
    response = anna.client.get(f"/console/files/{file_id('photo.png', content)}?inline=1")
    assert response.headers["content-disposition"].startswith("attachment; ")
    assert response.headers["content-type"] == "application/octet-stream"


def test_a_hostile_name_stays_within_its_header(anna: Member) -> None:
    name = 'Rechnung "März"\r\nSet-Cookie: a=b;\u202egpj.exe<script>.txt'
    header = anna.client.get(f"/console/files/{file_id(name, b'Hello')}").headers["content-disposition"]
    found = re.fullmatch(
        r"attachment; filename=\"([A-Za-z0-9 ._()-]+)\"; filename\*=UTF-8''([\w.~%-]+)", header
    )
    assert found, header
    assert "M%C3%A4rz" in found[2]
    assert "%0D" not in found[2]
    assert "%E2%80%AE" not in found[2]


def test_a_refused_file_is_not_there(anna: Member) -> None:
    response = anna.client.get(f"/console/files/{file_id('setup.exe', b'MZ' + bytes(99))}")
    assert response.status_code == 404


@pytest.mark.parametrize(
    "name", ["FILE-ABCDEFGHJKMNPQRSTVWX", "nonsense", "%00", "..%2f..%2fetc%2fpasswd", "FILE-'--"]
)
def test_an_unknown_file_is_a_page_that_says_so(anna: Member, name: str) -> None:
    response = anna.client.get(f"/console/files/{name}")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


def test_an_upload_that_no_message_names_yet_is_not_for_staff(anna: Member) -> None:
    stored = attachments.upload((FileContent("early.txt", "text/plain", b"Hello"),))
    with transaction() as session:
        (uploaded,) = (one.public_id for one in attachments.keep_uploads(session, stored, by="KEY-1"))
    assert anna.client.get(f"/console/files/{uploaded}").status_code == 404


def test_who_may_read_tickets_may_read_their_files(database: str) -> None:
    app = console_app()
    rita = member("Dave", role=Role.READONLY, app=app)
    address = f"/console/files/{file_id('notes.txt', b'Hello')}"
    assert rita.client.get(address).content == b"Hello"
    rita.post("/console/logout")
    gone = rita.client.get(address, follow_redirects=False)
    assert (gone.status_code, gone.headers["location"][:14]) == (303, "/console/login")
