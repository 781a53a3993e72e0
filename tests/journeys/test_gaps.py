"""From questions that nobody could answer to an article that does, in a browser that runs no script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts import users
from accounts.permissions import Role
from knowledge.retrieval import search
from runtime import limits
from runtime.database import transaction
from tests.console.desk import PASSWORD, console_app
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import RACKS, answered, asked_by_all, found
from tests.servers.web import served

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(run_jobs: CollectedJobs, browser: Browser) -> Iterator[Page]:
    """Logged in, at the gaps, on a phone and without script."""
    limits.forget()
    with transaction() as session:
        users.create_user(session, "carol@example.com", name="Carol", role=Role.MANAGER, password=PASSWORD)
    with served(console_app()) as url:
        context = browser.new_context(
            base_url=url, viewport={"width": 390, "height": 844}, java_script_enabled=False
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.goto("/console/gaps")
        page.get_by_label("E-mail").fill("carol@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Knowledge gaps")).to_be_visible()
        yield page
        context.close()


def test_a_draft_is_dismissed_taken_back_edited_and_published(page: Page) -> None:
    answered(asked_by_all(RACKS)[0])
    found()
    page.reload()
    page.get_by_role("link", name=RACKS[0]).click()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("heading", name="No gaps")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Text")).to_contain_text("long straps")
    page.get_by_label("Title").fill("Bike racks over a spare wheel")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Customers do not see it before it is published.")).to_be_visible()
    assert search(RACKS[1]) == []
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Bike racks over a spare wheel")).to_be_visible()
    assert "long straps" in search(RACKS[1])[0].text
