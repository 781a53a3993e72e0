"""A working day at the console in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect, sync_playwright

from accounts import users
from accounts.permissions import Role
from runtime import limits
from runtime.database import transaction
from tests.console.desk import PASSWORD, console_app, escalated
from tests.console.test_ticket import receive_more
from tests.jobs import CollectedJobs
from tests.servers.web import served
from tickets import queries
from tickets.contracts import Channel, Citation, Reason

pytestmark = pytest.mark.journey

SOURCE = Citation(
    "shipping", 3, "Shipping times", "https://help.example.com/shipping", 1, "It takes 3 to 5 days."
)
TEXT = "Dear Miriam,\n\nit takes 3 to 5 days."
DRAFT = {"draft": TEXT, "citations": (SOURCE,)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser had to say: errors of scripts, and of the content security policy."""
    return []


@pytest.fixture
def page(run_jobs: CollectedJobs, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """Logged in, at the queue."""
    limits.forget()
    with transaction() as session:
        users.create_user(session, "carol@example.com", name="Carol", role=Role.AGENT, password=PASSWORD)
    with served(console_app()) as url:
        context = browser.new_context(base_url=url)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/console/queue")
        _log_in(page)
        expect(page.get_by_role("heading", name="Waiting for staff")).to_be_visible()
        complaints.clear()
        yield page
        context.close()


def _log_in(page: Page) -> None:
    page.get_by_label("E-mail").fill("carol@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type == "error":
        complaints.append(message.text)


def status_of(public_id: str) -> str:
    with transaction() as session:
        return queries.find_ticket(session, public_id).status


def test_an_escalation_is_answered_and_resolved(page: Page, complaints: list[str]) -> None:
    expect(page.get_by_text("All clear")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Live")
    public_id = escalated(
        Reason.HIGH_STAKES_ACTION, decision=DRAFT, channel=Channel.MAIL, subject="Where is it?", name="Miriam"
    )
    row = page.get_by_role("link", name="Where is it?")
    expect(row).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) Waiting for staff"))
    expect(page.locator(".views .count").first).to_have_text("1")

    page.keyboard.press("j")
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("The customer wants something that only a person may decide.").last
    ).to_be_visible()
    _edit_and_send(page)
    assert status_of(public_id) == "waiting_customer"

    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator("#state")).to_contain_text("Resolved")
    assert status_of(public_id) == "resolved"
    page.keyboard.press("u")
    expect(page.get_by_text("All clear")).to_be_visible()
    assert complaints == []


def _edit_and_send(page: Page) -> None:
    page.get_by_text("Source 1").hover()
    expect(page.get_by_role("note").get_by_text("It takes 3 to 5 days.")).to_be_visible()
    page.keyboard.press("r")
    editor = page.get_by_label("Reply to the customer")
    expect(editor).to_be_focused()
    expect(editor).to_have_value(TEXT)
    editor.press("Control+End")
    editor.type("\n\nCarol")
    editor.press("Control+Enter")
    expect(page.get_by_text("Your reply is on its way.")).to_be_visible()
    expect(page.locator(".message-staff")).to_contain_text(
        "it takes 3 to 5 days.\n\nCarol", use_inner_text=True
    )
    expect(page.locator(".message-staff")).to_contain_text("Waiting to be sent")
    expect(editor).to_have_value("")


def test_a_message_that_comes_while_somebody_writes_stops_the_reply_and_loses_nothing(
    page: Page, complaints: list[str]
) -> None:
    public_id = escalated(channel=Channel.WEB_CHAT, thread="t", name="Miriam")
    page.goto(f"/console/tickets/{public_id}")
    editor = page.get_by_label("Reply to the customer")
    editor.fill("Please look under the mat.")
    expect(page.locator("#live")).to_have_text("Live")
    receive_more(public_id, text="I found it!", thread="t")
    expect(page.get_by_text("I found it!")).to_be_visible()
    expect(page.get_by_text("1 new since you opened this.")).to_be_visible()
    expect(editor).to_have_value("Please look under the mat.")

    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("A newer message came in")
    expect(editor).to_have_value("Please look under the mat.")
    assert status_of(public_id) == "escalated"
    complaints.clear()  # The browser reports the answer 409, which is what was wanted.

    page.get_by_role("button", name="Send and resolve").click()
    expect(page.get_by_text("Resolved.", exact=True)).to_be_visible()
    assert status_of(public_id) == "resolved"
    assert complaints == []


def test_what_is_typed_survives_a_reload_and_a_note(page: Page) -> None:
    public_id = escalated(name="Miriam")
    page.goto(f"/console/tickets/{public_id}")
    editor = page.get_by_label("Reply to the customer")
    editor.fill("Half a reply")
    page.reload()
    expect(editor).to_have_value("Half a reply")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.get_by_label("Internal note").fill("She called.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".message-note")).to_contain_text("She called.")
    expect(editor).to_have_value("Half a reply")


def test_what_is_typed_survives_a_session_that_ended(page: Page) -> None:
    public_id = escalated(name="Miriam")
    page.goto(f"/console/tickets/{public_id}")
    page.get_by_label("Reply to the customer").fill("A long reply")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send", exact=True).click()
    _log_in(page)
    expect(page).to_have_url(re.compile(public_id))
    expect(page.get_by_label("Reply to the customer")).to_have_value("A long reply")
    page.get_by_role("button", name="Log out").click()
    _log_in(page)
    page.goto(f"/console/tickets/{public_id}")
    expect(page.get_by_label("Reply to the customer")).to_have_value("A draft.")


def test_the_search_narrows_while_typing(page: Page, complaints: list[str]) -> None:
    escalated(subject="The lamp is hot")
    escalated(subject="An invoice")
    page.reload()
    page.keyboard.press("/")
    page.keyboard.type("invoice")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"view=waiting&q=invoice"))
    escalated(subject="Another invoice")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.get_by_label("Priority").select_option("high")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    assert complaints == []


def test_customers_cannot_run_script_or_leave_their_place(page: Page, complaints: list[str]) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script><style>*{display:none}</style>"
    alerts: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    public_id = escalated(subject=evil, text=evil, name=evil, quoted_text=evil, metadata={"x": evil})
    page.reload()
    expect(page.get_by_text("<script>alert(2)</script>").first).to_be_visible()
    page.goto(f"/console/tickets/{public_id}")
    expect(page.locator(".message-customer .text").first).to_contain_text(evil)
    assert (alerts, complaints) == ([], [])


def test_the_pages_work_without_script(page: Page, browser: Browser) -> None:
    public_id = escalated(decision=DRAFT, subject="Where is it?")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(page.url)
    plain.get_by_role("link", name="Where is it?").click()
    plain.get_by_role("button", name="Send and resolve").click()
    expect(plain.get_by_text("Resolved.", exact=True)).to_be_visible()
    context.close()
    assert status_of(public_id) == "resolved"


@pytest.mark.parametrize("width", [360, 768, 1280, 1600])
def test_nothing_is_cut_off_at_any_width(page: Page, width: int) -> None:
    public_id = escalated(subject="A" * 300, text="B" * 2000, name="C" * 200, decision=DRAFT)
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/console/queue", f"/console/tickets/{public_id}"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_the_theme_switches_without_a_reload_and_is_remembered(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
