"""Accounts, invitations and logins over REST."""

from urllib.parse import parse_qs, urlsplit

from accounts.permissions import Permission, Role
from deskfleet.web import create_app
from tests.api.whole_desk import PASSWORD, client, program, staff


def test_a_colleague_is_invited_promoted_and_let_go(database: str) -> None:
    app = create_app()
    carol = staff(app=app)
    invited = carol.post("/api/v1/users/invitations", json={"email": "Bob@example.com", "role": "agent"})
    assert (invited.status_code, invited.json()["email"]) == (201, "bob@example.com")
    link = urlsplit(invited.json()["link"])
    browser = client(app)
    page = browser.get(f"{link.path}?{link.query}")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": csrf, "token": parse_qs(link.query)["token"][0], "name": "Bob", "password": PASSWORD}
    assert browser.post("/console/invitation", data=form, follow_redirects=False).status_code == 303
    assert browser.get("/console/queue").status_code == 200
    bob = next(one for one in carol.get("/api/v1/users").json()["users"] if one["name"] == "Bob")
    assert (
        carol.put(f"/api/v1/users/{bob['user_id']}/role", json={"role": "manager"}).json()["role"]
        == "manager"
    )
    assert carol.delete(f"/api/v1/users/{bob['user_id']}").status_code == 204
    assert browser.get("/console/queue", follow_redirects=False).status_code == 303
    assert carol.delete(f"/api/v1/users/{bob['user_id']}").status_code == 404


def test_a_key_that_manages_users_makes_no_admin(database: str) -> None:
    robot = program(Permission.MANAGE_USERS)
    staff(name="Bob", role=Role.AGENT)
    invitation = {"email": "eve@example.com", "role": "admin"}
    assert robot.post("/api/v1/users/invitations", json=invitation).status_code == 403
    bob = robot.get("/api/v1/users").json()["users"][0]["user_id"]
    assert robot.put(f"/api/v1/users/{bob}/role", json={"role": "admin"}).status_code == 403


def test_logins_are_ones_own_unless_one_manages_users(database: str) -> None:
    app = create_app()
    bob, carol = staff(Role.AGENT, app=app, name="Bob"), staff(app=app)
    [mine] = bob.get("/api/v1/sessions").json()["sessions"]
    assert mine["kind"] == "token"
    assert bob.get("/api/v1/sessions?all=true").status_code == 403
    every = carol.get("/api/v1/sessions?all=true").json()["sessions"]
    assert len(every) == 2
    [hers] = [one["session_id"] for one in every if one != mine and one["user_id"] != mine["user_id"]]
    assert bob.delete(f"/api/v1/sessions/{hers}").status_code == 404
    assert carol.delete(f"/api/v1/sessions/{mine['session_id']}").status_code == 204
    assert bob.get("/api/v1/sessions").status_code == 401


def test_tokens_over_http_from_the_password_to_the_end(database: str) -> None:
    app = create_app()
    staff(Role.AGENT, app=app, name="Bob")
    browser = client(app)
    form = {"username": "bob@example.com", "password": PASSWORD}
    first = browser.post("/auth/token", data=form).json()
    renewal = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = browser.post("/auth/token", data=renewal).json()
    mine = {"Authorization": f"Bearer {second['access_token']}"}
    me = browser.get("/auth/me", headers=mine).json()
    assert (me["name"], "tickets:work" in me["permissions"], "users:manage" in me["permissions"]) == (
        "Bob", True, False,
    )  # fmt: skip
    assert browser.post("/auth/revoke", headers=mine).status_code == 204
    assert browser.get("/auth/me", headers=mine).status_code == 401
    renewal["refresh_token"] = second["refresh_token"]
    assert browser.post("/auth/token", data=renewal).status_code == 401
    assert browser.post("/auth/token", data={"username": "bob@example.com"}).status_code == 422
    assert browser.post("/auth/token", data=form | {"grant_type": "implicit"}).status_code == 422


def test_a_changed_password_ends_every_login_and_gives_a_new_pair(database: str) -> None:
    app = create_app()
    bob = staff(Role.AGENT, app=app, name="Bob")
    wrong = {"old_password": "wrong horse battery", "new_password": "another horse battery"}
    refused = bob.post("/auth/password", json=wrong)
    assert (refused.status_code, refused.json()["field"]) == (422, "old_password")
    done = bob.post("/auth/password", json=wrong | {"old_password": PASSWORD})
    assert done.status_code == 200
    assert bob.get("/auth/me").status_code == 401
    fresh = client(app, Authorization=f"Bearer {done.json()['access_token']}")
    assert fresh.get("/auth/me").json()["name"] == "Bob"
    assert program(Permission.MANAGE_USERS, app=app).post("/auth/password", json=wrong).status_code == 403


def test_a_link_for_a_lost_password_is_made_by_who_may_do_as_much(database: str) -> None:
    app = create_app()
    carol = staff(app=app)
    bob = staff(Role.AGENT, app=app, name="Bob")
    known = {one["name"]: one["user_id"] for one in carol.get("/api/v1/users").json()["users"]}
    made = carol.post(f"/api/v1/users/{known['Bob']}/password-link")
    assert (made.status_code, "/console/password/reset?token=" in made.json()["link"]) == (201, True)
    robot = program(Permission.MANAGE_USERS, app=app)
    assert robot.post(f"/api/v1/users/{known['Carol']}/password-link").status_code == 403
    assert bob.post(f"/api/v1/users/{known['Carol']}/password-link").status_code == 403
    assert carol.post("/api/v1/users/AGENT-ZZZZZZZZ/password-link").status_code == 404
