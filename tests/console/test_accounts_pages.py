"""Team, API keys, logins and the audit log, as an admin uses them; and what the others get."""

import re
import time
from datetime import UTC, datetime

import pytest

from accounts import access, audit
from accounts.models import AuditScore
from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import PASSWORD, Member, member


@pytest.fixture
def carol(database: str) -> Member:
    access.forget()
    return member("Carol", role=Role.ADMIN)


def page(one: Member, address: str) -> str:
    response = one.client.get(address)
    assert response.status_code == 200
    return response.text


def test_a_colleague_is_invited_by_a_link_that_opens_the_desk(carol: Member) -> None:
    shown = carol.post("/console/users/invite", email="Dan@example.com", role="agent", name="Dan").text
    [link] = re.findall(r'value="http://localhost:8000(/console/invitation\?token=[^"]+)"', shown)
    assert "dan@example.com" in page(carol, "/console/users")
    dan = member("Eve", role=Role.AGENT).client
    dan.cookies.clear()
    form = dan.get(link)
    assert 'value="dan@example.com"' in form.text
    assert form.headers["referrer-policy"] == "no-referrer"
    fields = {
        "csrf": re.findall(r'name="csrf" value="([0-9a-f]+)"', form.text)[0],
        "token": link.partition("=")[2],
        "name": "Dan <b>",
    }
    assert dan.post("/console/invitation", data=fields | {"password": "short"}).status_code == 422
    done = dan.post("/console/invitation", data=fields | {"password": PASSWORD}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/console/queue")
    assert dan.get("/console/queue").status_code == 200
    assert "Dan &lt;b&gt;" in page(carol, "/console/users")
    assert dan.get(link).status_code == 404


def test_roles_change_accounts_close_and_the_last_admin_stays(carol: Member) -> None:
    bob = member("Bob", role=Role.AGENT)
    assert carol.post(f"/console/users/{bob.public_id}/role", role="manager").status_code == 303
    assert bob.client.get("/console/articles/new").status_code == 200
    assert carol.post(f"/console/users/{bob.public_id}/close").status_code == 303
    assert bob.client.get("/console/queue", follow_redirects=False).status_code == 303
    refused = carol.post(f"/console/users/{carol.public_id}/close")
    assert (refused.status_code, "last account" in refused.text) == (409, True)


def test_what_is_wrong_with_an_invitation_is_told_with_what_was_typed(carol: Member) -> None:
    for email, words in (("carol@example.com", "an account for"), ("no address", "is not a mail address")):
        shown = carol.post("/console/users/invite", email=email, role="agent")
        assert shown.status_code == 422
        assert words in shown.text
        assert f'value="{email}"' in shown.text


def test_a_key_shows_its_secret_once_and_its_state_ever_after(carol: Member) -> None:
    made = carol.client.post(
        "/console/keys",
        data={"csrf": carol.csrf, "name": "web <shop>", "scopes": ["tickets:read"], "valid_days": "30"},
    )
    [secret] = re.findall(r'value="(dfk_[^"]+)"', made.text)
    assert access.authenticate(secret).name == "web <shop>"
    shown = page(carol, "/console/keys")
    assert (secret in shown, "web &lt;shop&gt;" in shown) == (False, True)
    assert carol.post("/console/keys/KEY-1/rotate").headers["location"] == "/console/keys"
    rotated = page(carol, "/console/keys")
    assert "dfk_" in rotated
    assert "replaced by KEY-2" in rotated
    assert "dfk_" not in page(carol, "/console/keys")
    assert carol.post("/console/keys/KEY-2/revoke").status_code == 303
    assert "revoked" in page(carol, "/console/keys")
    assert carol.post("/console/keys/KEY-2/rotate").status_code == 422
    assert carol.post("/console/keys", name="nothing").status_code == 422


def test_a_page_that_is_loaded_again_makes_no_second_key_and_shows_no_secret_again(carol: Member) -> None:
    made = carol.post("/console/keys", name="shop", scopes="tickets:read")
    assert (made.status_code, made.headers["location"]) == (303, "/console/keys")
    carried = made.cookies["deskfleet_shown_once"]
    assert "dfk_" not in carried
    assert "httponly" in made.headers["set-cookie"].lower()
    dan = member("Dan", role=Role.ADMIN)
    dan.client.cookies.set("deskfleet_shown_once", carried, path="/console/keys")
    assert "dfk_" not in page(dan, "/console/keys")
    assert "dfk_" in page(carol, "/console/keys")
    carol.client.cookies.set("deskfleet_shown_once", carried, path="/console/keys")
    assert "dfk_" not in page(carol, "/console/keys")
    assert page(carol, "/console/keys").count(">Revoke<") == 1


def test_a_secret_that_nobody_looked_at_is_gone_after_a_minute(
    carol: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol.post("/console/keys", name="shop", scopes="tickets:read")
    now = time.time()
    monkeypatch.setattr("console.shown_once.time.time", lambda: now + 61)
    assert "dfk_" not in page(carol, "/console/keys")


def test_one_ends_ones_own_logins_and_an_admin_everybodys(carol: Member) -> None:
    bob = member("Bob", role=Role.AGENT)
    own = page(bob, "/console/sessions")
    assert "This browser" in own
    [mine] = re.findall(r"/console/sessions/(SES-[0-9A-F]{16})/end", own)
    assert bob.client.get("/console/sessions?all=true").status_code == 403
    every = re.findall(r"/console/sessions/(SES-[0-9A-F]{16})/end", page(carol, "/console/sessions?all=true"))
    [hers] = set(every) - {mine}
    assert bob.post(f"/console/sessions/{hers}/end").status_code == 404
    assert carol.post(f"/console/sessions/{mine}/end").status_code == 303
    assert bob.client.get("/console/queue", follow_redirects=False).status_code == 303


def test_the_log_is_read_narrowed_and_paged(carol: Member) -> None:
    with transaction() as session:
        for number in range(60):
            audit.record(
                session, audit.Action.VIEW, actor=carol.public_id, target=f"CUST-{number}",
                data={"method": "GET", "route": "/api/v1/customers/{customer_id}", "status": 200},
            )  # fmt: skip
        audit.record(session, audit.Action.FAIL_LOGIN, actor="<b>nobody</b>")
    first = page(carol, "/console/audit")
    assert ("CUST-59" in first, "CUST-5<" in first) == (True, False)
    assert "&lt;b&gt;nobody" in first
    [older] = re.findall(r'href="(/console/audit\?before=\d+)"', first)
    assert "CUST-5<" in page(carol, older)
    narrowed = page(carol, f"/console/audit?actor={carol.public_id}&target=CUST-7&kind=request")
    assert re.findall(r"CUST-\d+(?=</bdi>)", narrowed) == ["CUST-7"]
    assert "No such entries" in page(carol, "/console/audit?target=CUST-x%00'%20or%201=1--")
    assert carol.client.get("/console/audit?before=0").status_code == 422


def test_an_odd_hour_stands_above_the_log(carol: Member) -> None:
    with transaction() as session:
        signs = {"views": {"score": 9.0, "count": 400, "usual": 12.0}}
        session.add(
            AuditScore(actor="KEY-7", hour=datetime(2026, 11, 21, tzinfo=UTC), score=9.0, signs=signs)
        )
    assert "KEY-7 is unlike itself, score 9.0: views 400 (usual 12)" in page(carol, "/console/audit")


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AGENT, Role.READONLY])
def test_who_is_no_admin_sees_no_link_to_these_pages(database: str, role: Role) -> None:
    shown = page(member("Bob", role=role), "/console/queue")
    for address in ("/console/users", "/console/keys", "/console/audit"):
        assert f'href="{address}"' not in shown
    assert 'href="/console/sessions"' in shown


def test_every_form_carries_the_token(carol: Member) -> None:
    carol.client.post("/console/keys", data={"csrf": carol.csrf, "name": "x", "scopes": ["tickets:read"]})
    for address in ("/console/users", "/console/keys", "/console/sessions"):
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page(carol, address), re.DOTALL)
        assert len(forms) > 2
        assert all(f'name="csrf" value="{carol.csrf}"' in form for form in forms)
