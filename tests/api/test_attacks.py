"""What somebody who wants in tries at the doors of the whole product: forged tokens, others' ids, planted sessions."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from accounts import access, credentials, tokens, users
from accounts.permissions import Permission, Role
from accounts.users import principal_of
from console.sessions import COOKIE
from deskfleet.web import create_app
from runtime.data_folder import secret_key
from runtime.database import transaction
from tests.api.whole_desk import PASSWORD, client, key, program, staff
from tests.jobs import CollectedJobs


@pytest.fixture
def app(run_jobs: CollectedJobs) -> FastAPI:
    return create_app()


def bobs(role: Role = Role.AGENT) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A good token of Bob, with its claims and its header."""
    with transaction() as session:
        user = users.create_user(session, "bob@example.com", name="Bob", role=role, password=PASSWORD)
        token = tokens.start(session, user).access_token
    header = dict(jwt.get_unverified_header(token))
    return token, dict(jwt.decode(token, options={"verify_signature": False})), header


def status_of(app: FastAPI, token: str) -> int:
    return client(app, Authorization=f"Bearer {token}").get("/api/v1/tickets").status_code


PAST = datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-api"}, {"aud": ["deskfleet-web"]}, {"exp": PAST}, {"sub": "AGENT-00000000"},
        {"sid": "SES-0000000000000000"}, {"aud": None}, {"exp": None}, {"sid": None}, {"sub": None},
    ],
)  # fmt: skip
def test_a_token_signed_rightly_that_says_something_else_opens_nothing(
    app: FastAPI, changes: Mapping[str, Any]
) -> None:
    token, claims, header = bobs()
    assert status_of(app, token) == 200
    own = tokens.signing_key(secret_key())
    other = {name: value for name, value in (claims | dict(changes)).items() if value is not None}
    forged = jwt.encode(other, own, algorithm="HS256", headers={"kid": header["kid"]})
    assert status_of(app, forged) == 401


@pytest.mark.parametrize(
    ("algorithm", "secret"), [("none", ""), ("HS256", "x" * 64), ("HS384", "own"), ("HS512", "own")]
)
@pytest.mark.parametrize("kid", ["own", "", "0" * 16, "../../etc/passwd", "' or 1=1 --"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_that_we_did_not_sign_opens_nothing(
    app: FastAPI, algorithm: str, secret: str, kid: str
) -> None:
    _token, claims, header = bobs(Role.ADMIN)
    signing = tokens.signing_key(secret_key()) if secret == "own" else secret.encode()
    headers = {"kid": header["kid"] if kid == "own" else kid}
    forged = jwt.encode(claims, signing or None, algorithm=algorithm, headers=headers)  # type: ignore[arg-type]  # none has no key
    assert status_of(app, forged) == 401


def test_a_changed_or_cut_token_opens_nothing(app: FastAPI) -> None:
    token, _claims, _header = bobs()
    head, body, signature = token.split(".")
    for forged in (
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}..{signature}",
        f".{body}.{signature}",
        token[:-2],
    ):
        assert status_of(app, forged) == 401


def test_a_role_is_not_taken_from_the_token(app: FastAPI) -> None:
    token, claims, header = bobs(Role.READONLY)
    own = tokens.signing_key(secret_key())
    more = claims | {"role": "admin", "permissions": [str(one) for one in Permission]}
    forged = jwt.encode(more, own, algorithm="HS256", headers={"kid": header["kid"]})
    assert client(app, Authorization=f"Bearer {forged}").get("/api/v1/users").status_code == 403
    assert token != forged


@pytest.mark.parametrize("change", ["expires_at = now() - interval '1 s'", "revoked_at = now()"])
def test_a_key_that_is_over_opens_nothing(app: FastAPI, change: str) -> None:
    secret = key([Permission.READ_TICKETS])
    asking = client(app, **{"X-API-Key": secret})
    assert asking.get("/api/v1/tickets").status_code == 200
    with transaction() as session:
        session.execute(text(f"update api_keys set {change}"))
    access.forget()
    assert asking.get("/api/v1/tickets").status_code == 401


def test_a_key_gives_itself_no_further_scope(app: FastAPI) -> None:
    robot = program(Permission.MANAGE_KEYS, app=app)
    wanted = {"name": "more", "scopes": ["customers:erase"]}
    assert robot.post("/api/v1/keys", json=wanted).status_code == 403
    carol = staff(app=app)
    strong = carol.post("/api/v1/keys", json=wanted).json()
    rotated = robot.post(f"/api/v1/keys/{strong['key_id']}/rotate", json={"overlap_hours": 0})
    assert (rotated.status_code, "secret" in rotated.json()) == (403, False)


def test_guessed_ids_of_others_are_as_if_they_were_not_there(app: FastAPI) -> None:
    bob, eve = staff(Role.AGENT, app=app, name="Bob"), staff(Role.AGENT, app=app, name="Eve")
    view = bob.post("/api/v1/views", json={"name": "Mine", "query": "view=mine"}).json()["view_id"]
    [session_id] = [one["session_id"] for one in bob.get("/api/v1/sessions").json()["sessions"]]
    nobody = eve.delete("/api/v1/sessions/SES-0000000000000000")
    refused = eve.delete(f"/api/v1/sessions/{session_id}")
    assert refused.status_code == nobody.status_code == 404
    assert refused.json()["detail"].replace(session_id, "") == nobody.json()["detail"].replace(
        "SES-0000000000000000", ""
    )
    eve.delete(f"/api/v1/views/{view}")
    assert [one["view_id"] for one in bob.get("/api/v1/views").json()["views"]] == [view]
    assert bob.get("/api/v1/sessions").status_code == 200


def test_a_file_that_another_program_uploaded_is_not_sent_with_a_message(app: FastAPI) -> None:
    scopes = (Permission.CREATE_TICKETS, Permission.READ_TICKETS)
    first = program(*scopes, app=app)
    second = client(app, **{"X-API-Key": key(scopes)})
    uploaded = first.post("/api/v1/files", files={"file": ("a.txt", b"secret of the first", "text/plain")})
    assert uploaded.status_code == 201
    [file_id] = [one["file_id"] for one in uploaded.json()]
    wanted = {"description": "Read this.", "customer_email": "eve@example.com", "attachments": [file_id]}
    stolen = second.post("/api/v1/tickets", json=wanted)
    assert stolen.status_code in (404, 422)
    assert second.get(f"/api/v1/files/{file_id}").status_code == 404


def login(browser: TestClient) -> Any:
    page = browser.get("/console/login")
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', page.text)[0]
    form = {"csrf": csrf, "email": "bob@example.com", "password": PASSWORD}
    return browser.post("/console/login", data=form, follow_redirects=False)


def opens(app: FastAPI, cookie: str) -> bool:
    browser = TestClient(app, cookies={COOKIE: cookie}, raise_server_exceptions=False)
    return browser.get("/console/queue", follow_redirects=False).status_code == 200


def test_a_cookie_that_was_planted_before_the_login_is_not_the_session(app: FastAPI) -> None:
    bobs()
    planted = "planted-by-somebody-else"
    entered = login(TestClient(app, cookies={COOKIE: planted}, raise_server_exceptions=False))
    assert entered.status_code == 303
    assert entered.cookies[COOKIE] != planted
    assert (opens(app, planted), opens(app, entered.cookies[COOKIE])) == (False, True)


def test_each_login_has_a_secret_of_its_own_and_its_cookie_is_out_of_reach_of_script(app: FastAPI) -> None:
    bobs()
    first, second = (login(TestClient(app, raise_server_exceptions=False)) for _ in range(2))
    assert first.cookies[COOKIE] != second.cookies[COOKIE]
    [said] = [one for one in first.headers.get_list("set-cookie") if one.startswith(COOKIE)]
    assert {"HttpOnly", "SameSite=lax", "Path=/console"} <= set(said.split("; "))


def test_after_the_logout_the_cookie_opens_nothing(app: FastAPI) -> None:
    with transaction() as session:
        user = users.create_user(session, "bob@example.com", name="Bob", role=Role.AGENT, password=PASSWORD)
        secret = credentials.start_session(session, user)
        assert credentials.by_session(session, secret) == principal_of(user)
    browser = TestClient(app, cookies={COOKIE: secret}, raise_server_exceptions=False)
    form = {"csrf": credentials.csrf_token(secret)}
    assert browser.post("/console/logout", data=form, follow_redirects=False).status_code == 303
    assert not opens(app, secret)


def test_a_revoked_token_opens_nothing_and_is_not_refreshed(app: FastAPI) -> None:
    bobs()
    browser = client(app)
    form = {"username": "bob@example.com", "password": PASSWORD}
    pair = browser.post("/auth/token", data=form).json()
    asking = client(app, Authorization=f"Bearer {pair['access_token']}")
    assert asking.post("/auth/revoke").status_code == 204
    assert asking.get("/auth/me").status_code == 401
    again = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert browser.post("/auth/token", data=again).status_code == 401


def test_a_form_with_the_token_of_another_session_or_none_is_refused(app: FastAPI) -> None:
    with transaction() as session:
        user = users.create_user(session, "bob@example.com", name="Bob", role=Role.ADMIN, password=PASSWORD)
        mine, other = (credentials.start_session(session, user) for _ in range(2))
    browser = TestClient(app, cookies={COOKIE: mine}, raise_server_exceptions=False)
    for path in ("/console/users/invite", "/console/keys", "/console/account/password", "/console/logout"):
        for form in ({}, {"csrf": ""}, {"csrf": credentials.csrf_token(other)}):
            assert browser.post(path, data=form, follow_redirects=False).status_code == 403, path
    assert opens(app, mine)
