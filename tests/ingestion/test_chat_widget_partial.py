"""A reply that grows in the widget: below the log, without a jump, read aloud once, and never left behind."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from runtime.database import transaction
from tests.ingestion.chat_browser import all_sent, opened_on, write
from tests.ingestion.host_page import HostPage
from tests.samples import a_decision, claimed_case
from tickets import lifecycle, partial_replies
from tickets.contracts import Case, Reason

pytestmark = pytest.mark.journey

TEXT = "Hello,\n\nYes, you can return it."
MORE = f"{TEXT} You have 30 days."
# Every text that a screen reader is told of: what is added to the log while it is live.
LISTEN = """() => {
    const log = document.querySelector("deskfleet-chat").shadowRoot.querySelector(".log");
    window.told = [];
    new MutationObserver((changes) => {
        for (const change of changes) for (const node of change.addedNodes) window.told.push(node.textContent);
    }).observe(log, { childList: true, subtree: true, characterData: true });
}"""
TOP = "one => Math.round(one.getBoundingClientRect().top)"


def asked(page: Page) -> Case:
    write(page, "Can I return a lamp?")
    all_sent(page)
    expect(page.locator(".working")).to_be_visible()
    return claimed_case()


def show(case: Case, text: str) -> None:
    with transaction() as session:
        assert partial_replies.show(session, case, text)


def test_it_grows_in_the_place_of_the_reply_that_is_read_aloud_once(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    case = asked(page)
    page.evaluate(LISTEN)
    growing = page.locator(".partial .bubble")
    show(case, TEXT)
    expect(growing).to_have_text(TEXT)
    expect(page.locator(".working")).to_be_visible()
    top = growing.evaluate(TOP)
    show(case, MORE)
    expect(growing).to_have_text(MORE)
    assert growing.evaluate(TOP) == top
    assert page.evaluate("window.told") == []
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft=f"{MORE} Bye."))
    reply = page.locator(".log .agent .bubble")
    expect(reply).to_have_text(f"{MORE} Bye.")
    expect(growing).to_have_count(0)
    assert reply.evaluate(TOP) == top
    (told,) = page.evaluate("window.told")
    assert told.endswith("Bye.")
    expect(page.locator(".log")).to_have_attribute("aria-live", "polite")
    expect(page.locator(".partial")).to_have_attribute("aria-live", "off")


def test_what_is_taken_back_leaves_the_word_that_a_colleague_answers(
    context: BrowserContext, shop: HostPage
) -> None:
    page = opened_on(context, shop)
    case = asked(page)
    show(case, TEXT)
    expect(page.locator(".partial .bubble")).to_have_text(TEXT)
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.UNSUPPORTED_ANSWER))
    expect(page.locator(".partial .bubble")).to_have_count(0)
    expect(page.locator(".notice")).to_contain_text("A colleague will answer here")
    expect(page.locator(".log .agent")).to_have_count(0)


def test_without_a_connection_it_is_not_left_on_the_page(context: BrowserContext, shop: HostPage) -> None:
    page = opened_on(context, shop)
    case = asked(page)
    show(case, TEXT)
    expect(page.locator(".partial .bubble")).to_have_text(TEXT)
    context.set_offline(True)
    expect(page.locator(".partial .bubble")).to_have_count(0)
    context.set_offline(False)
    expect(page.locator(".partial .bubble")).to_have_text(TEXT)


def test_whoever_reads_further_up_is_not_moved(context: BrowserContext, shop: HostPage) -> None:
    page = opened_on(context, shop)
    write(page, "line\n" * 60)
    case = asked(page)
    scroller = page.locator(".scroller")
    scroller.evaluate("one => { one.scrollTop = 0; }")
    show(case, TEXT)
    expect(page.locator(".partial .bubble")).to_have_text(TEXT)
    expect(page.get_by_role("button", name="New messages")).to_be_visible()
    assert scroller.evaluate("one => one.scrollTop") == 0


def test_markup_in_it_stays_text(context: BrowserContext, shop: HostPage) -> None:
    page = opened_on(context, shop)
    show(asked(page), "<img src=x onerror=alert(1)> <b>bold</b>")
    expect(page.locator(".partial .bubble")).to_have_text("<img src=x onerror=alert(1)> <b>bold</b>")
    expect(page.locator(".partial img, .partial b b")).to_have_count(0)
