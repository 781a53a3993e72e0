"""What every HTTP door shares, seen from outside."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, Form, WebSocket
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from runtime import correlation, telemetry, web
from runtime import database as database_module
from runtime.database import transaction
from runtime.errors import DeskfleetError, RateLimited
from runtime.settings import settings

SECRET = "card 4111 1111 1111 1111"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


def an_app(**options: Any) -> FastAPI:  # noqa: C901  # one route for each thing that can happen
    app = FastAPI()
    web.install(app, **options)

    @app.get("/fine/{number}")
    def fine(number: int) -> dict[str, str | int]:
        return {"number": number, "correlation_id": correlation.current()}

    @app.get("/own-policy")
    def own_policy() -> JSONResponse:
        return JSONResponse({}, headers={"Content-Security-Policy": "default-src 'none'"})

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError(SECRET)

    @app.get("/refused/{name}")
    def refused(name: str) -> None:
        if name == "RateLimited":
            raise RateLimited("Wait a moment.", retry_after_s=0.2)
        raise next(kind for kind in web.STATUS if kind.__name__ == name)("In our words.", field="name")

    @app.get("/query")
    def query(parameter: str = "1") -> None:
        with transaction() as session:
            session.execute(text("select cast(:value as text)"), {"value": parameter})

    @app.get("/surrogate")
    def surrogate() -> None:
        query("\ud800")

    @app.get("/pool")
    def pool() -> None:
        raise PoolTimeoutError("QueuePool limit reached")

    @app.post("/json")
    def json(text: Annotated[str, Body(embed=True, max_length=5)]) -> str:
        return text

    @app.post("/strict")
    def strict(body: Strict) -> None:
        del body

    @app.post("/form")
    def form(text: Annotated[str, Form()]) -> str:
        return text

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(correlation.current())

    return app


@pytest.fixture
def client() -> TestClient:
    return TestClient(an_app(), raise_server_exceptions=False)


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where the setting points to."""
    database_module.dispose()
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", "postgresql://postgres:hunter2@127.0.0.1:1/desk")
    settings.cache_clear()
    yield
    database_module.dispose()
    settings.cache_clear()


def assert_problem(response: Response, status: int) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, body["status"]) == (status, status)
    assert body["title"] != "Error"
    assert body["correlation_id"] == response.headers["x-correlation-id"] != ""
    return body


@pytest.mark.parametrize("path", ["/fine/1", "/fine/x", "/nowhere", "/broken", "/refused/Conflict"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_stricter_policy_of_a_page_stays(client: TestClient) -> None:
    assert client.get("/own-policy").headers.get_list("content-security-policy") == ["default-src 'none'"]


def test_a_callers_own_correlation_id_goes_with_the_request(client: TestClient) -> None:
    response = client.get("/fine/1", headers={"X-Correlation-ID": "shop-0001.abc"})
    assert response.json()["correlation_id"] == response.headers["x-correlation-id"] == "shop-0001.abc"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f", 'quote"quote', "línea-12345"])
def test_another_id_is_replaced(client: TestClient, given: str) -> None:
    found = client.get("/fine/1", headers={b"X-Correlation-ID": given.encode()}).headers["x-correlation-id"]
    assert found != given
    assert len(found) == 32


def test_two_requests_have_two_ids_and_a_socket_has_one_too(client: TestClient) -> None:
    first, second = (client.get("/fine/1").headers["x-correlation-id"] for _ in range(2))
    assert first != second
    with client.websocket_connect("/socket", headers={"X-Correlation-ID": "chat-0001"}) as socket:
        assert socket.receive_text() == "chat-0001"
    assert correlation.current() == ""


def test_no_such_page_is_a_problem(client: TestClient) -> None:
    assert assert_problem(client.get("/nowhere"), 404)["title"] == "Not found"


def test_a_wrong_method_is_told_the_right_ones(client: TestClient) -> None:
    response = client.delete("/json")
    assert assert_problem(response, 405)["title"] == "Method not allowed"
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("kind", [kind for kind in web.STATUS if kind is not RateLimited])
def test_our_errors_have_their_status_and_our_words(client: TestClient, kind: type[DeskfleetError]) -> None:
    body = assert_problem(client.get(f"/refused/{kind.__name__}"), web.STATUS[kind])
    assert (body["detail"], body["field"]) == ("In our words.", "name")


def test_who_asks_too_often_is_told_to_wait_a_second_at_least(client: TestClient) -> None:
    response = client.get("/refused/RateLimited")
    assert_problem(response, 429)
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize("body", [{}, {"text": 7}, {"text": "too long"}, []], ids=str)
def test_a_wrong_field_is_named(client: TestClient, body: object) -> None:
    found = assert_problem(client.post("/json", json=body), 422)
    assert found["field"] == "text"
    assert found["detail"].startswith("text: ")


def test_what_is_no_json_is_refused(client: TestClient) -> None:
    response = client.post("/json", content=b"{text", headers={"Content-Type": "application/json"})
    assert assert_problem(response, 422)["field"] == "body"


def test_a_field_named_by_what_no_text_may_hold_is_named_all_the_same(client: TestClient) -> None:
    response = client.post("/strict", content=b'{"\\ud800": 1}', headers={"Content-Type": "application/json"})
    assert_problem(response, 422)


def test_a_failure_of_ours_tells_nothing_but_the_correlation_id(client: TestClient) -> None:
    response = client.get("/broken", headers={"X-Correlation-ID": "shop-0002"})
    assert assert_problem(response, 500)["detail"] == "Something went wrong on our side."
    assert "4111" not in response.text
    assert "RuntimeError" not in response.text
    assert response.headers["x-correlation-id"] == "shop-0002"


def test_a_failure_of_ours_is_counted_with_its_route(client: TestClient) -> None:
    client.get("/broken")
    assert 'route="/broken",status="500"' in telemetry.exposition().decode()


def test_a_value_that_no_database_holds_is_the_callers_mistake(client: TestClient, database: str) -> None:
    assert client.get("/query", params={"parameter": "fine"}).status_code == 200
    assert_problem(client.get("/query", params={"parameter": "a\x00b"}), 422)
    assert_problem(client.get("/surrogate"), 422)


def test_while_the_database_is_away_the_caller_is_asked_to_come_back(
    client: TestClient, database_away: None
) -> None:
    response = client.get("/query")
    assert "Nothing was stored" in assert_problem(response, 503)["detail"]
    assert response.headers["retry-after"] == "2"
    assert "hunter2" not in response.text
    assert "127.0.0.1" not in response.text


def test_when_all_connections_are_taken_the_caller_is_asked_to_come_back(client: TestClient) -> None:
    response = client.get("/pool")
    assert_problem(response, 503)
    assert response.headers["retry-after"] == "2"


@pytest.mark.parametrize("stated", [True, False], ids=["with its length", "without"])
@pytest.mark.parametrize(("path", "kind"), [("/json", "json"), ("/form", "x-www-form-urlencoded")])
def test_a_body_over_the_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, path: str, kind: str, stated: bool
) -> None:
    monkeypatch.setenv("DESKFLEET_MAX_BODY_BYTES", "1000")
    settings.cache_clear()
    body = b'{"text": "' + b"x" * 2_000 + b'"}'
    sent = body if stated else iter([body[:900], body[900:]])
    response = TestClient(an_app(), raise_server_exceptions=False).post(
        path, content=sent, headers={"Content-Type": f"application/{kind}"}
    )
    settings.cache_clear()
    assert assert_problem(response, 413)["detail"] == "The body is larger than 1000 bytes."


@pytest.mark.parametrize("stated", [True, False], ids=["with its length", "without"])
def test_one_path_may_take_larger_bodies_than_the_others(
    monkeypatch: pytest.MonkeyPatch, stated: bool
) -> None:
    monkeypatch.setenv("DESKFLEET_MAX_BODY_BYTES", "1000")
    settings.cache_clear()
    client = TestClient(an_app(larger_bodies={"/form": 5_000}), raise_server_exceptions=False)
    settings.cache_clear()

    def send(path: str, size: int) -> Response:
        body = b"text=" + b"x" * (size - 5)
        sent = body if stated else iter([body[:900], body[900:]])
        return client.post(path, content=sent, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert send("/form", 5_000).status_code == 200
    assert assert_problem(send("/form", 5_001), 413)["detail"] == "The body is larger than 5000 bytes."
    for path in ("/json", "/strict"):
        assert assert_problem(send(path, 1_001), 413)["detail"] == "The body is larger than 1000 bytes."
