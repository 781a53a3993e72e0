"""The tables of the records of decisions: a chain of hashes, and what each decision was made from."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class DecisionRecord(Table):
    """One link of the chain: a decision, or (without `decision_id`) an erasure that reduced some of them.

    It is linked shortly after it was written: until then it has no position.
    """

    __tablename__ = "decision_records"
    __table_args__ = (Index("ix_decision_records_unlinked", "id", postgresql_where=sql("position is null")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    # No foreign key: a decision that was removed must leave its record behind.
    decision_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    body: Mapped[str] = mapped_column(Text)
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    previous: Mapped[str | None] = mapped_column(Text)
    hash: Mapped[str | None] = mapped_column(Text)


class DecisionInputs(Table):
    """The case, and what each step gave. An erasure deletes it; the hashes in the record stay."""

    __tablename__ = "decision_inputs"

    decision_id: Mapped[int] = mapped_column(
        ForeignKey("agent_decisions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    inputs: Mapped[str] = mapped_column(Text)


class DecisionContext(Table):
    """The settings and rules that decisions were made under, each content once, by its hash."""

    __tablename__ = "decision_contexts"

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    content: Mapped[str] = mapped_column(Text)


class DecisionChainHead(Table):
    """One row: how long the chain is and the hash of its last record. Whoever links holds its lock."""

    __tablename__ = "decision_chain_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, server_default="1", autoincrement=False)
    begins_after: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Text)
