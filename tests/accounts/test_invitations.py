"""Invitations: a link that serves once, gives what its inviter may give, and no more."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from accounts import audit, invitations, users
from accounts.invitations import NewInvitation
from accounts.permissions import Permission, Principal, Role
from runtime.database import transaction
from runtime.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests.accounts.staff import PASSWORD, a_user

ADMIN = Principal("AGENT-1", "Carol", frozenset(Permission))


def invite(email: str = "Bob@example.com", role: Role = Role.MANAGER, by: Principal = ADMIN) -> str:
    with transaction() as session:
        link = invitations.invite(session, NewInvitation(email, role, "Bob"), by=by)
    assert urlsplit(link).path == "/console/invitation"
    return parse_qs(urlsplit(link).query)["token"][0]


def accept(secret: str, password: str = PASSWORD) -> str:
    with transaction() as session:
        return invitations.accept(
            session, secret, name="", password=password, address="203.0.113.7"
        ).public_id


def test_whoever_has_the_link_becomes_the_account_and_the_log_knows(database: str) -> None:
    me = accept(invite())
    with transaction() as session:
        user = users.log_in(session, "bob@example.com", PASSWORD, address="203.0.113.7")
        actions = {one.action for one in audit.entries(session, actor=me)}
    assert (user.public_id, user.role, user.name) == (me, "manager", "Bob")
    assert actions == {"user.created", "login.succeeded"}


def test_a_link_serves_once(database: str) -> None:
    secret = invite()
    accept(secret)
    with pytest.raises(NotFound, match="not valid any more"):
        accept(secret)


def test_a_newer_invitation_makes_the_older_void_and_time_ends_it(database: str) -> None:
    older, newer = invite(), invite()
    with pytest.raises(NotFound):
        accept(older)
    with transaction() as session:
        session.execute(text("update invitations set expires_at = now() - interval '1 s'"))
    with pytest.raises(NotFound):
        accept(newer)


def test_a_password_that_is_too_short_leaves_the_link_good(database: str) -> None:
    secret = invite()
    with pytest.raises(InvalidInput):
        accept(secret, "short")
    assert accept(secret)


def test_nobody_invites_to_more_than_they_may_do(database: str) -> None:
    key = Principal("KEY-1", "robot", frozenset({Permission.MANAGE_USERS}))
    with pytest.raises(Forbidden, match="admin"):
        invite(role=Role.ADMIN, by=key)


def test_who_has_an_account_is_not_invited(database: str) -> None:
    a_user("bob@example.com")
    with pytest.raises(Conflict):
        invite()


def test_a_withdrawn_invitation_opens_nothing(database: str) -> None:
    secret = invite()
    with transaction() as session:
        invitations.withdraw(session, "bob@example.com", by="AGENT-1")
    with pytest.raises(NotFound):
        accept(secret)
    with pytest.raises(NotFound), transaction() as session:
        invitations.withdraw(session, "bob@example.com", by="AGENT-1")


def test_the_table_holds_no_secret(database: str) -> None:
    secret = invite()
    with transaction() as session:
        assert secret not in str(session.execute(text("select one::text from invitations one")).all())
