"""Files of a chat: one request brings a message and its files, and every refusal can be read by the page."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from runtime.settings import settings
from tests.ingestion.chat_client import Open, Page, stored

SHOP = "https://shop.example"
PNG = ("lamp.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png")


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DESKFLEET_CHAT_ORIGINS", SHOP)
    settings.cache_clear()
    yield
    settings.cache_clear()


def post(
    address: str, page: Page, *files: tuple[str, bytes, str], token: str | None = None, origin: str = "", **frame: Any
) -> httpx.Response:  # fmt: skip
    message = {"type": "files", "id": str(uuid.uuid4())} | frame
    return httpx.post(
        f"http://{address}/chat/files",
        data={"token": page.welcome["token"] if token is None else token, "message": json.dumps(message)},
        files=[("files", file) for file in files] or [("none", b"")],
        headers={"Origin": origin} if origin else {},
    )


def test_a_message_with_files_is_stored_and_shown_in_every_tab(open_page: Open, chat_address: str) -> None:
    page = open_page()
    frame_id = str(uuid.uuid4())
    answer = post(chat_address, page, PNG, id=frame_id, text="This lamp", name="Alice", person=True)
    assert answer.status_code == 202
    (message,) = stored()
    assert answer.json() == {"id": frame_id, "message_id": message.id}
    assert (message.text, message.author_name) == ("This lamp", "Alice")
    frame = page.next("message", id=frame_id)
    assert (frame["text"], [file["name"] for file in frame["files"]]) == ("This lamp", ["lamp.png"])
    page.next("status", status="with_staff")


def test_files_that_speak_for_themselves_are_the_text_for_staff_and_none_for_the_visitor(
    open_page: Open, chat_address: str
) -> None:
    page = open_page()
    post(chat_address, page, PNG, ("C:\\bill.pdf", b"%PDF-1.7", "application/pdf"))
    assert [message.text for message in stored()] == ["lamp.png\nbill.pdf"]
    frame = page.next("message")
    assert (frame["text"], [file["name"] for file in frame["files"]]) == ("", ["lamp.png", "bill.pdf"])


def test_a_file_comes_back_by_its_link_as_a_download_and_nothing_else(
    open_page: Open, chat_address: str
) -> None:
    page = open_page()
    post(chat_address, page, ("Lämp;1.png", PNG[1], PNG[2]))
    (file,) = page.next("message")["files"]
    answer = httpx.get(f"http://{chat_address}{file['url']}")
    assert (answer.status_code, answer.content) == (200, PNG[1])
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "L%C3%A4mp%3B1.png" in answer.headers["content-disposition"]
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("change", ["x{}", "{}x", "x", "FILE-1"])
def test_a_link_that_was_changed_opens_nothing(open_page: Open, chat_address: str, change: str) -> None:
    page = open_page()
    post(chat_address, page, PNG)
    link = page.next("message")["files"][0]["url"].rpartition("/")[2]
    assert httpx.get(f"http://{chat_address}/chat/files/{change.format(link)}").status_code == 404
    assert httpx.get(f"http://{chat_address}/chat/files/{page.welcome['token']}").status_code == 404


def test_a_file_that_is_not_what_it_says_is_refused(open_page: Open, chat_address: str) -> None:
    page = open_page()
    for content in (
        b"MZ" + bytes(100),
        b"<svg onload=alert(1)>",
        b"<!doctype html><script>alert(1)</script>",
    ):
        answer = post(chat_address, page, ("lamp.png", content, "image/png"))
        assert (answer.status_code, answer.json()["field"]) == (422, "files")
    assert stored() == []


def test_the_same_upload_twice_is_one_message(open_page: Open, chat_address: str) -> None:
    page, frame_id = open_page(), str(uuid.uuid4())
    first, again = (post(chat_address, page, PNG, id=frame_id, text="Look") for _ in range(2))
    assert first.json() == again.json()
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("files", "frame", "status", "field"),
    [
        ((), {}, 422, "files"),
        ((("empty.png", b"", "image/png"),), {}, 422, "files"),
        ((("tool.exe", b"MZ", "application/x-msdownload"),), {}, 422, "files"),
        ((("page.html", b"<script>", "text/html; charset=utf-8"),), {}, 422, "files"),
        ((("notes.js", b"alert(1)", "text/plain"),), {}, 422, "files"),
        ((("drawing.svg", b"<svg>", "image/svg+xml"),), {}, 422, "files"),
        ((PNG,) * 6, {}, 400, None),
        ((PNG,), {"id": "1"}, 422, "id"),
        ((PNG,), {"type": "message"}, 422, "type"),
        ((PNG,), {"text": "x" * 4001}, 422, "text"),
        ((PNG,), {"colour": "red"}, 422, "colour"),
        ((("big.png", PNG[1] + bytes(10_486_000), "image/png"),), {}, 413, "files"),
    ],
)
def test_a_wrong_upload_is_named_and_nothing_is_stored(
    open_page: Open,
    chat_address: str,
    files: tuple[tuple[str, bytes, str], ...],
    frame: dict[str, Any],
    status: int,
    field: str | None,
) -> None:
    answer = post(chat_address, open_page(), *files, **frame)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored() == []


@pytest.mark.parametrize("token", ["", "forged.token"])
def test_files_without_a_visitor_are_refused(open_page: Open, chat_address: str, token: str) -> None:
    assert post(chat_address, open_page(), PNG, token=token).status_code == 401
    assert stored() == []


@pytest.mark.usefixtures("listed")
def test_a_page_of_the_list_can_read_the_answer_and_the_refusal(open_page: Open, chat_address: str) -> None:
    page = open_page(origin=SHOP)
    taken, refused = (post(chat_address, page, *files, origin=SHOP) for files in ((PNG,), ()))
    for answer, status in ((taken, 202), (refused, 422)):
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert answer.headers["access-control-expose-headers"] == "Retry-After"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_page_of_somebody_else_gets_nothing(open_page: Open, chat_address: str, origin: str) -> None:
    answer = post(chat_address, open_page(origin=SHOP), PNG, origin=origin)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert stored() == []


@pytest.mark.usefixtures("listed")
def test_a_token_of_another_page_is_none(open_page: Open, chat_address: str) -> None:
    assert post(chat_address, open_page(), PNG, origin=SHOP).status_code == 401


def test_who_sends_too_often_is_told_when_to_come_back(
    open_page: Open, chat_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_MESSAGES_PER_MINUTE", "1")
    settings.cache_clear()
    page = open_page()
    assert post(chat_address, page, PNG).status_code == 202
    answer = post(chat_address, page, PNG)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_no_form_is_refused(chat_address: str, content_type: str) -> None:
    answer = httpx.post(
        f"http://{chat_address}/chat/files", content=b"\x00{]--x", headers={"Content-Type": content_type}
    )
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


def test_the_page_knows_what_it_may_send(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_FILE_TYPES", "image/png, text/plain")
    monkeypatch.setenv("DESKFLEET_CHAT_FILE_BYTES", "1000")
    settings.cache_clear()
    assert open_page().welcome["files"] == {"most": 5, "bytes": 1000, "types": ["image/png", "text/plain"]}
