"""The searches of the queue that each of the staff kept under a name."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime.errors import Conflict, InvalidInput
from tickets.desk_models import SavedView

_LONGEST_NAME = 40
_LONGEST_QUERY = 1_000
_MOST = 30


def list_views(session: Session, staff: str) -> list[SavedView]:
    return list(session.scalars(select(SavedView).where(SavedView.staff == staff).order_by(SavedView.name)))


def save_view(session: Session, staff: str, name: str, query: str) -> None:
    """Keep it under this name, for one of the same name. Raises InvalidInput, or Conflict when there are many."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A view needs a name of 1 to {_LONGEST_NAME} characters.", field="name")
    if not query or len(query) > _LONGEST_QUERY:
        raise InvalidInput("There is nothing to keep.", field="query")
    count = session.scalar(select(func.count()).select_from(SavedView).where(SavedView.staff == staff)) or 0
    if count >= _MOST:
        raise Conflict(f"You have {_MOST} views: remove one first.", field="name")
    made = insert(SavedView).values(staff=staff, name=name, query=query)
    session.execute(
        made.on_conflict_do_update(
            index_elements=[SavedView.staff, SavedView.name], set_={"query": made.excluded.query}
        )
    )


def remove_view(session: Session, staff: str, view_id: int) -> None:
    """Nothing happens when it is gone, or somebody else's."""
    session.execute(delete(SavedView).where(SavedView.id == view_id, SavedView.staff == staff))
