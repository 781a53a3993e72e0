"""The table of events that change how much customers write."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date, Double, Identity, Text
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class VolumeEvent(Table):
    """On the days `since` to `until`, both included, `factor` times as much is written as on others like them."""

    __tablename__ = "volume_events"
    __table_args__ = (
        CheckConstraint("since <= until", name="days"),
        CheckConstraint("factor > 0", name="factor"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    factor: Mapped[float] = mapped_column(Double)
    entered_by: Mapped[str] = mapped_column(Text, server_default="")
