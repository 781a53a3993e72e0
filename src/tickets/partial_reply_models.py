"""The table of replies that are still being written."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table
from tickets.models import Ticket


class PartialReply(Table):
    """The checked beginning of a reply: void as soon as the claim or the newest message is another one."""

    __tablename__ = "partial_replies"

    ticket_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey(Ticket.id, ondelete="CASCADE"), primary_key=True
    )
    claim_token: Mapped[str] = mapped_column(Text)
    up_to_seq: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
