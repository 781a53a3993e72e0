"""The door of the chat: who may open a conversation, whose it is, and which files the page needs."""

import json
import re
import time
import uuid

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from ingestion import chat_seats
from runtime.errors import SettingError
from runtime.settings import settings
from tests.ingestion.chat_client import Open, eventually, stored


@pytest.mark.parametrize("token", ["forged.token", "x", "eyJ2aXNpdG9yIjoieCJ9.AAAA"])
def test_a_forged_token_gets_a_new_conversation(open_page: Open, token: str) -> None:
    page = open_page()
    page.say("My secret")
    stranger = open_page(token=token)
    assert stranger.welcome["resumed"] is False
    assert stranger.welcome["conversation"] != page.welcome["conversation"]
    stranger.send(type="resume", after=0)
    stranger.next("status", status="waiting")
    stranger.say("Hello")
    assert stranger.texts(1) == ["Hello"]


def test_a_changed_token_is_a_forged_one(open_page: Open) -> None:
    page = open_page()
    body, _, signature = page.welcome["token"].partition(".")
    other = open_page().welcome["token"].partition(".")[0]
    assert open_page(token=f"{other}.{signature}").welcome["resumed"] is False
    assert open_page(token=f"{body}.{signature}").welcome["resumed"] is True


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
def test_a_page_of_somebody_else_may_not_open_a_chat(open_page: Open, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_page(origin=origin)
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["field"] == "Origin"


def test_our_own_and_the_listed_pages_may_open_a_chat(
    open_page: Open, chat_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_ORIGINS", "https://shop.example, https://www.example/")
    monkeypatch.setenv("DESKFLEET_PUBLIC_URL", "https://help.example")
    settings.cache_clear()
    ours = (f"http://{chat_address}", f"https://{chat_address}", "https://help.example")
    for origin in (*ours, "https://shop.example", "https://www.example"):
        assert open_page(origin=origin).welcome["token"]


def test_an_address_that_asks_too_often_has_to_wait(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_RATE_PER_MINUTE", "3")
    monkeypatch.setenv("DESKFLEET_RATE_ALLOW", "192.0.2.1")
    settings.cache_clear()
    page = open_page()
    page.say("One")
    page.say("Two")
    frame_id = str(uuid.uuid4())
    page.send(type="message", id=frame_id, text="Three")
    error = page.next("error")
    assert error["id"] == frame_id
    assert 0 < error["retry_after_s"] <= 20
    with pytest.raises(InvalidStatus) as refused:
        open_page()
    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) >= 1
    assert len(stored()) == 2


def test_the_token_is_in_no_address_that_is_logged(open_page: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    token = open_page().welcome["token"]
    assert open_page(token=token).socket.subprotocol == "deskfleet.chat"
    with pytest.raises(InvalidStatus):
        open_page(token=token, origin="https://evil.example")
    assert "/chat/ws" in caplog.text
    assert token not in caplog.text


def test_a_token_is_good_for_pages_of_the_origin_that_it_was_made_for(
    open_page: Open, chat_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_ORIGINS", "https://shop.example,https://forum.example")
    settings.cache_clear()
    token = open_page(origin="https://shop.example").welcome["token"]
    assert open_page(token=token, origin="https://shop.example").welcome["resumed"] is True
    for other in ("https://forum.example", f"http://{chat_address}", None):
        assert open_page(token=token, origin=other).welcome["resumed"] is False


def test_who_stays_away_for_too_long_is_forgotten(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_RESUME_DAYS", "0.00001")
    settings.cache_clear()
    token = open_page().welcome["token"]
    time.sleep(1.1)
    assert open_page(token=token).welcome["resumed"] is False


@pytest.mark.parametrize("wrong", ["shop.example", "https://shop.example/path", "*", "null"])
def test_a_list_of_origins_that_is_wrong_stops_the_start(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_ORIGINS", f"https://www.example, {wrong}")
    settings.cache_clear()
    with pytest.raises(SettingError) as refused:
        settings()
    assert refused.value.field == "DESKFLEET_CHAT_ORIGINS"
    monkeypatch.undo()
    settings.cache_clear()


def test_a_visitor_may_open_so_many_tabs(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_SOCKETS_PER_VISITOR", "2")
    settings.cache_clear()
    first = open_page()
    token = first.welcome["token"]
    open_page(token=token)
    with pytest.raises(InvalidStatus) as refused:
        open_page(token=token)
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "10"
    open_page()
    first.socket.close()
    eventually(lambda: chat_seats._taken[""] == 2)
    open_page(token=token)


def test_an_address_may_open_so_many_chats(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_SOCKETS_PER_ADDRESS", "2")
    monkeypatch.setenv("DESKFLEET_RATE_ALLOW", "192.0.2.1")
    settings.cache_clear()
    open_page()
    open_page()
    with pytest.raises(InvalidStatus) as refused:
        open_page()
    assert refused.value.response.status_code == 429


def test_a_process_that_is_full_says_so(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_SOCKETS_PER_PROCESS", "1")
    settings.cache_clear()
    open_page()
    with pytest.raises(InvalidStatus) as refused:
        open_page()
    assert refused.value.response.status_code == 503
    assert int(refused.value.response.headers["Retry-After"]) >= 1


def test_the_page_needs_nothing_but_its_own_files(chat_address: str) -> None:
    page = httpx.get(f"http://{chat_address}/chat")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert re.findall(r"<style|<script>|\sstyle=|\son\w+=", page.text) == []
    addresses = re.findall(r"(?:href|src)=\"([^\"]+)\"", page.text)
    assert "/widget.js" in addresses
    for address in addresses:
        assert httpx.get(f"http://{chat_address}{address}").status_code == 200


@pytest.mark.parametrize("name", ["chat.html", "nothing.js", "..%2fchat.py", "%2e%2e%2fchat.py"])
def test_other_files_are_not_served(chat_address: str, name: str) -> None:
    assert httpx.get(f"http://{chat_address}/chat/static/{name}").status_code == 404
    assert httpx.get(f"http://{chat_address}/chat/words/{name}.json").status_code == 404


def test_the_widget_is_one_small_file_that_any_page_may_load(chat_address: str) -> None:
    answer = httpx.get(f"http://{chat_address}/widget.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert int(answer.headers["content-length"]) < 20_000
    plain = httpx.get(f"http://{chat_address}/widget.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    assert plain.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_widget_that_is_known_is_not_sent_again(chat_address: str, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    tag = httpx.get(f"http://{chat_address}/widget.js", headers=headers).headers["etag"]
    assert not tag.startswith("W/")
    known = {"If-None-Match": f'"other", {tag}'}
    again = httpx.get(f"http://{chat_address}/widget.js", headers=headers | known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_words_of_a_language_may_be_read_by_any_page(chat_address: str) -> None:
    answer = httpx.get(f"http://{chat_address}/chat/words/de.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["send"] == "Senden"
