"""One's own account, a lost password, and the link that an admin makes."""

import re

import pytest
from fastapi.testclient import TestClient

from accounts import access, credentials
from accounts.permissions import Role
from console.sessions import COOKIE
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import PASSWORD, Member, console_app, member
from tests.jobs import CollectedJobs

NEW = "another horse battery"


@pytest.fixture
def carol(database: str) -> Member:
    access.forget()
    return member("Carol <b>", role=Role.ADMIN)


def fields(old: str = PASSWORD, new: str = NEW, again: str = NEW) -> dict[str, str]:
    return {"old_password": old, "new_password": new, "again": again}


def form_of(client: TestClient, address: str) -> dict[str, str]:
    shown = client.get(address)
    assert shown.status_code == 200
    assert shown.headers["referrer-policy"] == "no-referrer"
    return dict(re.findall(r'name="(csrf|token)" value="([^"]+)"', shown.text))


def test_ones_own_password_is_changed_and_other_logins_end(carol: Member) -> None:
    with transaction() as session:
        person = credentials.by_session(session, carol.client.cookies[COOKIE])
    shown = carol.client.get("/console/account").text
    assert ("Carol &lt;b&gt;" in shown, "carol@example.com" in shown) == (True, True)
    other = TestClient(console_app(), cookies=dict(carol.client.cookies))
    done = carol.post("/console/account/password", **fields())
    assert (done.status_code, done.headers["location"]) == (303, "/console/account?changed=true")
    fresh = done.cookies[COOKIE]
    browser = TestClient(console_app(), cookies={COOKIE: fresh})
    assert "is changed" in browser.get("/console/account?changed=true").text
    assert other.get("/console/account", follow_redirects=False).status_code == 303
    with transaction() as session:
        assert credentials.by_session(session, fresh) == person


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (fields(old="wrong horse battery"), "present password is wrong"),
        (fields(again="another horse batterie"), "two different ways"),
        (fields(new="short", again="short"), "shorter than 10"),
        (fields(new=PASSWORD, again=PASSWORD), "is the old one"),
    ],
)
def test_what_is_wrong_is_told_and_the_login_stays(carol: Member, given: dict[str, str], words: str) -> None:
    refused = carol.post("/console/account/password", **given)
    assert (refused.status_code, words in refused.text) == (422, True)
    assert not any(f'value="{secret}"' in refused.text for secret in given.values())
    assert carol.client.get("/console/account").status_code == 200


def test_guessing_is_slowed(carol: Member) -> None:
    statuses = [
        carol.post("/console/account/password", **fields(old="x" * 12)).status_code for _ in range(12)
    ]
    assert (statuses[0], statuses[-1]) == (422, 429)


def test_an_admin_hands_over_a_link_that_serves_once(carol: Member) -> None:
    bob = member("Bob")
    shown = carol.post(f"/console/users/{bob.public_id}/password").text
    [link] = re.findall(r'value="http://localhost:8000(/console/password/reset\?token=[^"]+)"', shown)
    assert "for an hour" in shown
    visitor = TestClient(console_app(), raise_server_exceptions=False)
    form = form_of(visitor, link)
    refused = visitor.post("/console/password/reset", data=form | {"new_password": "short"})
    assert (refused.status_code, "shorter than 10" in refused.text) == (422, True)
    assert visitor.post("/console/password/reset", data=form | {"new_password": NEW}).status_code == 200
    assert bob.client.get("/console/queue", follow_redirects=False).status_code == 303
    assert visitor.get(link).status_code == 404
    login = visitor.get("/console/login")
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', login.text)[0]
    entered = visitor.post(
        "/console/login",
        data={"csrf": csrf, "email": bob.email, "password": NEW},
        follow_redirects=False,
    )
    assert entered.status_code == 303


def test_a_form_of_another_browser_sets_no_password(carol: Member) -> None:
    shown = carol.post(f"/console/users/{member('Bob').public_id}/password").text
    [link] = re.findall(r'value="http://localhost:8000(/console/password/reset\?token=[^"]+)"', shown)
    form = form_of(TestClient(console_app()), link)
    stranger = TestClient(console_app(), raise_server_exceptions=False)
    assert stranger.post("/console/password/reset", data=form | {"new_password": NEW}).status_code == 403


def test_who_is_no_admin_makes_no_link(carol: Member) -> None:
    bob = member("Bob", role=Role.MANAGER)
    assert bob.post(f"/console/users/{carol.public_id}/password").status_code == 403


def test_who_asks_for_a_mail_is_not_told_whether_there_is_an_account(
    carol: Member, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = TestClient(console_app(), raise_server_exceptions=False)
    assert "sends no mail by itself" in visitor.get("/console/password/lost").text
    monkeypatch.setenv("DESKFLEET_MAIL_SMTP_URL", "smtp://127.0.0.1:1")
    settings.cache_clear()
    form = form_of(visitor, "/console/password/lost")
    answers = {
        re.sub(r'value="[^"]*"', "", visitor.post("/console/password/lost", data=form | {"email": one}).text)
        for one in (carol.email, "nobody@example.com", "\x00")
    }
    assert len(answers) == 1
    assert "If there is an account" in answers.pop()
    assert len(run_jobs.published) >= 2
    again = visitor.post("/console/password/lost", data=form | {"email": "nobody@example.com"})
    assert again.status_code == 429
