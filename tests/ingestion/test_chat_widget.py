"""The chat on somebody else's page: one tag, another origin, a strict policy, and nothing but a keyboard."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Page,
    ViewportSize,
    expect,
)
from sqlalchemy import func, select

from runtime import limits
from runtime.database import transaction
from runtime.errors import RateLimited
from runtime.settings import settings
from tests.ingestion import chat_browser
from tests.ingestion.chat_browser import (
    agent_says,
    all_sent,
    eventually,
    focused,
    opened_on,
    resolve,
    shown,
    stored_texts,
    write,
)
from tests.ingestion.chat_client import staff_says, the_ticket
from tests.ingestion.host_page import HostPage
from tickets.contracts import Delivery, Kind, Owner, Reason
from tickets.models import Message, Ticket, TicketEvent

pytestmark = pytest.mark.journey

CHECKS = Path(__file__).with_name("chat_checks.js").read_text(encoding="utf-8")
PHONE: ViewportSize = {"width": 360, "height": 640}
LAMP: FilePayload = {"name": "lamp.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(50)}


def launcher(page: Page) -> str | None:
    return page.locator(".launcher").get_attribute("aria-label")


def test_one_tag_is_enough_under_a_policy_that_allows_nothing_else(
    context: BrowserContext, shop: HostPage
) -> None:
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "favicon" not in message.location.get("url", ""):
            complaints.append(message.text)

    page.on("console", listen)
    chat_browser.opened(page, shop.origin)
    write(page, "Can I return a lamp?")
    all_sent(page)
    agent_says("Within 30 days.")
    expect(page.locator(".log .agent .bubble")).to_have_text("Within 30 days.")
    assert complaints == []
    assert context.cookies() == []


def test_the_pages_style_does_not_reach_the_chat_nor_the_chats_the_page(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    send = page.locator(".send")
    assert send.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(12, 107, 108)"
    assert page.locator(".panel").evaluate("one => one.offsetWidth") == 384
    assert page.locator("body > button").evaluate("one => getComputedStyle(one).fontSize") == "40px"


def test_nobody_is_connected_who_does_not_open_the_chat(context: BrowserContext, shop: HostPage) -> None:
    page = context.new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(shop.origin)
    expect(page.locator(".launcher")).to_be_visible()
    page.wait_for_timeout(300)
    assert sockets == []
    page.locator(".launcher").click()
    expect(page.locator(".state")).to_have_text("Online")
    assert sockets == [f"ws://{shop.desk}/chat/ws"]


def test_the_conversation_goes_on_on_the_next_page(context: BrowserContext, shop: HostPage) -> None:
    page = opened_on(context, shop)
    write(page, "Hello")
    all_sent(page)
    staff_says("Good morning.")
    expect(page.locator(".log .bubble")).to_have_text(["Hello", "Good morning."])
    page.get_by_role("link", name="More").evaluate("one => one.click()")
    page.wait_for_url("**/other")
    expect(page.locator(".panel")).to_be_visible()
    expect(page.locator(".log .bubble")).to_have_text(["Hello", "Good morning."])
    assert focused(page) == page.locator("body").evaluate("one => one.textContent.slice(0, 20)")


def test_what_came_while_the_chat_was_closed_is_counted_in_every_tab(
    context: BrowserContext, shop: HostPage
) -> None:
    page, other = opened_on(context, shop), context.new_page()
    write(page, "Hello")
    all_sent(page)
    page.keyboard.press("Escape")
    other.goto(shop.origin)
    expect(other.locator(".launcher")).to_be_visible()
    staff_says("Good morning.")
    for tab in (page, other):
        expect(tab.locator(".badge")).to_have_text("1")
        assert launcher(tab) == "Open the chat. New messages: 1"
    expect(page.locator("p.unseen[role=status]")).to_have_text("New messages: 1")
    assert delivery() == Delivery.QUEUED
    other.locator(".launcher").click()
    for tab in (page, other):
        expect(tab.locator(".badge")).to_be_hidden()
    eventually(other, lambda: delivery() == Delivery.SENT)


def delivery() -> str | None:
    with transaction() as session:
        return session.scalar(select(Message.delivery).where(Message.kind == Kind.OUTBOUND))


def test_two_tabs_agree_on_what_waits_and_send_it_once(context: BrowserContext, shop: HostPage) -> None:
    page, other = opened_on(context, shop), opened_on(context, shop)
    context.set_offline(True)
    for tab in (page, other):
        expect(tab.locator(".state")).to_contain_text("You are offline")
    write(page, "One")
    write(other, "Two")
    for tab in (page, other):
        expect(tab.locator(".log .waiting .bubble")).to_have_text(["One", "Two"])
    context.set_offline(False)
    for tab in (page, other):
        all_sent(tab, within_s=20)
    assert sorted(stored_texts()) == ["One", "Two"]
    assert shown(page) == shown(other) == stored_texts()
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_a_person_is_asked_for_before_the_first_message(context: BrowserContext, shop: HostPage) -> None:
    page = opened_on(context, shop)
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".notice")).to_have_text("A colleague will answer here.")
    expect(page.locator(".person")).to_be_hidden()
    page.reload()
    expect(page.locator(".notice")).to_have_text("A colleague will answer here.")
    write(page, "Where is my lamp?")
    all_sent(page)
    expect(page.locator(".notice")).to_contain_text("also when you come back later")
    assert (the_ticket().owner, the_ticket().reason) == (Owner.STAFF, Reason.ASKS_FOR_PERSON)


def test_a_person_is_asked_for_in_the_conversation(context: BrowserContext, shop: HostPage) -> None:
    page = opened_on(context, shop)
    write(page, "Where is my lamp?")
    all_sent(page)
    expect(page.locator(".working")).to_be_visible()
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".notice")).to_contain_text("A colleague will answer here")
    expect(page.locator(".working")).to_be_hidden()
    eventually(page, lambda: the_ticket().owner == Owner.STAFF)


def test_the_visitor_is_asked_at_the_end_and_answers_once(context: BrowserContext, shop: HostPage) -> None:
    page, other = opened_on(context, shop), opened_on(context, shop)
    write(page, "Hello")
    all_sent(page)
    staff_says("Solved.")
    resolve()
    for tab in (page, other):
        expect(tab.get_by_role("group", name="How content are you")).to_be_visible()
    page.get_by_label("4 Good").check(force=True)
    page.get_by_label("What was good").fill("Quick.")
    page.locator(".rating").get_by_role("button", name="Send").click()
    for tab in (page, other):
        expect(tab.locator(".rating")).to_be_hidden()
        expect(tab.locator(".notice")).to_have_text("Thank you! You gave 4 of 5.")
    with transaction() as session:
        rated = session.scalars(select(TicketEvent.data).where(TicketEvent.kind == "rated")).all()
    assert [(one["rating"], one["comment"]) for one in rated] == [(4, "Quick.")]
    write(page, "One more thing")
    all_sent(page)
    expect(page.locator(".notice")).not_to_contain_text("Thank you")


def test_a_visitor_who_ends_the_chat_is_asked_and_may_say_nothing(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    write(page, "Hello")
    all_sent(page)
    page.get_by_role("button", name="End the chat").click()
    expect(page.locator(".rating")).to_be_visible()
    assert focused(page) == "mark"
    page.get_by_role("button", name="Not now").click()
    expect(page.locator(".rating")).to_be_hidden()
    page.reload()
    expect(page.locator(".log .bubble")).to_have_text(["Hello"])
    expect(page.locator(".state")).to_have_text("Online")
    expect(page.locator(".rating")).to_be_hidden()


def test_files_are_sent_with_a_message(context: BrowserContext, shop: HostPage) -> None:
    page = opened_on(context, shop)
    bill: FilePayload = {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    page.locator("input[type=file]").set_input_files([LAMP, bill])
    expect(page.locator(".chosen bdi")).to_have_text(["lamp.png", "bill.pdf"])
    page.get_by_role("button", name="Remove bill.pdf").click()
    write(page, "This one")
    all_sent(page)
    expect(page.locator(".log .files li")).to_have_text("lamp.png")
    expect(page.locator(".chosen")).to_be_hidden()
    assert stored_texts() == ["This one"]
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="lamp.png").click()
    assert download.value.path().read_bytes() == LAMP["buffer"]


def test_files_that_may_not_be_sent_are_refused_before_they_are(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    picker = page.locator("input[type=file]")
    for name, kind, content, words in (
        ("tool.exe", "application/x-msdownload", b"MZ", "Files of this type are not taken: tool.exe"),
        ("big.png", "image/png", bytes(11_000_000), "at most 10.5 MB together"),
        ("empty.png", "image/png", b"", "Files are not empty"),
    ):
        picker.set_input_files([FilePayload(name=name, mimeType=kind, buffer=content)])
        expect(page.locator(".notice")).to_contain_text(words)
        expect(page.locator(".chosen")).to_be_hidden()


def test_files_chosen_offline_wait_and_a_reload_says_that_they_are_lost(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    context.set_offline(True)
    page.locator("input[type=file]").set_input_files([LAMP])
    page.keyboard.press("Tab")
    write(page, "Sent later")
    expect(page.locator(".log .fate")).to_have_text("Waits to be sent")
    context.set_offline(False)
    all_sent(page, within_s=15)
    assert stored_texts() == ["Sent later"]
    page.route("**/chat/files", lambda route: route.abort())
    page.locator("input[type=file]").set_input_files([LAMP])
    write(page, "Lost")
    expect(page.locator(".log .fate")).to_contain_text("Not sent yet")
    page.reload()
    expect(page.locator(".log .fate.failed")).to_contain_text("attach the files once more")
    assert stored_texts() == ["Sent later"]


def test_who_writes_too_fast_is_told_and_loses_nothing(
    context: BrowserContext, shop: HostPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_MESSAGES_PER_MINUTE", "10")
    settings.cache_clear()
    page = opened_on(context, shop)
    for number in range(13):
        write(page, str(number))
    expect(page.locator(".log .fate").first).to_contain_text("Not sent yet", timeout=30_000)
    all_sent(page, within_s=90)
    assert stored_texts() == [str(number) for number in range(13)]


def test_who_comes_back_a_moment_too_early_is_asked_to_wait_again(
    context: BrowserContext, shop: HostPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened_on(context, shop)
    pauses = iter([0.3, 0.001])
    take = limits.take

    def refuse_twice(name: str, **limit: int) -> None:
        pause = next(pauses, None) if name.startswith("chat-visitor:") else None
        if pause:
            raise RateLimited("Wait.", retry_after_s=pause)
        take(name, **limit)

    monkeypatch.setattr(limits, "take", refuse_twice)
    write(page, "Third time lucky")
    all_sent(page, within_s=15)
    assert stored_texts() == ["Third time lucky"]


def test_an_address_that_is_none_is_shown_before_anything_is_sent(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    page.get_by_label("E-mail").fill("not an address")
    write(page, "Hello")
    assert focused(page) == "email"
    assert stored_texts() == []
    page.get_by_label("E-mail").fill("")
    write(page, "Hello")
    all_sent(page)


def test_a_page_that_is_not_on_the_list_gets_no_chat_and_its_owner_is_told_why(
    context: BrowserContext, shop: HostPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_ORIGINS", "https://shop.example")
    settings.cache_clear()
    page = context.new_page()
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    page.goto(shop.origin)
    page.locator(".launcher").click()
    eventually(page, lambda: any("DESKFLEET_CHAT_ORIGINS" in words for words in warnings))
    expect(page.locator(".state")).to_contain_text("Connecting")


def test_the_owner_of_the_page_may_open_the_chat_from_a_button(
    context: BrowserContext, shop: HostPage
) -> None:
    page = context.new_page()
    page.goto(shop.origin)
    expect(page.locator(".launcher")).to_be_visible()
    page.evaluate("deskfleet.open()")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("deskfleet.close()")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_page_that_loads_the_widget_twice_shows_one_chat(context: BrowserContext, shop: HostPage) -> None:
    shop.attributes = f'src2="x"></script><script src="http://{shop.desk}/widget.js"'
    page = context.new_page()
    page.goto(shop.origin)
    expect(page.locator("deskfleet-chat")).to_have_count(1)


def test_a_forged_token_in_the_pages_storage_begins_a_new_conversation(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    write(page, "Mine")
    all_sent(page)
    key = f"deskfleet.chat:http://{shop.desk}:session"
    page.evaluate(
        "key => localStorage.setItem(key, JSON.stringify({...JSON.parse(localStorage.getItem(key)), token: 'a.b'}))",
        key,
    )
    page.reload()
    expect(page.locator(".state")).to_have_text("Online")
    expect(page.locator(".log .bubble")).to_have_count(0)
    write(page, "A new one")
    all_sent(page)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 2


def test_the_widget_is_asked_for_again_only_when_it_changed(shop: HostPage) -> None:
    first = httpx.get(f"http://{shop.desk}/widget.js")
    again = httpx.get(f"http://{shop.desk}/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
