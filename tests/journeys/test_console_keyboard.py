"""Staff at work in a real browser: a queue cleared by keyboard alone, two who collide, pages everybody can use."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts import users
from accounts.permissions import Role
from deskfleet import rule_desk, ways
from runtime import limits
from runtime.database import transaction
from tests.console.desk import PASSWORD, console_app, escalated
from tests.jobs import CollectedJobs
from tests.servers.web import served
from tickets import queries, templates
from tickets.contracts import Channel
from tickets.templates import TemplateKind, Written

pytestmark = pytest.mark.journey

DRAFT = {"draft": "Dear customer,\n\nit takes 3 to 5 days."}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def desk(run_jobs: CollectedJobs) -> Iterator[str]:
    """The address of a desk with three of the staff."""
    limits.forget()
    with transaction() as session:
        for name, role in (("Alice", Role.ADMIN), ("Bob", Role.AGENT), ("Carol", Role.AGENT)):
            email = f"{name.lower()}@example.com"
            users.create_user(session, email, name=name, role=role, password=PASSWORD)
    with served(console_app(ruling=rule_desk, reaching=ways)) as url:
        yield url


def log_in(browser: Browser, url: str, name: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(base_url=url, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto("/console/queue")
    page.get_by_label("E-mail").fill(f"{name.lower()}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Waiting for staff")).to_be_visible()
    return context, page


def status_of(public_id: str) -> tuple[str, str | None]:
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
    return ticket.status, ticket.assignee


def test_a_queue_is_cleared_by_keyboard_alone(browser: Browser, desk: str) -> None:
    with transaction() as session:
        written = Written(TemplateKind.FIRST_RESPONSE, "Hello", "Dear {{customer_name}}, we look into it.")
        templates.add(session, written, by="AGENT-AL1CE000")
    answered = escalated(decision=DRAFT, channel=Channel.MAIL, subject="One")
    resolved = escalated(channel=Channel.MAIL, subject="Two", decision={"draft": ""})
    taken = escalated(channel=Channel.MAIL, subject="Three", decision={"draft": ""})
    context, page = log_in(browser, desk, "Carol")
    keys = page.keyboard

    keys.press("j")
    expect(page.get_by_role("link", name="One")).to_be_focused()
    keys.press("r")
    expect(page.get_by_label("Reply to the customer")).to_be_focused()
    keys.press("Control+Enter")
    expect(page.get_by_text("Your reply is on its way.")).to_be_visible()
    assert status_of(answered)[0] == "waiting_customer"

    keys.press("u")
    expect(page.get_by_role("link", name="Two")).to_be_visible()
    keys.press("j")
    keys.press("e")
    expect(page.get_by_text("1 ticket changed.")).to_be_visible()
    expect(page.get_by_role("link", name="Three")).to_be_focused()
    assert status_of(resolved)[0] == "resolved"

    _take_and_answer_with_a_template(page, taken)
    keys.press("e")
    expect(page.locator("#state")).to_contain_text("Resolved")
    keys.press("u")
    expect(page.get_by_text("All clear")).to_be_visible()
    keys.press("?")
    expect(page.get_by_role("heading", name="Shortcuts")).to_be_visible()
    context.close()


def _take_and_answer_with_a_template(page: Page, taken: str) -> None:
    """The reply is sent, taken back, and its text is there again."""
    keys = page.keyboard
    keys.press("a")
    expect(page.locator(".row .person-me")).to_be_visible()
    assert status_of(taken)[1] is not None
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Three")).to_be_visible()
    expect(page.locator("#templates [data-insert]")).to_be_attached()
    keys.press("t")
    expect(page.get_by_label("Reply to the customer")).to_have_value("Dear Alice, we look into it.")
    keys.press("Control+Enter")
    expect(page.get_by_role("button", name="Undo send")).to_be_visible()
    keys.press("z")
    expect(page.get_by_text("The reply was not sent. Its text is below.")).to_be_visible()
    assert status_of(taken)[0] == "escalated"
    expect(page.get_by_label("Reply to the customer")).to_have_value("Dear Alice, we look into it.")


def test_two_who_answer_the_same_ticket_see_each_other_and_collide(browser: Browser, desk: str) -> None:
    public_id = escalated(channel=Channel.MAIL, subject="Where is it?", decision={"draft": ""})
    bobs, bob = log_in(browser, desk, "Bob")
    carols, carol = log_in(browser, desk, "Carol")
    bob.goto(f"/console/tickets/{public_id}")
    carol.goto(f"/console/tickets/{public_id}")
    expect(bob.locator("#state")).to_contain_text("Carol is here")
    expect(carol.locator("#state")).to_contain_text("Bob is here")

    carol.get_by_label("Reply to the customer").fill("It comes on Monday.")
    expect(bob.locator("#state")).to_contain_text("Carol is writing a reply")
    bob.get_by_label("Reply to the customer").fill("It comes on Friday.")
    bob.get_by_role("button", name="Send", exact=True).click()
    expect(bob.get_by_text("Your reply is on its way.")).to_be_visible()

    expect(carol.get_by_text("1 new since you opened this.")).to_be_visible()
    carol.get_by_role("button", name="Send", exact=True).click()
    meanwhile = carol.get_by_role("region", name="What came meanwhile")
    expect(meanwhile.locator("del")).to_contain_text("It comes on Friday.")
    expect(meanwhile.locator("ins")).to_contain_text("It comes on Monday.")
    expect(carol.get_by_label("Reply to the customer")).to_have_value("It comes on Monday.")
    carol.get_by_label("Reply to the customer").fill("I was wrong: it comes on Friday.")
    carol.get_by_role("button", name="Send", exact=True).click()
    expect(carol.get_by_text("Your reply is on its way.")).to_be_visible()
    for context in (bobs, carols):
        context.close()


ADDRESSES = (
    "queue", "queue?view=all&q=delivery", "queue?view=mine", "tickets/{ticket}", "new", "alerts",
    "articles", "articles/new", "gaps", "templates", "templates/new", "notifications", "webhooks", "figures", "users",
    "keys", "audit", "sessions", "account", "settings/hours", "settings/taxonomy", "settings/rules?ticket={ticket}",
    "settings/agent", "settings/budgets", "settings/channels",
)  # fmt: skip


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)])
def test_no_page_has_a_serious_fault_of_accessibility(
    browser: Browser, desk: str, theme: str, width: int
) -> None:
    public_id = escalated(decision=DRAFT, channel=Channel.MAIL, subject="Where is it?")
    context, page = log_in(browser, desk, "Alice")
    page.set_viewport_size({"width": width, "height": 900})
    context.add_cookies([{"name": "deskfleet_theme", "value": theme, "url": f"{desk}/console"}])
    faults: list[object] = []
    for address in (one.format(ticket=public_id) for one in ADDRESSES):
        answer = page.goto(f"/console/{address}")
        assert answer is not None
        assert answer.status == 200, address
        page.wait_for_timeout(500)  # What is fetched beside the page is looked at too; its stream never ends.
        response = Axe().run(page).response
        assert len(response["passes"]) > 10, "it has really looked"
        faults += [
            (address, one["id"], [re.sub(r"\s+", " ", node["html"])[:120] for node in one["nodes"]][:3])
            for one in response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append((address, "is wider than the window"))
        if page.locator("h1").count() != 1 or page.locator("main").count() != 1:
            faults.append((address, "has not one heading and one main part"))
    context.close()
    assert faults == []


def test_every_page_is_reached_on_a_phone(browser: Browser, desk: str) -> None:
    context, page = log_in(browser, desk, "Alice")
    page.set_viewport_size({"width": 360, "height": 740})
    for name, heading in (("Settings", "Settings"), ("Team", "Team"), ("Figures", "Figures")):
        page.get_by_label("More pages").first.click()
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    context.close()
