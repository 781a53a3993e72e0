"""A reply of staff is held back for a moment after it was sent: nobody has seen it, and it can be taken back.

Mail leaves when the moment is over; a chat's page and REST do not show what is held, nor what came after it.
"""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, func

from tickets.contracts import Author, Delivery
from tickets.models import Message

# What REST gives to read is as good as sent from the beginning.
_UNSEEN = (Delivery.QUEUED, Delivery.SENT)


def held() -> ColumnElement[bool]:
    """Of `messages`: who sent it may take it back now."""
    return and_(
        Message.author == Author.STAFF,
        Message.delivery.in_(_UNSEEN),
        Message.delivery_attempts == 0,
        Message.deliver_after > func.now(),
    )


def is_held(message: Message) -> bool:
    """The same of a row that was read."""
    return (
        message.author == Author.STAFF
        and message.delivery in _UNSEEN
        and message.delivery_attempts == 0
        and message.deliver_after is not None
        and message.deliver_after > datetime.now(UTC)
    )
