"""How often what can be found has changed: whoever remembers an answer of a search compares this number."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from runtime.database import Table, before_commit


class KnowledgeRevision(Table):
    """One row. Whoever changes articles or remembered questions adds one to it in the same transaction."""

    __tablename__ = "knowledge_revision"
    __table_args__ = (CheckConstraint("single", name="single"),)

    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default="true")
    revision: Mapped[int] = mapped_column(BigInteger, server_default="0")


# The next moment at which an article begins or ends to be valid, which changes what is found without a change.
_PRESENT = text("""
select
    coalesce((select revision from knowledge_revision), 0) as revision,
    least(
        (select min(valid_from) from articles where valid_from > now()),
        (select min(valid_until) from articles where valid_until > now())
    ) as until
""")


def advance(session: Session) -> None:
    """What can be found changes with this transaction.

    Last of all before the commit, so that two who change much wait for one another there and nowhere else.
    """
    before_commit(session, _advance)


def present(session: Session) -> tuple[int, datetime | None]:
    """The number now, and until when at most it says that nothing changed."""
    row = session.execute(_PRESENT).one()
    return int(row.revision), row.until


def _advance(session: Session) -> None:
    row = insert(KnowledgeRevision).values(single=True, revision=1)
    changed = {"revision": KnowledgeRevision.revision + 1}
    session.execute(row.on_conflict_do_update(index_elements=[KnowledgeRevision.single], set_=changed))
