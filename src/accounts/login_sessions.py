"""The logins of staff that are open now: shown to their owner and to admins, and ended by them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import audit, models
from accounts.audit import Action
from accounts.models import User
from runtime.errors import NotFound

_MOST_SHOWN = 500


def list_sessions(session: Session, *, user_id: int | None = None) -> list[tuple[models.Session, User]]:
    """The last seen first; of one of the staff, or of all."""
    query = (
        select(models.Session, User)
        .join(User, User.id == models.Session.user_id)
        .where(models.Session.expires_at > func.now())
        .order_by(models.Session.last_seen_at.desc(), models.Session.public_id)
        .limit(_MOST_SHOWN)
    )
    found = session.execute(query if user_id is None else query.where(models.Session.user_id == user_id))
    return [(one, user) for one, user in found]


def end(session: Session, public_id: str, *, by: str, user_id: int | None = None) -> None:
    """End one login. With a `user_id` only that one's are known. Raises NotFound."""
    query = select(models.Session).where(models.Session.public_id == public_id)
    if user_id is not None:
        query = query.where(models.Session.user_id == user_id)
    found = session.scalars(query).first()
    if found is None:
        raise NotFound(f"There is no session {public_id[:40]}.")
    session.delete(found)
    session.flush()
    audit.record(session, Action.END_SESSION, actor=by, target=public_id)
