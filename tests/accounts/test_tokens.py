"""Access and refresh tokens: rotated, revoked, and signed by a key that can be changed."""

import threading

import jwt
import pytest
from sqlalchemy import text

from accounts import audit, credentials, login_sessions, tokens
from accounts.tokens import Pair
from runtime.data_folder import secret_key
from runtime.database import transaction
from runtime.errors import NotAuthenticated, NotFound
from runtime.settings import settings
from tests.accounts.staff import a_user, disable


def start() -> tuple[str, Pair]:
    anna = a_user()
    with transaction() as session:
        return anna.public_id, tokens.start(session, anna, address="203.0.113.7", client="curl/8")


def who(token: str) -> str:
    with transaction() as session:
        return credentials.by_bearer(session, token).public_id


def test_a_refresh_token_gives_the_next_pair_of_the_same_session(database: str) -> None:
    me, first = start()
    second = tokens.exchange(first.refresh_token)
    assert who(second.access_token) == me
    assert (second.session_id, second.refresh_token != first.refresh_token) == (first.session_id, True)
    with transaction() as session:
        kept = session.scalar(text("select string_agg(s::text, ' ') from sessions s"))
    assert second.refresh_token not in str(kept)


def test_a_refresh_token_that_is_shown_again_ends_the_session_for_thief_and_owner(database: str) -> None:
    me, first = start()
    second = tokens.exchange(first.refresh_token)
    with pytest.raises(NotAuthenticated):
        tokens.exchange(first.refresh_token, address="198.51.100.9")
    for token in (first.access_token, second.access_token):
        with pytest.raises(NotAuthenticated):
            who(token)
    with pytest.raises(NotAuthenticated):
        tokens.exchange(second.refresh_token)
    with transaction() as session:
        [entry] = [one for one in audit.entries(session, actor=me) if one.action == "token.reused"]
    assert (entry.target, entry.address) == (first.session_id, "198.51.100.9")


def test_of_two_who_show_it_at_the_same_moment_one_at_most_gets_a_pair(database: str) -> None:
    _me, first = start()
    results: list[str] = []
    ready = threading.Barrier(2)

    def exchange() -> None:
        ready.wait()
        try:
            results.append(tokens.exchange(first.refresh_token).session_id)
        except NotAuthenticated:
            results.append("refused")

    threads = [threading.Thread(target=exchange) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(results) == sorted([first.session_id, "refused"])


@pytest.mark.parametrize("secret", ["", "x", "dfr_" + "A" * 43, "\ud7ff"])
def test_nonsense_gets_nothing(database: str, secret: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.exchange(secret)


def test_a_session_that_is_over_or_of_a_closed_account_is_not_refreshed(database: str) -> None:
    anna = a_user()
    with transaction() as session:
        first, second = tokens.start(session, anna), tokens.start(session, anna)
        session.execute(
            text("update sessions set expires_at = now() - interval '1 s' where public_id = :id"),
            {"id": first.session_id},
        )
    disable(anna)
    for pair in (first, second):
        with pytest.raises(NotAuthenticated):
            tokens.exchange(pair.refresh_token)


def test_a_browsers_cookie_is_no_refresh_token_and_the_other_way_round(database: str) -> None:
    anna = a_user()
    with transaction() as session:
        cookie = credentials.start_session(session, anna)
        pair = tokens.start(session, anna)
    with pytest.raises(NotAuthenticated):
        tokens.exchange(cookie)
    with pytest.raises(NotAuthenticated), transaction() as session:
        credentials.by_session(session, pair.refresh_token)


def test_ending_a_session_ends_its_access_tokens(database: str) -> None:
    me, pair = start()
    with transaction() as session:
        [(found, user)] = login_sessions.list_sessions(session)
        assert (found.public_id, found.kind, found.address) == (pair.session_id, "token", "203.0.113.7")
        assert (found.client, user.public_id) == ("curl/8", me)
        login_sessions.end(session, found.public_id, by=me)
    with pytest.raises(NotAuthenticated):
        who(pair.access_token)


def test_the_session_of_somebody_else_is_not_found(database: str) -> None:
    _me, pair = start()
    bob = a_user("bob@desk.example")
    with pytest.raises(NotFound), transaction() as session:
        login_sessions.end(session, pair.session_id, by=bob.public_id, user_id=bob.id)


def test_after_a_change_of_the_key_old_tokens_are_good_while_it_is_retired(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me, pair = start()
    before = secret_key().decode()
    monkeypatch.setenv("DESKFLEET_SECRET_KEY", "n" * 40)
    monkeypatch.setenv("DESKFLEET_RETIRED_SECRET_KEYS", before)
    settings.cache_clear()
    assert who(pair.access_token) == me
    renewed = tokens.exchange(pair.refresh_token)
    kids = [jwt.get_unverified_header(one.access_token)["kid"] for one in (pair, renewed)]
    assert kids[0] != kids[1]
    monkeypatch.setenv("DESKFLEET_RETIRED_SECRET_KEYS", "")
    settings.cache_clear()
    assert who(renewed.access_token) == me
    with pytest.raises(NotAuthenticated):
        who(pair.access_token)


def test_a_token_that_names_a_key_of_its_own_is_refused(database: str) -> None:
    _me, pair = start()
    claims = jwt.decode(pair.access_token, options={"verify_signature": False})
    own = b"o" * 64
    for kid in (tokens.key_id(own), "", "../../dev/null"):
        forged = jwt.encode(claims, own, algorithm="HS256", headers={"kid": kid})
        with pytest.raises(NotAuthenticated):
            who(forged)
