"""The articles of the knowledge base, written and mended in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts import credentials, users
from accounts.permissions import Role
from console.sessions import COOKIE
from knowledge import articles
from knowledge.articles import Written
from knowledge.retrieval import search
from runtime.database import transaction
from tests.console.desk import PASSWORD, console_app
from tests.jobs import CollectedJobs
from tests.servers.web import served

QUESTION = "How long does the delivery take?"
WRITTEN = Written("Delivery times", "The delivery takes **three** days.")


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


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(
    run_jobs: CollectedJobs, browser: Browser, complaints: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """Somebody who may write articles, at the list of them, on a phone."""
    with transaction() as session:
        user = users.create_user(
            session, "carol@example.com", name="Carol", role=Role.MANAGER, password=PASSWORD
        )
        secret = credentials.start_session(session, user)
    with served(console_app()) as url:
        context = browser.new_context(
            base_url=url, viewport={"width": 390, "height": 844}, java_script_enabled=request.param
        )
        context.add_cookies([{"name": COOKIE, "value": secret, "url": url}])
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/console/articles")
        yield page
        context.close()


def fits(page: Page) -> bool:
    """Whether nothing on the page is wider than the screen."""
    box = page.locator("main").bounding_box()
    return box is not None and box["x"] + box["width"] <= 390


def test_an_article_is_written_previewed_withdrawn_and_brought_back(
    page: Page, complaints: list[str]
) -> None:
    page.get_by_role("link", name="Write an article").click()
    page.get_by_label("Title").fill(WRITTEN.title)
    page.get_by_label("Text").fill(f"{WRITTEN.body}\n\n```\n{'wide ' * 40}\n```")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview strong")).to_have_text("three")
    assert fits(page)
    expect(page.get_by_label("Text")).to_have_value(re.compile(r"takes \*\*three\*\* days"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The AI finds it from now on.")).to_be_visible()
    assert fits(page)
    assert search(QUESTION)[0].title == WRITTEN.title

    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn by Carol")).to_be_visible()
    assert search(QUESTION) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is back")).to_be_visible()
    assert search(QUESTION)[0].title == WRITTEN.title
    assert complaints == []


def test_what_a_colleague_saved_meanwhile_stops_the_editor_and_an_old_version_comes_back(
    page: Page, complaints: list[str]
) -> None:
    public_id = articles.write_article(WRITTEN, by="").public_id
    page.goto(f"/console/articles/{public_id}/edit")
    page.get_by_label("Text").fill("The delivery takes five days.")
    theirs = Written("Delivery times", "The delivery takes nine days.")
    articles.edit_article(public_id, theirs, by="", seen_version=1)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("it is now version 2")
    expect(page.locator(".changes del")).to_contain_text("nine days")
    expect(page.locator(".changes ins")).to_contain_text("five days")
    expect(page.get_by_label("Text")).to_have_value("The delivery takes five days.")
    complaints.clear()  # The browser reports the answer 409, which is what was wanted.
    page.get_by_role("button", name="Save all the same").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.get_by_role("link", name="Version 1").click()
    assert fits(page)
    page.get_by_role("button", name="Make it the present one").click()
    expect(page.locator(".article-body strong")).to_have_text("three")
    assert search(QUESTION)[0].version == 4
    assert complaints == []


def test_the_list_is_searched(page: Page, complaints: list[str]) -> None:
    for title in ("Delivery times", "Opening hours"):
        articles.write_article(Written(title, f"About {title}."), by="")
    page.goto("/console/articles")
    page.get_by_label("Search articles").fill("opening")
    if not page.locator("html.scripted").count():  # A script searches while one types.
        page.get_by_label("Search articles").press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=opening"))
    expect(page.get_by_role("link", name="Opening hours")).to_be_visible()
    assert fits(page)
    assert complaints == []
