"""The tables of figures about the desk."""

from datetime import datetime

from sqlalchemy import DateTime, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class HourlyVolume(Table):
    """Messages of customers by hour, channel and category, also from before the desk was in use."""

    __tablename__ = "hourly_volume"

    hour: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    messages: Mapped[int] = mapped_column(Integer)
