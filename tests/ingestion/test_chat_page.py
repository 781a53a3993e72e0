"""The chat's own page as a visitor sees it, in a browser: the widget without a button, over the whole page."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from runtime.database import transaction
from tests.ingestion import chat_browser
from tests.ingestion.chat_browser import agent_says, all_sent, eventually, resolve, shown, stored_texts, write
from tests.ingestion.chat_client import staff_says
from tests.ingestion.chat_server import running_chat
from tests.jobs import CollectedJobs
from tickets.contracts import Author, Citation, Delivery
from tickets.models import Message, Ticket

pytestmark = pytest.mark.journey


def opened(context: BrowserContext, address: str) -> Page:
    return chat_browser.opened(context.new_page(), f"http://{address}/chat")


def test_a_visitor_asks_is_answered_and_finds_it_all_after_a_reload(
    context: BrowserContext, chat_address: str
) -> None:
    page = opened(context, chat_address)
    page.get_by_label("Name").fill("Alice")
    write(page, "Can I return a lamp?")
    expect(page.locator(".working")).to_be_visible()
    agent_says("Within 30 days.", Citation("returns", 1, "Returns", "/help/returns", 1, "quote"))
    expect(page.locator(".log .agent .bubble")).to_have_text("Within 30 days.")
    expect(page.locator(".working")).to_be_hidden()
    source = page.get_by_role("link", name="Returns")
    assert source.get_attribute("href") == f"http://{chat_address}/help/returns"
    page.reload()
    expect(page.locator(".log .bubble")).to_have_text(["Can I return a lamp?", "Within 30 days."])
    expect(page.get_by_label("Name")).to_be_hidden()

    def delivered() -> bool:
        with transaction() as session:
            return (
                session.scalar(select(Message.delivery).where(Message.author == Author.AGENT))
                == Delivery.SENT
            )

    eventually(page, delivered)


def test_a_colleague_takes_over_and_the_conversation_is_solved(
    context: BrowserContext, chat_address: str
) -> None:
    page = opened(context, chat_address)
    write(page, "I want a person.")
    all_sent(page)
    staff_says("Carol here.")
    expect(page.locator(".log .staff .who")).to_contain_text("Carol · Support team")
    expect(page.locator(".log .joined")).to_have_text("Carol from our team is here")
    expect(page.locator(".notice")).to_contain_text("A colleague will answer here")
    staff_says("One moment.")
    expect(page.locator(".log .bubble")).to_have_count(3)
    expect(page.locator(".log .joined")).to_have_count(1)
    resolve()
    expect(page.locator(".notice")).to_contain_text("marked as solved")


def test_what_is_written_offline_is_sent_once_and_in_order(
    context: BrowserContext, chat_address: str
) -> None:
    page = opened(context, chat_address)
    context.set_offline(True)
    expect(page.locator(".state")).to_contain_text("You are offline")
    for text in ("One", "Two", "Three"):
        write(page, text)
    expect(page.locator(".log .fate")).to_have_text(["Waits to be sent"] * 3)
    context.set_offline(False)
    all_sent(page, within_s=15)
    assert stored_texts() == ["One", "Two", "Three"]
    assert shown(page) == ["One", "Two", "Three"]


def test_what_waited_survives_a_reload_and_a_restart_of_the_server(
    context: BrowserContext, run_jobs: CollectedJobs
) -> None:
    with running_chat() as address:
        page = opened(context, address)
        write(page, "Before")
        all_sent(page)
    expect(page.locator(".state")).to_contain_text("Connecting")
    write(page, "Meanwhile")
    expect(page.locator(".log .fate")).to_have_text("Waits to be sent")
    with running_chat(port=int(address.rpartition(":")[2])):
        page.reload()
        all_sent(page, within_s=20)
        expect(page.locator(".log .bubble")).to_have_text(["Before", "Meanwhile"])
    assert stored_texts() == ["Before", "Meanwhile"]


@pytest.mark.parametrize(
    ("length", "words"), [(4_100, "longer than 4000 characters"), (20_000, "It is too large.")]
)
def test_a_message_that_is_refused_says_why_and_holds_up_nothing(
    context: BrowserContext, chat_address: str, length: int, words: str
) -> None:
    page = opened(context, chat_address)
    page.get_by_label("Your message").evaluate("box => box.removeAttribute('maxlength')")
    write(page, "x" * length)
    expect(page.locator(".log .fate.failed")).to_contain_text(words)
    write(page, "Short")
    expect(page.locator(".log .bubble").last).to_have_text("Short")
    eventually(page, lambda: stored_texts() == ["Short"])


def test_tabs_that_are_opened_at_the_same_moment_show_one_conversation(
    context: BrowserContext, chat_address: str
) -> None:
    tabs = [context.new_page() for _ in range(3)]
    for tab in tabs:
        tab.goto(f"http://{chat_address}/chat", wait_until="commit")
    for tab in tabs:
        expect(tab.locator(".state")).to_have_text("Online")
    for number, tab in enumerate(tabs):
        write(tab, f"From tab {number}")
        all_sent(tab)
    for tab in tabs:
        expect(tab.locator(".log .bubble")).to_have_text([f"From tab {number}" for number in range(3)])
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_nothing_that_anybody_typed_becomes_markup(context: BrowserContext, chat_address: str) -> None:
    page = opened(context, chat_address)
    evil = "<img src=x onerror=alert(1)> <script>alert(2)</script>"
    write(page, evil)
    all_sent(page)
    agent_says(
        f"{evil} see https://example.com/a?b=1.",
        Citation("a", 1, "<b>A</b>", "javascript:alert(3)", 1, "q"),
        Citation("b", 1, "B", "/help/b", 1, "q"),
    )
    expect(page.locator(".log .agent .bubble")).to_contain_text("onerror")
    assert page.locator(".log img, .log script, .log b b").count() == 0
    links = [link.get_attribute("href") for link in page.locator(".log a").all()]
    assert links == ["https://example.com/a?b=1", f"http://{chat_address}/help/b"]


def test_the_page_fits_a_phone(context: BrowserContext, chat_address: str) -> None:
    page = opened(context, chat_address)
    page.set_viewport_size({"width": 360, "height": 640})
    write(page, "https://example.com/" + "a-very-long-address-without-a-space" * 6)
    all_sent(page)
    for element in ("html", ".scroller", ".panel"):
        overflow = page.locator(element).evaluate("box => box.scrollWidth - box.clientWidth")
        assert overflow <= 0, element


def test_the_page_is_in_the_visitors_language(browser: Browser, chat_address: str) -> None:
    context = browser.new_context(locale="ar-EG")
    page = context.new_page()
    page.goto(f"http://{chat_address}/chat")
    expect(page.get_by_role("button", name="إرسال")).to_be_visible()
    assert (page.locator("html").get_attribute("lang"), page.locator("html").get_attribute("dir")) == (
        "ar",
        "rtl",
    )
    context.close()


def test_the_title_counts_what_came_while_nobody_looked(context: BrowserContext, chat_address: str) -> None:
    page = opened(context, chat_address)
    write(page, "Hello")
    all_sent(page)
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => window.away ?? true, configurable: true})"
    )
    staff_says("Good morning.")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title("Customer Support")
