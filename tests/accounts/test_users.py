"""Staff accounts: what is refused, and who is recognised."""

import re
import threading

import pytest
from sqlalchemy import text

from accounts import audit, credentials, users
from accounts.permissions import ROLES, Role
from runtime import limits
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError, InvalidInput, NotAuthenticated, NotFound, RateLimited
from tests.accounts.staff import PASSWORD, a_token, a_user, disable

ADDRESS = "203.0.113.7"


def log_in(email: str, password: str = PASSWORD, *, address: str = ADDRESS) -> str:
    with transaction() as session:
        return users.log_in(session, email, password, address=address).public_id


def test_an_account_keeps_its_password_as_a_hash_alone(database: str) -> None:
    user = a_user("  Anna.Berg@Desk.example ", name=" ")
    assert (user.email, user.name) == ("anna.berg@desk.example", "anna.berg@desk.example")
    assert re.fullmatch(r"AGENT-[0-9A-Z]{8}", user.public_id)
    with transaction() as session:
        row = session.execute(text("select users::text from users")).scalar_one()
    assert "$argon2id$" in row
    assert PASSWORD not in row


def test_a_short_password_is_refused_and_not_repeated(database: str) -> None:
    with pytest.raises(InvalidInput, match="shorter than 10 characters") as caught, transaction() as session:
        users.create_user(session, "a@desk.example", name="A", role=Role.AGENT, password="hunter2!!")
    assert caught.value.field == "password"
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize("email", ["", "anna", "@desk.example", "anna@", "an na@desk.example", "a@b@c"])
def test_what_is_no_mail_address_is_refused(database: str, email: str) -> None:
    with pytest.raises(InvalidInput, match="is not a mail address") as caught:
        a_user(email)
    assert caught.value.field == "email"


def test_a_mail_address_has_one_account_however_it_is_written(database: str) -> None:
    a_user("anna@desk.example")
    with pytest.raises(Conflict, match=r"an account for anna@desk\.example already") as caught:
        a_user(" ANNA@desk.example")
    assert caught.value.field == "email"


def test_of_two_who_open_the_same_account_at_once_one_is_told_so(database: str) -> None:
    results: list[str] = []
    ready = threading.Barrier(2)

    def create() -> None:
        ready.wait()
        try:
            results.append(a_user().email)
        except DeskfleetError as error:
            results.append(type(error).__name__)

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["Conflict", "anna@desk.example"]


def test_the_right_password_is_recognised(database: str) -> None:
    anna = a_user()
    assert log_in(" Anna@Desk.example") == anna.public_id


def test_a_wrong_password_an_unknown_and_a_disabled_account_get_the_same_words(database: str) -> None:
    a_user()
    disable(a_user("carol@desk.example"))
    words = set()
    for email, password in [
        ("anna@desk.example", PASSWORD + "!"),
        ("nobody@desk.example", PASSWORD),
        ("carol@desk.example", PASSWORD),
        ("an\x00na@desk.example", PASSWORD),
        ("anna@desk.example", "\x00\ud7ff"),
    ]:
        with pytest.raises(NotAuthenticated) as caught:
            log_in(email, password)
        words.add(caught.value.detail)
    assert words == {"The mail address or the password is wrong."}


@pytest.mark.parametrize("bucket", [f"login:{ADDRESS}", "login:anna@desk.example"])
def test_guessing_is_slowed_for_an_address_and_for_an_account(database: str, bucket: str) -> None:
    a_user()
    for _ in range(10):
        limits.take(bucket, per_minute=10)
    with pytest.raises(RateLimited) as caught:
        log_in("anna@desk.example")
    assert 0 < caught.value.retry_after_s <= 6


def test_others_can_log_in_while_one_is_guessed_at(database: str) -> None:
    a_user()
    for _ in range(10):
        limits.take("login:bob@desk.example", per_minute=10)
    assert log_in("anna@desk.example")


def test_lists_leave_out_disabled_accounts_and_are_in_order_of_names(database: str) -> None:
    a_user("b@desk.example", name="Berta")
    a_user("a@desk.example", name="Anna")
    disable(a_user("c@desk.example", name="Carol"))
    with transaction() as session:
        assert [user.name for user in users.list_users(session)] == ["Anna", "Berta"]
        assert users.count_users(session) == 3


@pytest.mark.parametrize("role", Role)
def test_an_account_may_do_what_its_role_may(database: str, role: Role) -> None:
    user = a_user(role=role)
    principal = users.principal_of(user)
    assert (principal.public_id, principal.user_id) == (user.public_id, user.id)
    assert principal.permissions == ROLES[role]


def _disabled(wanted: str) -> str:
    with transaction() as session:
        return users.disable_user(session, wanted).email


def test_a_disabled_account_opens_nothing_any_more(database: str) -> None:
    anna = a_user()
    with transaction() as session:
        secret = credentials.start_session(session, anna)
    token = a_token(anna)
    assert _disabled(" ANNA@desk.example") == "anna@desk.example"
    with pytest.raises(NotAuthenticated):
        log_in("anna@desk.example")
    with transaction() as session:
        for opens, key in ((credentials.by_session, secret), (credentials.by_bearer, token)):
            with pytest.raises(NotAuthenticated):
                opens(session, key)
        assert session.scalar(text("select count(*) from sessions")) == 0
    with pytest.raises(NotFound, match="There is no account"):
        _disabled(anna.public_id)


def test_the_last_who_may_manage_accounts_stays(database: str) -> None:
    first, second = (a_user(f"{one}@desk.example", role=Role.ADMIN) for one in ("anna", "bob"))
    a_user("carol@desk.example", role=Role.MANAGER)
    assert _disabled(first.public_id) == "anna@desk.example"
    with pytest.raises(Conflict, match="last account"):
        _disabled(second.public_id)
    assert log_in("bob@desk.example") == second.public_id


def test_after_ten_wrong_passwords_even_the_right_one_opens_nothing_for_a_while(database: str) -> None:
    anna = a_user()
    for number in range(10):
        limits.forget()
        with pytest.raises(NotAuthenticated):
            log_in("anna@desk.example", "wrong password", address=f"203.0.113.{number}")
    limits.forget()
    with pytest.raises(NotAuthenticated, match=r"^The mail address or the password is wrong\.$"):
        log_in("anna@desk.example")
    with transaction() as session:
        told = [one.action for one in audit.entries(session, actor=anna.public_id)]
        assert (told.count("login.failed"), told.count("login.locked")) == (11, 1)
        session.execute(text("update users set locked_until = now() - interval '1 s'"))
    assert log_in("anna@desk.example") == anna.public_id


def test_a_right_password_forgets_the_wrong_ones(database: str) -> None:
    anna = a_user()
    for _ in range(3):
        for _ in range(5):
            limits.forget()
            with pytest.raises(NotAuthenticated):
                log_in("anna@desk.example", "wrong password")
        limits.forget()
        assert log_in("anna@desk.example") == anna.public_id


def test_a_role_changes_at_once_and_the_last_admin_stays_one(database: str) -> None:
    anna, bob = a_user(role=Role.ADMIN), a_user("bob@desk.example")
    with transaction() as session:
        assert (
            users.change_role(session, "bob@desk.example", Role.MANAGER, by=anna.public_id).role == "manager"
        )
        [entry] = audit.entries(session, target=bob.public_id)
    assert (entry.action, entry.data) == ("user.role_changed", {"from": "agent", "to": "manager"})
    with pytest.raises(Conflict, match="last account"), transaction() as session:
        users.change_role(session, anna.public_id, Role.AGENT, by=anna.public_id)
