"""A visitor's browser: what tests of the chat do and see in it."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from runtime.database import transaction
from tests.ingestion.host_page import HostPage
from tests.samples import a_decision, claimed_case
from tickets import lifecycle
from tickets.contracts import Citation, Status
from tickets.models import Message, Ticket

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def opened(page: Page, url: str) -> Page:
    """A page of the site with the chat open and connected."""
    page.goto(url)
    if not url.endswith("/chat"):
        page.get_by_role("button", name="Open the chat").click()
    expect(page.locator(".state")).to_have_text("Online")
    return page


def opened_on(context: BrowserContext, host: HostPage) -> Page:
    return opened(context.new_page(), host.origin)


def write(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def shown(page: Page) -> list[str]:
    return page.locator(".log .bubble").all_inner_texts()


def all_sent(page: Page, *, within_s: float = 5.0) -> None:
    expect(page.locator(".log .waiting")).to_have_count(0, timeout=within_s * 1000)


def stored_texts() -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(Message.text).order_by(Message.id)))


def agent_says(text: str, *citations: Citation) -> None:
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft=text, citations=citations))


def resolve() -> None:
    with transaction() as session:
        ticket_id = session.scalars(select(Ticket.id).order_by(Ticket.id.desc()).limit(1)).one()
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor="AGENT-1")


def eventually(page: Page, condition: Callable[[], bool]) -> None:
    """Like the one without a browser, but the page goes on meanwhile."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it did not come to pass in time")


def focused(page: Page) -> str:
    """What has the focus: the class or the id of an element of the chat, or the text of one of the page."""
    return str(
        page.evaluate(
            "(() => { const one = document.activeElement; const inner = one.shadowRoot?.activeElement;"
            " return inner ? inner.className || inner.id || inner.name : one.textContent.slice(0, 20); })()"
        )
    )
