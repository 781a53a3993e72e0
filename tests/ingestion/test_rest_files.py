"""POST /api/v1/files, and the files that a ticket names."""

import asyncio
import io
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from starlette.types import Message as AsgiMessage

from accounts.permissions import Permission
from runtime import storage
from runtime.database import Table, transaction
from runtime.settings import settings
from tests.ingestion.rest_desk import PNG, api_key, create_ticket, program, rest_app, upload
from tests.jobs import CollectedJobs
from tests.servers.web import served
from tests.stubs.s3_stub import ACCESS_KEY, REGION, SECRET_KEY, S3Stub, Trouble
from tickets.models import Attachment, Message, Ticket


@pytest.fixture
def client(tmp_path: Path, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    with program(Permission.CREATE_TICKETS, Permission.READ_TICKETS) as client:
        yield client


def count(table: type[Table]) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nothing", bytes(500_000_000))
    return packed.getvalue()


def test_a_file_is_kept_and_named_by_what_it_is(client: TestClient) -> None:
    response = client.post("/api/v1/files", files={"file": ("C:\\photos\\damage.gif", PNG, "image/gif")})
    assert response.status_code == 201
    (found,) = response.json()
    assert found["file_id"].startswith("FILE-")
    assert (found["name"], found["type"], found["size"]) == ("damage.gif", "image/png", len(PNG))


def test_several_files_come_back_in_their_order(client: TestClient) -> None:
    parts = [("file", (f"{number}.txt", f"file {number}")) for number in range(5)]
    found = client.post("/api/v1/files", files=parts).json()
    assert [one["name"] for one in found] == [f"{number}.txt" for number in range(5)]
    assert len({one["file_id"] for one in found}) == 5


def test_the_same_content_twice_is_two_files_and_stored_once(client: TestClient) -> None:
    assert upload(client) != upload(client)
    assert len(list(storage.keys())) == 1


def test_a_large_file_comes_through_whole(client: TestClient) -> None:
    content = bytes(range(256)) * 60_000
    assert len(content) > settings().web.max_body_bytes
    file_id = upload(client, content, "log.bin")
    ticket_id = create_ticket(client, attachments=[file_id])
    (file,) = client.get(f"/api/v1/tickets/{ticket_id}").json()["messages"][0]["attachments"]
    assert client.get(f"/api/v1/files/{file['file_id']}").content == content


def test_a_zip_bomb_is_kept_as_it_is_and_never_unpacked(client: TestClient) -> None:
    packed = bomb()
    started = time.perf_counter()
    file_id = upload(client, packed, "photos.zip")
    ticket_id = create_ticket(client, attachments=[file_id])
    assert time.perf_counter() - started < 5
    (file,) = client.get(f"/api/v1/tickets/{ticket_id}").json()["messages"][0]["attachments"]
    assert (file["type"], file["size"], file["refused"]) == ("application/zip", len(packed), "")
    assert client.get(f"/api/v1/files/{file_id}").content == packed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", b"MZ\x90\x00\x03"),
        ("photo.png", b"\x7fELF\x02\x01\x01\x00"),
        ("invoice.pdf.js", b"alert(1)"),
    ],
)
def test_a_program_is_refused_and_none_of_its_company_is_kept(
    client: TestClient, name: str, content: bytes
) -> None:
    response = client.post(
        "/api/v1/files",
        files=[("file", ("a.txt", b"a")), ("file", (name, content)), ("file", ("b.txt", b"b"))],
    )
    assert (response.status_code, response.json()["field"]) == (422, "file")
    assert name in response.json()["detail"]
    assert "a program" in response.json()["detail"]
    assert (count(Attachment), list(storage.keys())) == (0, [])


def test_a_file_over_the_limit_is_refused_and_none_is_kept(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_MAX_BYTES", "1000")
    settings.cache_clear()
    response = client.post(
        "/api/v1/files", files=[("file", ("a.txt", b"a")), ("file", ("large.txt", b"x" * 1001))]
    )
    assert (response.status_code, response.json()["field"]) == (413, "file")
    assert "large.txt is larger than 1000 bytes" in response.json()["detail"]
    assert (count(Attachment), list(storage.keys())) == (0, [])


@pytest.mark.parametrize("stated", [True, False], ids=["with its length", "without"])
def test_a_form_over_the_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, client: TestClient, stated: bool
) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_MAX_REQUEST_BYTES", "2000000")
    settings.cache_clear()
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    body = head + b"y" * 2_500_000 + b"\r\n--x--\r\n"
    sent = body if stated else iter([body[:1_500_000], body[1_500_000:]])
    with program(Permission.CREATE_TICKETS) as other:
        response = other.post(
            "/api/v1/files", content=sent, headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert count(Attachment) == 0


def test_only_this_path_takes_large_bodies(client: TestClient) -> None:
    large = b"x" * (settings().web.max_body_bytes + 1)
    for path in ("/api/v1/tickets", "/api/v1/files/", "/api/v1/files/x", "/api/v1/filesystem"):
        assert client.post(path, content=large).status_code == 413


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"document": ("a.txt", b"a")}},
        {"data": {"file": "text"}},
        {"json": {"file": "text"}},
        {"content": b""},
        {"files": [("file", ("a.txt", b"a")), ("file", (None, "text"))]},
        {"files": {"file": ("empty.txt", b"")}},
    ],
    ids=["another name", "a field", "json", "nothing", "a field among files", "empty"],
)
def test_what_is_no_form_with_files_is_refused(client: TestClient, request_: dict[str, Any]) -> None:
    response = client.post("/api/v1/files", **request_)
    assert (response.status_code, response.json()["field"]) == (422, "file")
    assert count(Attachment) == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"no form at all"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken header\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"),
        ("multipart/form-data; boundary=x; charset=nonsense", b"--x--"),
    ],
)
def test_a_broken_form_is_the_callers_mistake(client: TestClient, kind: str, body: bytes) -> None:
    response = client.post("/api/v1/files", content=body, headers={"Content-Type": kind})
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_more_files_than_one_message_may_have_are_refused(client: TestClient) -> None:
    parts = [("file", (f"{number}.txt", b"x")) for number in range(settings().files.max_files + 1)]
    assert client.post("/api/v1/files", files=parts).status_code == 400
    assert count(Attachment) == 0


def test_nobody_is_refused_before_anything_is_read(client: TestClient) -> None:
    sent: list[AsgiMessage] = []

    async def receive() -> AsgiMessage:
        raise AssertionError("The body was read.")

    async def send(message: AsgiMessage) -> None:
        sent.append(message)

    kind = (b"content-type", b"multipart/form-data; boundary=x")
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/files", "raw_path": b"/api/v1/files", "query_string": b"",
        "headers": [kind, (b"content-length", b"5000000")], "client": ("127.0.0.1", 1), "server": ("desk", 80),
        "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    asyncio.run(rest_app()(scope, receive, send))
    assert sent[0]["status"] == 401


def test_who_may_only_read_may_not_upload(client: TestClient) -> None:
    with program(Permission.READ_TICKETS) as reader:
        assert reader.post("/api/v1/files", files={"file": ("a.txt", b"a")}).status_code == 403


def test_without_the_store_the_caller_is_asked_to_come_back_and_nothing_is_kept(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Stub() as stub:
        monkeypatch.setenv("DESKFLEET_FILES_S3_URL", stub.url)
        monkeypatch.setenv("DESKFLEET_FILES_S3_ACCESS_KEY", ACCESS_KEY)
        monkeypatch.setenv("DESKFLEET_FILES_S3_SECRET_KEY", SECRET_KEY)
        monkeypatch.setenv("DESKFLEET_FILES_S3_REGION", REGION)
        settings.cache_clear()
        stub.troubles.append(Trouble())
        response = client.post("/api/v1/files", files={"file": ("damage.png", PNG)})
        assert response.status_code == 503
        assert "file store" in response.json()["detail"]
        assert count(Attachment) == 0
        file_id = upload(client)
        ticket_id = create_ticket(client, attachments=[file_id])
        stub.troubles.append(Trouble())
        assert client.get(f"/api/v1/files/{file_id}").status_code == 503
        assert client.get(f"/api/v1/tickets/{ticket_id}").status_code == 200
        assert client.get(f"/api/v1/files/{file_id}").content == PNG


def test_the_files_of_a_ticket_are_listed_with_its_message(client: TestClient) -> None:
    first, second = upload(client), upload(client, b"order,amount\n", "orders.csv")
    ticket_id = create_ticket(client, attachments=[first, second], metadata={"shop": 7})
    found = client.get(f"/api/v1/tickets/{ticket_id}").json()
    assert found["metadata"] == {"shop": 7}
    assert found["messages"][0]["attachments"] == [
        {
            "file_id": first,
            "name": "damage.png",
            "type": "image/png",
            "size": len(PNG),
            "refused": "",
            "url": f"http://localhost:8000/api/v1/files/{first}",
        },
        {
            "file_id": second,
            "name": "orders.csv",
            "type": "text/csv",
            "size": 13,
            "refused": "",
            "url": f"http://localhost:8000/api/v1/files/{second}",
        },
    ]


def test_a_wrong_file_id_stores_nothing(client: TestClient) -> None:
    mine = upload(client)
    with program(Permission.CREATE_TICKETS) as other:
        theirs = upload(other)
    for wrong in (theirs, "FILE-" + "0" * 20):
        body = {"description": "Look", "customer_email": "alice@example.com", "attachments": [mine, wrong]}
        response = client.post("/api/v1/tickets", json=body)
        assert (response.status_code, response.json()["field"]) == (422, "attachments")
        assert wrong in response.json()["detail"]
    assert (count(Ticket), count(Message)) == (0, 0)
    create_ticket(client, attachments=[mine])


@pytest.mark.parametrize(
    "attachments",
    [
        ["photo.png"],
        ["FILE-1"],
        [5],
        "FILE-" + "0" * 20,
        ["FILE-" + "0" * 20] * 2,
        [f"FILE-{n:020}" for n in range(21)],
    ],
    ids=["a name", "too short", "a number", "no list", "twice", "too many"],
)
def test_what_names_no_files_is_refused(client: TestClient, attachments: object) -> None:
    response = client.post("/api/v1/tickets", json={"description": "Look", "attachments": attachments})
    assert response.status_code == 422
    assert response.json()["field"].startswith("attachments")


def test_a_file_belongs_to_one_message(client: TestClient) -> None:
    file_id = upload(client)
    create_ticket(client, attachments=[file_id])
    body = {"description": "Look again", "attachments": [file_id]}
    assert client.post("/api/v1/tickets", json=body).status_code == 422


def test_the_same_request_again_is_the_same_ticket_with_its_files(client: TestClient) -> None:
    body = {"description": "Look", "customer_email": "alice@example.com", "attachments": [upload(client)]}
    key = {"Idempotency-Key": "look-1"}
    first = client.post("/api/v1/tickets", json=body, headers=key).json()
    second = client.post("/api/v1/tickets", json=body, headers=key)
    assert (second.status_code, second.json()["ticket_id"]) == (202, first["ticket_id"])
    assert second.json()["duplicate"]
    other = client.post("/api/v1/tickets", json=body | {"attachments": []}, headers=key)
    assert other.status_code == 409


def test_the_same_request_at_the_same_moment_gives_the_file_to_one_message(client: TestClient) -> None:
    body = {"description": "Look", "customer_email": "alice@example.com", "attachments": [upload(client)]}
    together = threading.Barrier(4)
    codes: list[int] = []

    def send() -> None:
        together.wait()
        codes.append(client.post("/api/v1/tickets", json=body, headers={"Idempotency-Key": "k"}).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [202] * 4
    assert (count(Message), count(Attachment)) == (1, 1)


def test_a_large_upload_lies_on_disk_while_it_comes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled: list[int] = []
    roll = tempfile.SpooledTemporaryFile.rollover

    def watched(file: tempfile.SpooledTemporaryFile[bytes]) -> None:
        rolled.append(file.tell())
        roll(file)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", watched)
    with served(rest_app()) as url:
        response = httpx.post(
            f"{url}/api/v1/files",
            files={"file": ("large.bin", b"\x01" * 8_000_000)},
            headers=api_key(Permission.CREATE_TICKETS),
            timeout=30,
        )
    assert response.status_code == 201
    assert rolled
    assert max(rolled) < 2_000_000
