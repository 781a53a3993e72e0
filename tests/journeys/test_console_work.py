"""More of staff's days in a real browser: a refund, last week's figures, a new key and deadline, a customer's click."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts import users
from accounts.permissions import Role
from deskfleet import rule_desk, ways
from ingestion import ratings
from runtime import desk_settings, limits
from runtime.database import transaction
from runtime.settings import settings
from tests.analytics.test_stories import answered_by_agent, answered_by_staff
from tests.console.desk import PASSWORD, console_app, escalated
from tests.jobs import CollectedJobs
from tests.journeys.test_console_keyboard import log_in
from tests.proposals import a_proposal
from tests.servers.web import served
from tickets import actions, queries, satisfaction, sla, surveys
from tickets.action_kinds import ActionState
from tickets.contracts import Channel, Priority

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def desk(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a desk with an admin, a manager and two of the staff, and the page of ratings."""
    limits.forget()
    desk_settings.follow()
    with transaction() as session:
        for name, role in (("Alice", Role.ADMIN), ("Bob", Role.AGENT), ("Carol", Role.MANAGER)):
            email = f"{name.lower()}@example.com"
            users.create_user(session, email, name=name, role=role, password=PASSWORD)
    app = console_app(ruling=rule_desk, reaching=ways)
    app.include_router(ratings.router)
    with served(app) as url:
        monkeypatch.setenv("DESKFLEET_PUBLIC_URL", url)
        settings.cache_clear()
        yield url
    settings.cache_clear()


def test_a_refund_that_two_look_at_is_approved_once(browser: Browser, desk: str) -> None:
    ticket, action = a_proposal()
    bobs, bob = log_in(browser, desk, "Bob")
    carols, carol = log_in(browser, desk, "Carol")
    for page in (bob, carol):
        page.goto(f"/console/tickets/{ticket}")
        expect(page.get_by_text("Refund 49.00 EUR for order A-1001 to Alice")).to_be_visible()
    bob.get_by_role("button", name=re.compile("^Approve")).first.click()
    expect(bob.get_by_text("Approved.", exact=True)).to_be_visible()
    with transaction() as session:
        assert actions.read(session, action).state is ActionState.APPROVED

    late = carol.get_by_role("button", name=re.compile("^Approve"))
    if late.count():  # Her page may have heard of it already.
        late.first.click()
    carol.reload()
    expect(carol.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    with transaction() as session:
        details = queries.read_ticket(session, ticket)
    assert [event.kind for event in details.events].count("action_approved") == 1
    for context in (bobs, carols):
        context.close()


def test_a_manager_reads_the_last_week_and_takes_it_along(
    browser: Browser, desk: str, tmp_path: Path
) -> None:
    answered_by_agent()
    answered_by_staff()
    context, page = log_in(browser, desk, "Carol")
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("heading", name="Figures", exact=True)).to_be_visible()
    expect(page.get_by_text("50%").first).to_be_visible()
    since = page.locator("input[name=since]")
    until = page.locator("input[name=until]").input_value()
    since.fill(until)
    since.press("Enter")
    page.wait_for_url(re.compile(rf"since={until}"))
    with page.expect_download() as downloading:
        page.get_by_role("link", name=re.compile("CSV")).click()
    file = tmp_path / "figures.csv"
    downloading.value.save_as(file)
    lines = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [(one["day"], one["tickets"]) for one in lines] == [(until, "2")]
    context.close()


def test_an_admin_looks_at_the_channels_makes_a_key_and_a_deadline_and_takes_that_back(
    browser: Browser, desk: str
) -> None:
    context, page = log_in(browser, desk, "Alice")
    page.get_by_role("link", name="API keys").click()
    page.get_by_label("What it is for").fill("The shop")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("copy it now, it is not shown again")).to_be_visible()
    assert len(page.locator("#secret").input_value()) > 30
    page.get_by_role("link", name="API keys").click()
    expect(page.locator("#secret")).to_have_count(0)

    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_label("Critical").fill("7")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept. It holds everywhere within seconds.")).to_be_visible()
    assert sla.hours().answer_within[Priority.CRITICAL].total_seconds() == 420
    page.get_by_label("Critical").fill("soon")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert")).to_contain_text("Minutes are a number")
    expect(page.get_by_label("Critical")).to_have_value("soon")
    page.goto("/console/settings/hours")
    page.get_by_role("button", name="Back to what the files and the environment say").click()
    expect(page.get_by_label("Critical")).to_have_value("240")

    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Channels").click()
    page.get_by_role("button", name=re.compile("Test .*[Cc]hat")).click()
    expect(page.get_by_text(re.compile("it (works|does not work)"))).to_be_visible()
    context.close()


def test_a_customer_rates_by_one_click_without_a_login(browser: Browser, desk: str) -> None:
    ticket = escalated(channel=Channel.MAIL, subject="Where is it?")
    context = browser.new_context()
    page = context.new_page()
    page.goto(surveys.link_of(ticket, 4))
    expect(page.get_by_role("heading")).to_be_visible()
    _wait_for_rating(page, ticket, 4)
    context.close()


def _wait_for_rating(page: Page, ticket: str, wanted: int) -> None:
    for _ in range(300):
        with transaction() as session:
            found = satisfaction.rating_of(session, queries.find_ticket(session, ticket).id)
        if found is not None:
            assert found.rating == wanted
            return
        page.wait_for_timeout(100)
    pytest.fail("The click was not kept.")


HOSTILE = (
    '"><img src=x onerror="document.title=\'taken\'">',
    "<script>document.title='taken'</script>",
    "javascript:document.title='taken'",
    "{{ 7*7 }}<svg/onload=document.title='taken'>",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_customers_write_anywhere_is_text_on_every_page(
    browser: Browser, desk: str, hostile: str
) -> None:
    ticket = escalated(channel=Channel.MAIL, subject=hostile, text=hostile, name=hostile)
    context, page = log_in(browser, desk, "Alice")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for address in ("queue", f"tickets/{ticket}", f"tickets/{ticket}/similar", "queue?view=all&q=onerror"):
        page.goto(f"/console/{address}")
        page.wait_for_timeout(300)
        assert page.title() != "taken"
        assert page.locator("main img[src='x'], main svg[onload], #conversation script").count() == 0
    assert [one for one in said if "Content Security Policy" in one or "taken" in one] == []
    page.goto(f"/console/tickets/{ticket}")
    expect(page.get_by_text(hostile, exact=True).first).to_be_visible()
    context.close()
