"""Every route of the product, asked by nobody, by every role, and by keys with one scope each: as the table says."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from accounts import api_keys, credentials, tokens, users
from accounts.api_keys import NewKey
from accounts.permissions import ROLES, Permission, Role
from console.sessions import COOKIE
from deskfleet.web import create_app
from runtime.database import transaction
from runtime.settings import settings

# What somebody may do without showing who they are: how customers and platforms reach us, and how staff come in.
PUBLIC = re.compile(
    r"/health/.*|/metrics|/|/widget.js|/docs.*|/openapi.json|/webhooks/.*|/help.*|/chat.*|/confirm.*|/rate.*|/auth/token"
    r"|/console/(login|oidc|oidc/callback|invitation|password/(lost|reset))|/api/v1/chat.*"
)
# Whoever is known may: about oneself, or what is looked at within (an approval is only for a person).
KNOWN = {
    ("GET", "/auth/me"),
    ("POST", "/auth/revoke"),
    ("POST", "/auth/password"),
    ("DELETE", "/api/v1/sessions/{session_id}"),
}
# Their permission is asked within the function, after the input was read.
WITHIN = {
    ("GET", "/api/v1/messages/{message_id}/original"): Permission.READ_VAULT,
    ("POST", "/api/v1/tickets"): Permission.CREATE_TICKETS,
}
# Of the console: reading needs `tickets:read` and a form `tickets:work`, but for these.
CONSOLE = {
    r"/console/(users|sessions/all)": Permission.MANAGE_USERS,
    r"/console/keys": Permission.MANAGE_KEYS,
    r"/console/settings": Permission.MANAGE_DESK,
    r"/console/audit": Permission.READ_AUDIT,
    r"/console/figures/(experiments|events).* POST": Permission.MANAGE_DESK,
    r"/console/figures": Permission.READ_FIGURES,
    r"/console/webhooks": Permission.MANAGE_KEYS,
    r"/console/approvals": Permission.APPROVE_ACTIONS,
    r"/console/actions/": Permission.APPROVE_ACTIONS,
    r"/console/messages/{message_id}/original POST": Permission.READ_VAULT,
    r"/console/parked": Permission.WORK_TICKETS,
    r"/console/articles/(new|{public_id}/edit)": Permission.WRITE_KNOWLEDGE,
    r"/console/(articles POST|gaps/.* POST|articles/(?!.*impact).* POST)": Permission.WRITE_KNOWLEDGE,
    r"/console/(articles|gaps|impact)": Permission.READ_KNOWLEDGE,
    r"/console/templates( POST|/)": Permission.WRITE_KNOWLEDGE,
    r"/console/customers/{customer_id}/privacy/erase": Permission.ERASE_CUSTOMERS,
    r"/console/customers": Permission.EXPORT_CUSTOMERS,
    r"/console/new": Permission.WORK_TICKETS,
    r"/console/(logout|theme|sessions|account|queue/saved)": Permission.READ_TICKETS,
}
SAMPLES = {
    "ticket_id": "TKT-20250101-ABCDEFGH", "public_id": "TKT-20250101-ABCDEFGH", "customer_id": "CUST-ABCDEFGH",
    "message_id": "1", "file_id": "FILE-ABCDEFGHJKMNPQRSTVWX", "action_id": "ACT-7Q4K2M9X7Q4K2M9X",
    "key_id": "KEY-9999", "user_id": "AGENT-ZZZZZZZZ", "session_id": "SES-0000000000000000", "mail_id": "1",
    "alert_id": "ALERT-ABCDEFGH", "saved_id": "1", "language": "en", "version": "1",
    "number": "1", "event_id": "1", "move": "stop",
}  # fmt: skip
BODIES: dict[str, Any] = {"/api/v1/tickets": {"description": "Where is it?"}}
# An endless stream, and the end of the very session that asks.
NOT_ASKED = {"/console/live", "/console/logout", "/auth/revoke"}
# Refused to keys whatever their scopes: what waits for staff waits for a person.
PEOPLE_ALONE = re.compile(r"/api/v1/actions/\{action_id\}/(approve|decline)")

Route = tuple[str, str]


@pytest.fixture
def app(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    monkeypatch.setenv("DESKFLEET_RATE_PER_MINUTE", "1000000")
    settings.cache_clear()
    yield create_app()
    settings.cache_clear()


def declared(route: RouteContext) -> Permission | None:
    """The permission that the route's dependencies ask for."""
    waiting = list(route.original_route.dependant.dependencies)  # type: ignore[attr-defined]  # of an APIRoute
    while waiting:
        one = waiting.pop()
        if found := getattr(one.call, "permission", None):
            return Permission(found)
        waiting += one.dependencies
    return None


def needed(app: FastAPI) -> dict[Route, Permission | None]:
    """Of every route that is not public; None: whoever is known may."""
    found: dict[Route, Permission | None] = {}
    unknown = undeclared(app)
    routes = [one for one in iter_route_contexts(app.routes) if isinstance(one.original_route, APIRoute)]
    for route in routes:
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            path = route.path or ""
            if not PUBLIC.fullmatch(path) and (method, path) not in unknown:
                found[method, path] = _needed_by(route, method, path)
    return found


def _needed_by(route: RouteContext, method: str, path: str) -> Permission | None:
    if path.startswith("/console"):
        return of_console(method, path)
    if (method, path) in KNOWN:
        return None
    return WITHIN.get((method, path)) or declared(route)


def undeclared(app: FastAPI) -> set[Route]:
    """Neither public by the list above, nor with a permission."""
    return {
        (method, route.path or "")
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute)
        for method in route.methods or ()
        if not PUBLIC.fullmatch(route.path or "") and not (route.path or "").startswith("/console")
        if (method, route.path) not in KNOWN and (method, route.path) not in WITHIN and not declared(route)
    }


def of_console(method: str, path: str) -> Permission:
    named = (permission for form, permission in CONSOLE.items() if re.match(form, f"{path} {method}"))
    return next(named, Permission.WORK_TICKETS if method == "POST" else Permission.READ_TICKETS)


def ask(client: TestClient, route: Route, **fields: str) -> int:
    method, path = route
    address = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: SAMPLES.get(found[1], "1"), path)
    body: dict[str, Any] = {"data": fields} if fields else {"json": BODIES.get(path, {})}
    return client.request(
        method, address, follow_redirects=False, **({} if method == "GET" else body)
    ).status_code


def test_there_are_routes_to_walk(app: FastAPI) -> None:
    found = needed(app)
    assert len([path for _method, path in found if path.startswith("/api/")]) > 35
    assert len([path for _method, path in found if path.startswith("/console")]) > 50
    assert {permission for permission in found.values() if permission} >= {
        Permission.MANAGE_USERS, Permission.MANAGE_KEYS, Permission.READ_AUDIT, Permission.ERASE_CUSTOMERS,
        Permission.EXPORT_CUSTOMERS, Permission.APPROVE_ACTIONS, Permission.WORK_TICKETS,
    }  # fmt: skip


def test_every_route_says_what_it_needs_or_is_listed_as_public(app: FastAPI) -> None:
    assert undeclared(app) == set()


def test_nobody_gets_in_anywhere(app: FastAPI) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    let_in = {}
    for route in needed(app):
        status = ask(client, route)
        if status != (303 if route[1].startswith("/console") else 401):
            let_in[route] = status
    assert let_in == {}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_over_rest_what_the_table_says_and_nothing_else(app: FastAPI, role: Role) -> None:
    with transaction() as session:
        user = users.create_user(session, "bob@example.com", name="Bob", role=role, password="correct horse")
        token = tokens.start(session, user).access_token
    client = TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {token}"})
    wrong = _wrong(client, app, may=ROLES[role], prefix=("/api/", "/auth/"))
    assert wrong == {}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_in_the_console_what_the_table_says_and_nothing_else(app: FastAPI, role: Role) -> None:
    with transaction() as session:
        user = users.create_user(session, "bob@example.com", name="Bob", role=role, password="correct horse")
        secret = credentials.start_session(session, user)
    client = TestClient(app, raise_server_exceptions=False, cookies={COOKIE: secret})
    csrf = credentials.csrf_token(secret)
    assert _wrong(client, app, may=ROLES[role], prefix=("/console",), csrf=csrf) == {}


@pytest.mark.parametrize("scope", Permission)
def test_a_key_may_do_what_its_scope_says_and_nothing_else(app: FastAPI, scope: Permission) -> None:
    with transaction() as session:
        made = api_keys.create(session, NewKey("shop", [str(scope)]), by="command")
    client = TestClient(app, raise_server_exceptions=False, headers={"X-API-Key": made.secret})
    wrong = _wrong(client, app, may={scope}, prefix=("/api/",))
    assert {route for route in wrong if not PEOPLE_ALONE.fullmatch(route[1])} == set()


def _wrong(
    client: TestClient, app: FastAPI, *, may: Any, prefix: tuple[str, ...], **fields: str
) -> dict[Route, tuple[int, str]]:
    """Routes that answer otherwise than the table says, with the status and the permission."""
    wrong = {}
    for route, permission in needed(app).items():
        if not route[1].startswith(prefix) or route[1] in NOT_ASKED:
            continue
        status = ask(client, route, **fields)
        is_refused = status in (401, 403)
        # A forecast that is not made yet is a 503.
        if is_refused == (permission is None or permission in may) or status in (500, 502, 504):
            wrong[route] = (status, str(permission))
    return wrong


def test_a_form_without_its_token_changes_nothing_for_anybody(app: FastAPI) -> None:
    with transaction() as session:
        user = users.create_user(
            session, "bob@example.com", name="Bob", role=Role.ADMIN, password="correct horse"
        )
        secret = credentials.start_session(session, user)
    client = TestClient(app, raise_server_exceptions=False, cookies={COOKIE: secret})
    forms = [route for route in needed(app) if route[0] == "POST" and route[1].startswith("/console")]
    answers = {
        (route, token): ask(client, route, csrf=token) for route, token in product(forms, ["x", "0" * 64])
    }
    assert len(forms) > 20
    assert {one: status for one, status in answers.items() if status != 403} == {}
