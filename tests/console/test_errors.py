"""Errors below /console are pages; everywhere else they stay problem+json."""

import pytest
from fastapi.testclient import TestClient

from runtime.errors import Conflict
from tests.console.desk import Member, console_app, member


@pytest.fixture
def anna(database: str) -> Member:
    return member()


def test_an_unknown_page_is_a_page(anna: Member) -> None:
    response = anna.client.get("/console/nowhere")
    assert response.status_code == 404
    assert "Back to the queue" in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'self'")


def test_outside_the_console_an_error_stays_a_problem(database: str) -> None:
    response = TestClient(console_app(), raise_server_exceptions=False).get("/api/nowhere")
    assert response.headers["content-type"] == "application/problem+json"


def test_a_form_that_lacks_a_field_is_named(anna: Member) -> None:
    response = anna.post("/console/tickets/TKT-20250101-ABCDEFGH/reply", text="x")
    assert response.status_code == 422
    assert "seen_seq" in response.text


def test_an_unexpected_error_is_a_page_without_its_inside(database: str) -> None:
    app = console_app()

    @app.get("/console/broken")
    def broken() -> None:
        raise ZeroDivisionError("inner workings")

    response = TestClient(app, raise_server_exceptions=False).get("/console/broken")
    assert response.status_code == 500
    assert "Something went wrong on our side." in response.text
    assert "inner workings" not in response.text


def test_the_text_of_an_error_is_escaped(database: str) -> None:
    app = console_app()

    @app.get("/console/broken")
    def broken() -> None:
        raise Conflict("<script>alert(1)</script>")

    response = TestClient(app).get("/console/broken")
    assert response.status_code == 409
    assert "<script>alert" not in response.text


def test_what_script_fetches_is_not_led_to_the_login(database: str) -> None:
    client = TestClient(console_app())
    for headers in ({"HX-Request": "true"}, {"Accept": "text/event-stream"}):
        response = client.get("/console/queue/list", headers=headers, follow_redirects=False)
        assert response.status_code == 401


def test_pages_are_kept_by_no_cache(anna: Member) -> None:
    assert anna.client.get("/console/queue").headers["cache-control"] == "no-store"
