"""The doors' dependencies: who is asking, and how often."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from accounts import credentials
from accounts.access import allowed
from accounts.permissions import Permission, Principal, Role
from runtime import web
from runtime.database import transaction
from runtime.settings import settings
from tests.accounts.staff import a_token, a_user


@pytest.fixture
def app(database: str) -> FastAPI:
    app = FastAPI()
    web.install(app)

    @app.get("/name")
    def name(asking: Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]) -> str:
        return asking.name

    return app


def browser(app: FastAPI, *, address: str = "203.0.113.7", **headers: str) -> TestClient:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return TestClient(app, client=(address, 50_000), headers=named, raise_server_exceptions=False)


def a_key(scope: Permission = Permission.READ_TICKETS) -> str:
    with transaction() as session:
        return credentials.create_api_key(session, "shop", scopes=[str(scope)])


def limited_to(requests: int, monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    monkeypatch.setenv("DESKFLEET_RATE_PER_MINUTE", str(requests))
    for name, value in changes.items():
        monkeypatch.setenv(f"DESKFLEET_{name}", value)
    settings.cache_clear()


@pytest.mark.parametrize("form", ["Bearer {}", "bearer  {}", "BEARER {} "])
def test_a_key_is_a_bearer_secret(app: FastAPI, form: str) -> None:
    response = browser(app, Authorization=form.format(a_key())).get("/name")
    assert (response.status_code, response.json()) == (200, "shop")


def test_a_key_has_a_header_of_its_own_too(app: FastAPI) -> None:
    assert browser(app, X_API_Key=a_key()).get("/name").json() == "shop"


def test_a_token_names_its_user(app: FastAPI) -> None:
    token = a_token(a_user(role=Role.READONLY))
    assert browser(app, Authorization=f"Bearer {token}").get("/name").json() == "Anna"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}])
def test_nobody_is_told_how_to_come_in(app: FastAPI, headers: dict[str, str]) -> None:
    response = browser(app, **headers).get("/name")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert "X-API-Key" in response.json()["detail"]


def test_a_key_without_the_scope_is_refused_by_name(app: FastAPI) -> None:
    response = browser(app, X_API_Key=a_key(Permission.CREATE_TICKETS)).get("/name")
    assert response.status_code == 403
    assert response.json()["detail"] == "shop may not do this: it needs tickets:read."


def test_an_address_that_asks_too_often_is_told_when_to_come_back(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited_to(2, monkeypatch)
    key = a_key()
    stranger = browser(app, address="203.0.113.8", X_API_Key=key)
    codes = [stranger.get("/name").status_code for _ in range(2)]
    refused = stranger.get("/name")
    assert [*codes, refused.status_code] == [200, 200, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert browser(app, address="203.0.113.9", X_API_Key=key).get("/name").status_code == 200


def test_guessing_keys_is_slowed_as_well(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    limited_to(2, monkeypatch)
    stranger = browser(app, X_API_Key="dfk_guess")
    assert [stranger.get("/name").status_code for _ in range(3)] == [401, 401, 429]


def test_addresses_on_the_allow_list_have_no_limit(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    limited_to(1, monkeypatch, RATE_ALLOW="127.0.0.1, 203.0.113.7")
    friend = browser(app, X_API_Key=a_key())
    assert {friend.get("/name").status_code for _ in range(3)} == {200}


def test_behind_a_trusted_proxy_each_caller_has_a_limit_of_its_own(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited_to(1, monkeypatch, TRUSTED_PROXIES="10.0.0.1, 10.0.0.2")
    key = a_key()
    codes = [
        browser(app, address="10.0.0.2", X_API_Key=key, X_Forwarded_For=f"1.1.1.1, {caller}")
        .get("/name")
        .status_code
        for caller in ("203.0.113.1", "203.0.113.2", "203.0.113.1")
    ]
    assert codes == [200, 200, 429]


def test_a_network_of_proxies_is_trusted_as_a_whole(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    limited_to(1, monkeypatch, TRUSTED_PROXIES="192.0.2.1, 10.0.0.0/16")
    key = a_key()

    def code(proxy: str, caller: str) -> int:
        return browser(app, address=proxy, X_API_Key=key, X_Forwarded_For=caller).get("/name").status_code

    assert [code("10.0.3.4", "203.0.113.1"), code("10.0.9.9", "203.0.113.2")] == [200, 200]
    assert [code("10.1.0.1", "203.0.113.3"), code("10.1.0.1", "203.0.113.4")] == [200, 429]


def test_a_strangers_word_about_its_address_does_not_count(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited_to(1, monkeypatch)
    key = a_key()
    codes = [
        browser(app, X_API_Key=key, X_Forwarded_For=f"198.51.100.{number}").get("/name").status_code
        for number in range(2)
    ]
    assert codes == [200, 429]
