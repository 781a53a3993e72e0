"""GET /api/v1/files/{file_id}: the content, so that no browser runs it."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from accounts.permissions import Role
from runtime.database import transaction
from runtime.settings import settings
from tests.api.desk import receive, staff
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import attachments, lifecycle
from tickets.contracts import FileContent

PNG = b"\x89PNG\r\n\x1a\n a photo"
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def client(tmp_path: Path, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    return staff(Role.READONLY)


def attach(content: bytes, name: str, stated: str = "") -> str:
    receipt = receive(attachments=(FileContent(name, stated, content),))
    with transaction() as session:
        (file,) = attachments.of_messages(session, [receipt.message_id])[receipt.message_id]
    return file.public_id


def test_an_image_may_be_shown_and_nothing_in_it_runs(client: TestClient) -> None:
    response = client.get(f"/api/v1/files/{attach(PNG, 'photo.png')}")
    assert (response.status_code, response.content) == (200, PNG)
    headers = response.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-disposition"] == 'inline; filename="photo.png"'
    assert headers["content-length"] == str(len(PNG))
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers["cache-control"] == "private, no-store"
    (policy,) = headers.get_list("content-security-policy")
    assert {"default-src 'none'", "sandbox"} <= {part.strip() for part in policy.split(";")}


@pytest.mark.parametrize(
    ("content", "name", "stated"),
    [
        (HTML, "page.html", "text/html"),
        (HTML, "photo.png", "image/png"),
        (b"<svg onload=alert(1)>", "logo.svg", "image/svg+xml"),
        (b"%PDF-1.7\n\x00", "bill.pdf", "application/pdf"),
        (b"text", "note.txt", "text/plain"),
        (b"RIFF\x00\x00\x00\x00WAVE", "photo.webp", "image/webp"),
    ],
)
def test_everything_else_can_be_saved_alone(
    client: TestClient, content: bytes, name: str, stated: str
) -> None:
    response = client.get(f"/api/v1/files/{attach(content, name, stated)}")
    assert response.content == content
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "sandbox" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ('a"b;c\\d.txt', 'attachment; filename="d.txt"'),
        ('a"b;c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%3Bc.txt"),
        ("小包.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%E5%B0%8F%E5%8C%85.txt"),
        (
            "a\r\nX-Evil: 1.txt",
            "attachment; filename=\"aX-Evil_ 1.txt\"; filename*=UTF-8''aX-Evil%3A%201.txt",
        ),
        ("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
    ],
)
def test_a_name_is_no_way_into_the_header(client: TestClient, name: str, said: str) -> None:
    response = client.get(f"/api/v1/files/{attach(b'text', name)}")
    assert response.headers["content-disposition"] == said
    assert "x-evil" not in response.headers


def test_a_large_file_is_streamed_whole(client: TestClient) -> None:
    content = bytes(range(256)) * 8_000
    with client.stream("GET", f"/api/v1/files/{attach(content, 'log.bin')}") as response:
        chunks = list(response.iter_raw())
    assert b"".join(chunks) == content


def test_a_damaged_file_is_not_handed_out(client: TestClient, tmp_path: Path) -> None:
    file_id = attach(PNG, "photo.png")
    (path,) = (tmp_path / "files").glob("*/*")
    path.write_bytes(PNG[::-1])
    response = client.get(f"/api/v1/files/{file_id}")
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    path.unlink()
    assert client.get(f"/api/v1/files/{file_id}").status_code == 404


def test_what_was_refused_or_never_was_is_not_found(client: TestClient) -> None:
    refused = attach(b"\x7fELF\x00", "photo.png")
    for file_id in (refused, "FILE-" + "0" * 20, "x", "..%2F..%2Fetc%2Fpasswd", "FILE%00"):
        assert client.get(f"/api/v1/files/{file_id}").status_code in (404, 422), file_id


def test_an_upload_that_no_message_names_is_there_for_its_uploader_alone(client: TestClient) -> None:
    agent = staff(Role.AGENT)
    stored = attachments.upload([FileContent("photo.png", "", PNG)])
    with transaction() as session:
        (file,) = attachments.keep_uploads(session, stored, by="KEY-1")
    assert agent.get(f"/api/v1/files/{file.public_id}").status_code == 404


def test_nobody_is_refused(client: TestClient) -> None:
    file_id = attach(PNG, "photo.png")
    assert client.get(f"/api/v1/files/{file_id}", headers={"Authorization": ""}).status_code == 401


def test_a_ticket_lists_files_copies_and_machines_mails(client: TestClient) -> None:
    refused = FileContent("setup.exe", "", b"MZ\x90\x00")
    receipt = receive(
        attachments=(FileContent("photo.png", "", PNG), refused),
        copied=("bob@example.com",),
        reply_to="carol@example.com",
    )
    found = client.get(f"/api/v1/tickets/{receipt.public_id}").json()["messages"][0]
    kept, named = found["attachments"]
    assert client.get(kept["url"].removeprefix("http://localhost:8000")).content == PNG
    assert (named["name"], named["refused"], named["url"]) == ("setup.exe", "a program", None)
    assert (found["copied"], found["reply_to"], found["automatic"]) == (
        ["bob@example.com"],
        "carol@example.com",
        "",
    )


def test_a_notice_shows_which_kind_of_machine_wrote_it(client: TestClient) -> None:
    receipt = receive()
    with transaction() as session:
        lifecycle.append_notice(
            session, a_message(text="I am away.", automatic="auto_reply"), receipt.ticket_id
        )
    messages = client.get(f"/api/v1/tickets/{receipt.public_id}").json()["messages"]
    assert [(one["automatic"], one["text"]) for one in messages][1:] == [("auto_reply", "I am away.")]
