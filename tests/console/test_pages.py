"""The console as a whole."""

import re

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from console import actions, files, live, login, originals, parked, queue, ticket
from tests.console.desk import Member, console_app, escalated, member

OPEN = {"/login"}
ROUTES = [
    (method, route.path)
    for part in (actions, files, live, login, originals, parked, queue, ticket)
    for route in part.router.routes
    if isinstance(route, APIRoute) and route.path not in OPEN
    for method in sorted(route.methods or ())
]


@pytest.fixture
def anna(database: str) -> Member:
    return member()


@pytest.mark.parametrize("path", ["/console", "/console/"])
def test_the_console_opens_at_the_queue(anna: Member, path: str) -> None:
    assert anna.client.get(path, follow_redirects=False).headers["location"] == "/console/queue"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_asks_who_is_there(database: str, method: str, path: str) -> None:
    ids = {
        "public_id": "TKT-20250101-ABCDEFGH",
        "file_id": "FILE-ABCDEFGHJKMNPQRSTVWX",
        "message_id": 1,
        "mail_id": 1,
    }
    address = "/console" + path.format_map(ids)
    response = TestClient(console_app()).request(method, address, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/console/login?next=")


def test_the_routes_are_found() -> None:
    assert ("POST", "/tickets/{public_id}/reply") in ROUTES
    assert ("GET", "/live") in ROUTES
    assert ("POST", "/messages/{message_id}/original") in ROUTES


def test_every_form_that_changes_something_carries_the_token(anna: Member) -> None:
    for address in ("/console/queue", f"/console/tickets/{escalated()}"):
        forms = re.findall(r'<form[^>]*method="post".*?</form>', anna.client.get(address).text, re.DOTALL)
        assert forms
        assert all(f'name="csrf" value="{anna.csrf}"' in form for form in forms)
