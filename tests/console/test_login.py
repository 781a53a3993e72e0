"""Logging in and out as a browser does it."""

import re

import pytest
from fastapi.testclient import TestClient

from accounts import users
from accounts.permissions import Role
from console.sessions import COOKIE
from runtime import limits
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import PASSWORD, console_app, member


@pytest.fixture
def browser(database: str) -> TestClient:
    with transaction() as session:
        users.create_user(session, "carol@example.com", name="Carol", role=Role.AGENT, password=PASSWORD)
    limits.forget()
    return TestClient(console_app(), raise_server_exceptions=False)


def token_of(html: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', html)
    assert found
    return found[1]


def log_in(
    browser: TestClient, password: str = PASSWORD, email: str = "carol@example.com", **fields: str
) -> tuple[int, str, str]:
    """Status, where it leads, and the page."""
    form = {
        "csrf": token_of(browser.get("/console/login").text),
        "email": email,
        "password": password,
        **fields,
    }
    response = browser.post("/console/login", data=form, follow_redirects=False)
    return response.status_code, response.headers.get("location", ""), response.text


def test_the_right_password_opens_the_queue(browser: TestClient) -> None:
    assert log_in(browser)[:2] == (303, "/console/queue")
    assert browser.get("/console/queue").status_code == 200


def test_the_session_cookie_is_hidden_from_script_and_other_sites(browser: TestClient) -> None:
    form = {
        "csrf": token_of(browser.get("/console/login").text),
        "email": "carol@example.com",
        "password": PASSWORD,
    }
    response = browser.post("/console/login", data=form, follow_redirects=False)
    [cookie] = [value for value in response.headers.get_list("set-cookie") if value.startswith(COOKIE)]
    assert {"HttpOnly", "SameSite=lax", "Path=/console"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie


def test_cookies_are_secure_when_the_setting_says_so(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_COOKIE_SECURE", "true")
    settings.cache_clear()
    assert "Secure" in browser.get("/console/login").headers["set-cookie"]


def test_a_wrong_password_says_so_and_keeps_the_address(browser: TestClient) -> None:
    status, _, page = log_in(browser, "not the password at all")
    assert status == 401
    assert "The mail address or the password is wrong." in page
    assert 'value="carol@example.com"' in page
    assert "not the password" not in page


def test_odd_characters_are_a_wrong_password_too(browser: TestClient) -> None:
    assert log_in(browser, "pass\x00word\ud7ff", email="anna\x00@example.com\u202e")[0] == 401


def test_guessing_is_slowed_down_and_told_how_long_to_wait(browser: TestClient) -> None:
    for _ in range(10):
        limits.take("login:carol@example.com", per_minute=10)
    status, _, page = log_in(browser)
    assert status == 429
    assert re.search(r"Too many attempts\. Wait \d+ seconds", page)
    assert COOKIE not in browser.cookies


def test_a_login_form_of_another_site_is_refused(browser: TestClient) -> None:
    browser.get("/console/login")
    form = {"csrf": "0" * 64, "email": "carol@example.com", "password": PASSWORD}
    response = browser.post("/console/login", data=form)
    assert response.status_code == 403
    assert COOKIE not in browser.cookies


def test_a_login_leads_to_no_other_site(browser: TestClient) -> None:
    assert log_in(browser, next="https://evil.example/console/queue")[:2] == (303, "/console/queue")


def test_a_login_leads_back_to_the_page_that_was_wanted(browser: TestClient) -> None:
    response = browser.get("/console/queue?view=mine&q=late", follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "/console/login?next=%2Fconsole%2Fqueue%3Fview%3Dmine%26q%3Dlate"
    assert log_in(browser, next="/console/queue?view=mine&q=late")[1] == "/console/queue?view=mine&q=late"


def test_logging_out_ends_the_session_everywhere(database: str) -> None:
    anna = member()
    secret = anna.client.cookies[COOKIE]
    assert anna.post("/console/logout").headers["location"] == "/console/login"
    stolen = TestClient(console_app(), cookies={COOKIE: secret})
    assert stolen.get("/console/queue", follow_redirects=False).status_code == 303


def test_logging_out_needs_the_form_of_the_page(database: str) -> None:
    anna = member()
    assert anna.client.post("/console/logout", data={"csrf": "made up"}).status_code == 403
    assert anna.client.get("/console/queue").status_code == 200


def test_the_chosen_theme_is_remembered(database: str) -> None:
    anna = member()
    assert "data-theme=" not in anna.client.get("/console/queue").text
    assert anna.post("/console/theme", theme="dark", next="/console/queue?view=all").headers["location"] == (
        "/console/queue?view=all"
    )
    assert '<html lang="en" data-theme="dark">' in anna.client.get("/console/queue").text
