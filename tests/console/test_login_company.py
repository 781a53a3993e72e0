"""Login by the company's provider, as a browser goes through it; and what a forged answer gets."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from accounts import audit, oidc, users
from accounts.models import User
from accounts.permissions import Role
from runtime import limits
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import PASSWORD, console_app
from tests.servers.oidc import Provider, running


@pytest.fixture
def provider(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with running() as provider:
        monkeypatch.setenv("DESKFLEET_OIDC_ISSUER", provider.url)
        monkeypatch.setenv("DESKFLEET_OIDC_CLIENT_ID", provider.client_id)
        monkeypatch.setenv("DESKFLEET_OIDC_CLIENT_SECRET", provider.client_secret)
        monkeypatch.setenv("DESKFLEET_PUBLIC_URL", "http://testserver")
        settings.cache_clear()
        oidc.forget()
        yield provider
    oidc.forget()


@pytest.fixture
def browser(provider: Provider) -> TestClient:
    return TestClient(console_app(), raise_server_exceptions=False)


def bob() -> User:
    with transaction() as session:
        return users.create_user(session, "bob@example.com", name="Bob", role=Role.MANAGER, password=PASSWORD)


def go(browser: TestClient, wanted: str = "/console/articles") -> tuple[int, str, str]:
    """There and back: status, where it leads, and the page."""
    limits.forget()
    left = browser.get("/console/oidc", params={"next": wanted}, follow_redirects=False)
    assert left.status_code == 303
    at_provider = httpx.get(left.headers["location"])
    return back(browser, at_provider.headers["location"])


def back(browser: TestClient, address: str) -> tuple[int, str, str]:
    parts = urlsplit(address)
    response = browser.get(f"{parts.path}?{parts.query}", follow_redirects=False)
    return response.status_code, response.headers.get("location", ""), response.text


def test_whoever_the_provider_vouches_for_is_in_and_at_the_page_that_was_wanted(browser: TestClient) -> None:
    me = bob()
    assert go(browser)[:2] == (303, "/console/articles")
    assert browser.get("/console/queue").status_code == 200
    with transaction() as session:
        user = session.scalars(select(User)).one()
        [entry] = audit.entries(session, actor=me.public_id)
    assert (user.oidc_subject or "").endswith("|u-1")
    assert (entry.action, entry.data) == ("login.succeeded", {"by": "oidc"})


def test_the_login_page_offers_it_and_only_where_it_is_on(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'href="/console/oidc?next=' in browser.get("/console/login").text
    monkeypatch.setenv("DESKFLEET_OIDC_ISSUER", "")
    settings.cache_clear()
    assert "/console/oidc" not in browser.get("/console/login").text
    assert browser.get("/console/oidc", follow_redirects=False).status_code == 404


def test_who_came_once_is_known_by_the_subject_though_the_address_changes(
    browser: TestClient, provider: Provider
) -> None:
    bob()
    go(browser)
    provider.person["email"] = "robert@example.com"
    assert go(browser)[0] == 303


def test_another_subject_with_the_same_address_does_not_get_the_account(
    browser: TestClient, provider: Provider
) -> None:
    bob()
    go(browser)
    provider.person["sub"] = "u-2"
    status, _where, page = go(browser)
    assert status == 403
    assert "may not log in here" in page


def test_a_stranger_gets_in_only_where_the_settings_say_so(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _where, page = go(browser)
    assert (status, "There is no account for you here" in page) == (403, True)
    monkeypatch.setenv("DESKFLEET_OIDC_NEW_ACCOUNTS", "agent")
    settings.cache_clear()
    assert go(browser)[0] == 303
    with transaction() as session:
        user = session.scalars(select(User)).one()
    assert (user.email, user.role, user.password_hash) == ("bob@example.com", "agent", "")


def test_a_closed_account_stays_closed(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_OIDC_NEW_ACCOUNTS", "agent")
    settings.cache_clear()
    bob()
    with transaction() as session:
        users.create_user(session, "carol@example.com", name="Carol", role=Role.ADMIN, password=PASSWORD)
        users.disable_user(session, "bob@example.com")
    assert go(browser)[0] == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_together_opens_nothing(
    browser: TestClient, provider: Provider, changes: dict[str, object]
) -> None:
    bob()
    provider.changes = changes
    assert go(browser)[0] == 403
    assert browser.get("/console/queue", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_a_token_signed_otherwise_opens_nothing(
    browser: TestClient, provider: Provider, algorithm: str
) -> None:
    bob()
    provider.algorithm = algorithm
    assert go(browser)[0] == 403


def test_a_new_key_of_the_provider_is_fetched(browser: TestClient, provider: Provider) -> None:
    bob()
    assert go(browser)[0] == 303
    provider.change_key()
    assert go(browser)[0] == 303


def test_an_answer_for_another_browser_or_a_second_time_opens_nothing(
    browser: TestClient, provider: Provider
) -> None:
    bob()
    left = browser.get("/console/oidc", follow_redirects=False)
    answer = httpx.get(left.headers["location"]).headers["location"]
    victim = TestClient(console_app(), raise_server_exceptions=False)
    assert back(victim, answer)[0] == 403
    assert back(browser, answer)[0] == 303
    assert back(browser, answer)[0] == 403


def test_it_leads_to_our_own_pages_alone(browser: TestClient) -> None:
    bob()
    assert go(browser, "https://evil.example/console/queue")[1] == "/console/queue"


def test_a_provider_that_is_down_is_told(browser: TestClient, provider: Provider) -> None:
    provider.is_down = True
    response = browser.get("/console/oidc", follow_redirects=False)
    assert response.status_code == 503
    assert "does not answer" in response.text


def test_what_is_sent_to_the_provider_holds_no_secret(browser: TestClient, provider: Provider) -> None:
    left = browser.get("/console/oidc", follow_redirects=False)
    asked = parse_qs(urlsplit(left.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert provider.client_secret not in left.headers["location"]
