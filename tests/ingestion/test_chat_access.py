"""Who can use the chat: by keyboard, by ear, with weak eyes, on a phone, in twelve languages."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from sqlalchemy import select

from runtime.database import transaction
from tests.ingestion import chat_browser
from tests.ingestion.chat_browser import agent_says, all_sent, focused, opened_on, resolve, write
from tests.ingestion.chat_client import staff_says, the_ticket
from tests.ingestion.host_page import HostPage
from tickets.models import Message

pytestmark = pytest.mark.journey

CHECKS = Path(__file__).with_name("chat_checks.js").read_text(encoding="utf-8")
PHONE: ViewportSize = {"width": 360, "height": 640}


def test_everything_works_with_the_keyboard_alone(context: BrowserContext, shop: HostPage) -> None:
    page = context.new_page()
    page.goto(shop.origin)
    expect(page.locator(".launcher")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert focused(page) == "launcher"
    page.keyboard.press("Enter")
    expect(page.locator(".state")).to_have_text("Online")
    assert focused(page) == "text"
    page.keyboard.type("Hello")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("there")
    page.keyboard.press("Enter")
    expect(page.locator(".log .bubble")).to_have_text("Hello\nthere")
    all_sent(page)
    expect(page.locator(".end")).to_be_visible()
    forwards = [step(page, "Tab") for _ in range(8)]
    assert set(forwards) == {"send", "plain person", "plain end", "close", "scroller", "attach", "text"}
    assert forwards[7] == forwards[0] == "send", "Tab does not go round in the dialog"
    page.locator(".close").focus()
    assert step(page, "Shift+Tab") == "plain end"
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    assert focused(page) == "launcher"


def step(page: Page, key: str) -> str:
    page.keyboard.press(key)
    return focused(page)


def test_a_screen_reader_hears_answers_but_not_the_history(context: BrowserContext, shop: HostPage) -> None:
    page = context.new_page()
    page.goto(shop.origin)
    expect(page.get_by_role("button", name="Open the chat")).to_have_attribute("aria-haspopup", "dialog")
    assert page.locator(".log").get_attribute("aria-live") == "off"
    chat_browser.opened(page, shop.origin)
    dialog = page.get_by_role("dialog", name="Customer Support")
    expect(dialog).to_have_attribute("aria-modal", "true")
    expect(dialog.get_by_role("log")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("button", name="Open the chat")).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("color", ["", "#ffcc00", "#777777", "#0a0a2a"])
def test_everybody_can_read_it(browser: Browser, shop: HostPage, scheme: str, color: str) -> None:
    shop.attributes = f'data-color="{color}"'
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light", viewport=PHONE)
    page = opened_on(context, shop)
    assert page.evaluate(CHECKS) == []
    write(page, "Can I return a lamp?")
    all_sent(page)
    agent_says("Within 30 days, see https://shop.example/returns.")
    expect(page.locator(".log .agent")).to_have_count(1)
    staff_says("Carol here.")
    resolve()
    expect(page.locator(".rating")).to_be_visible()
    page.get_by_label("4 Good").check(force=True)
    assert page.evaluate(CHECKS) == []
    assert page.locator("html").evaluate("root => root.scrollWidth - root.clientWidth") <= 0
    context.close()


def test_nothing_moves_for_who_does_not_want_it(browser: Browser, shop: HostPage) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = opened_on(context, shop)
    write(page, "Hello")
    expect(page.locator(".working")).to_be_visible()
    assert page.locator(".dots i").first.evaluate("one => getComputedStyle(one).animationName") == "none"
    context.close()


def test_a_phone_shows_the_chat_over_the_whole_page(browser: Browser, shop: HostPage) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = opened_on(context, shop)
    box = page.locator(".panel").bounding_box()
    assert box == {"x": 0, "y": 0, **PHONE}
    context.close()


@pytest.mark.parametrize(
    ("attributes", "language", "send", "side"),
    [
        ("", "de", "Senden", "right"),
        ('data-language="fr"', "de", "Envoyer", "right"),
        ('data-language="pt-BR" data-position="left"', "en", "Enviar", "left"),
        ("", "ar", "إرسال", "left"),
        ('data-position="right"', "ar", "إرسال", "right"),
        ("", "ja-JP", "送信", "right"),
    ],
)
def test_the_chat_speaks_the_pages_language_or_the_one_of_the_tag(
    context: BrowserContext, shop: HostPage, attributes: str, language: str, send: str, side: str
) -> None:
    shop.attributes, shop.language = attributes, language
    page = context.new_page()
    page.goto(shop.origin)
    page.locator(".launcher").click()
    expect(page.get_by_role("button", name=send, exact=True)).to_be_visible()
    box, width = page.locator(".launcher").bounding_box(), 1280
    assert box is not None
    assert (box["x"] > width / 2) == (side == "right")
    assert page.locator(".chat").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")


def test_the_tag_says_how_the_chat_looks_and_who_the_visitor_is(
    context: BrowserContext, shop: HostPage
) -> None:
    shop.attributes = (
        'data-title="Lamp help" data-greeting="Lamps & more <b>?" data-name="Alice" data-email="alice@example.com" '
        'data-color="#fc0"'
    )
    page = opened_on(context, shop)
    expect(page.get_by_role("dialog", name="Lamp help")).to_be_visible()
    expect(page.locator(".greeting .bubble")).to_have_text("Lamps & more <b>?")
    assert (
        page.locator(".send").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 204, 0)"
    )
    assert page.locator(".send").evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    write(page, "Hello")
    all_sent(page)
    assert the_ticket().meta == {"unverified_email": "alice@example.com"}
    with transaction() as session:
        assert session.scalars(select(Message.author_name)).all() == ["Alice"]


def test_a_wrong_attribute_is_named_and_the_chat_works_all_the_same(
    context: BrowserContext, shop: HostPage
) -> None:
    shop.attributes = 'data-color="red;}" data-position="top" data-theme="neon" data-language="xx"'
    page = context.new_page()
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    chat_browser.opened(page, shop.origin)
    for name in ("data-color", "data-position", "data-theme", "data-language"):
        assert len([words for words in warnings if name in words]) == 1
