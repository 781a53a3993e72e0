"""Accounts that the tests of this package start from."""

from sqlalchemy import func, update

from accounts import models, tokens, users
from accounts.models import User
from accounts.permissions import Role
from runtime.database import transaction

PASSWORD = "correct horse battery"


def a_user(email: str = "anna@desk.example", *, name: str = "Anna", role: Role = Role.AGENT) -> User:
    with transaction() as session:
        return users.create_user(session, email, name=name, role=role, password=PASSWORD)


def disable(user: User) -> None:
    with transaction() as session:
        session.execute(update(models.User).where(models.User.id == user.id).values(disabled_at=func.now()))


def a_token(user: User) -> str:
    """An access token of a new login."""
    with transaction() as session:
        return tokens.start(session, user).access_token
