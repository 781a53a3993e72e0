"""Sessions, bearer tokens and API keys: what opens the door, and what does not any more."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from sqlalchemy import text

from accounts import credentials, tokens
from accounts.models import User
from accounts.permissions import ROLES, Permission, Principal, Role
from runtime.data_folder import secret_key
from runtime.database import transaction
from runtime.errors import InvalidInput, NotAuthenticated
from runtime.settings import settings
from tests.accounts.staff import a_token, a_user, disable

REFUSED = "The credentials are not valid, or not any more"


def run_sql(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))


def table(name: str) -> str:
    with transaction() as session:
        return str(session.execute(text(f"select string_agg({name}::text, ' ') from {name}")).scalar())


def start_session(user: User) -> str:
    with transaction() as session:
        return credentials.start_session(session, user)


def by_session(secret: str) -> Principal:
    with transaction() as session:
        return credentials.by_session(session, secret)


def by_bearer(secret: str) -> Principal:
    with transaction() as session:
        return credentials.by_bearer(session, secret)


def create_key(*scopes: str, valid_days: int | None = None) -> str:
    with transaction() as session:
        return credentials.create_api_key(session, "shop", scopes=list(scopes), valid_days=valid_days)


def forged(user: User, *, key: bytes | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """A token such as we issue; a claim that is changed to None is left out."""
    real = a_token(user)
    claims = jwt.decode(real, options={"verify_signature": False})
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    headers = {"kid": jwt.get_unverified_header(real)["kid"]}
    return jwt.encode(kept, key or tokens.signing_key(secret_key()), algorithm=algorithm, headers=headers)


def test_a_session_knows_its_user_and_is_kept_as_a_hash(database: str) -> None:
    anna = a_user()
    secret = start_session(anna)
    found = by_session(secret)
    assert (found.public_id, found.permissions) == (anna.public_id, ROLES[Role.AGENT])
    assert secret not in table("sessions")


def test_a_session_ends_with_its_time(database: str) -> None:
    secret = start_session(a_user())
    run_sql("update sessions set expires_at = now() - interval '1 second'")
    with pytest.raises(NotAuthenticated, match=REFUSED):
        by_session(secret)


def test_ended_sessions_are_forgotten_at_the_next_login(database: str) -> None:
    anna = a_user()
    start_session(anna)
    run_sql("update sessions set expires_at = now() - interval '1 second'")
    secret = start_session(anna)
    with transaction() as session:
        assert session.scalar(text("select count(*) from sessions")) == 1
    assert by_session(secret)


def test_logging_out_ends_that_session_alone(database: str) -> None:
    anna = a_user()
    here, there = start_session(anna), start_session(anna)
    with transaction() as session:
        credentials.end_session(session, here)
    with pytest.raises(NotAuthenticated):
        by_session(here)
    assert by_session(there).public_id == anna.public_id


def test_a_disabled_account_is_out_at_once_everywhere(database: str) -> None:
    anna = a_user()
    secret, token = start_session(anna), a_token(anna)
    disable(anna)
    with pytest.raises(NotAuthenticated, match=REFUSED):
        by_session(secret)
    with pytest.raises(NotAuthenticated, match=REFUSED):
        by_bearer(token)


def test_a_csrf_token_belongs_to_one_session_of_one_desk(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = a_user()
    here, there = start_session(anna), start_session(anna)
    token = credentials.csrf_token(here)
    assert token == credentials.csrf_token(here)
    assert token != credentials.csrf_token(there)
    assert here not in token
    monkeypatch.setenv("DESKFLEET_SECRET_KEY", "k" * 32)
    settings.cache_clear()
    assert token != credentials.csrf_token(here)


def test_a_token_knows_its_user_and_the_role_of_today(database: str) -> None:
    anna = a_user()
    token = a_token(anna)
    assert by_bearer(token).permissions == ROLES[Role.AGENT]
    run_sql("update users set role = 'readonly'")
    assert by_bearer(token).permissions == ROLES[Role.READONLY]


def test_a_token_is_good_for_a_quarter_of_an_hour(database: str) -> None:
    claims = jwt.decode(a_token(a_user()), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == tokens.TOKEN_S == 900
    assert set(claims) == {"sub", "sid", "aud", "iat", "exp"}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": datetime(2026, 1, 1, tzinfo=UTC)},
        {"exp": None},
        {"aud": "another-service"},
        {"aud": None},
        {"sub": "AGENT-00000000"},
        {"sub": None},
        {"sub": 7},
        {"key": b"x" * 32},
        {"algorithm": "HS512"},
        {"sid": "SES-0000000000000000"},
        {"sid": None},
    ],
    ids=str,
)
def test_a_token_that_is_not_ours_or_not_any_more_is_refused(database: str, changes: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated, match=REFUSED):
        by_bearer(forged(a_user(), **changes))


def test_a_token_that_is_made_as_ours_are_is_taken(database: str) -> None:
    anna = a_user()
    assert by_bearer(forged(anna)).public_id == anna.public_id


def test_a_token_without_a_signature_is_refused(database: str) -> None:
    anna = a_user()
    _header, claims, signature = a_token(anna).split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    for one in (f"{none}.{claims}.", f"{none}.{claims}.{signature}"):
        with pytest.raises(NotAuthenticated, match=REFUSED):
            by_bearer(one)


def test_changed_claims_are_refused(database: str) -> None:
    anna, carol = a_user(), a_user("carol@desk.example", role=Role.ADMIN)
    header, _claims, signature = a_token(anna).split(".")
    claims = a_token(carol).split(".")[1]
    with pytest.raises(NotAuthenticated, match=REFUSED):
        by_bearer(f"{header}.{claims}.{signature}")


@pytest.mark.parametrize(
    "secret", ["", "x", "a.b.c", "....", "é", "dfk_", "dfk_é", "dfk_" + "A" * 43, "\x00"]
)
def test_nonsense_is_refused(database: str, secret: str) -> None:
    with pytest.raises(NotAuthenticated, match=REFUSED):
        by_bearer(secret)


def test_a_key_may_do_its_scopes_and_is_kept_as_a_hash(database: str) -> None:
    secret = create_key("tickets:create", "tickets:read")
    found = by_bearer(secret)
    assert found.permissions == {Permission.CREATE_TICKETS, Permission.READ_TICKETS}
    assert (found.name, found.user_id) == ("shop", None)
    assert secret.startswith("dfk_")
    assert len(secret) >= 47
    assert secret not in table("api_keys")


def test_two_keys_of_one_name_are_two_keys(database: str) -> None:
    first, second = create_key("tickets:read"), create_key("tickets:read")
    assert by_bearer(first).public_id != by_bearer(second).public_id


@pytest.mark.parametrize(
    "column", ["revoked_at = now()", "expires_at = now() - interval '1 second'"], ids=["revoked", "expired"]
)
def test_a_key_that_was_taken_back_or_has_expired_is_refused(database: str, column: str) -> None:
    secret = create_key("tickets:read")
    run_sql(f"update api_keys set {column}")
    with pytest.raises(NotAuthenticated, match=REFUSED):
        by_bearer(secret)


def test_a_key_lives_as_many_days_as_were_asked_for(database: str) -> None:
    create_key("tickets:read", valid_days=30)
    with transaction() as session:
        days = session.scalar(
            text("select round(extract(epoch from expires_at - now()) / 86400) from api_keys")
        )
    assert days == 30


@pytest.mark.parametrize("scopes", [["tickets:read", "tickets:burn"], ["admin"], []])
def test_an_unknown_scope_and_no_scope_are_refused_with_the_known_ones(
    database: str, scopes: list[str]
) -> None:
    with pytest.raises(InvalidInput, match=r"tickets:create, .*tickets:read") as caught:
        create_key(*scopes)
    assert caught.value.field == "scopes"
    assert all(scope in caught.value.detail for scope in scopes if scope not in list(Permission))
    assert table("api_keys") == "None"
