"""Where a page of tickets ends and the next one begins, as an opaque word for the caller."""

import base64
import binascii
from datetime import datetime

from runtime.errors import InvalidInput

_FOREIGN = "The cursor is not one of ours."


def cursor_after(created_at: datetime, ticket_id: int) -> str:
    words = f"{created_at.isoformat()}|{ticket_id}"
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


def position(cursor: str) -> tuple[datetime, int]:
    """Raises InvalidInput when the cursor is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        created_at, _, ticket_id = raw.partition("|")
        found = datetime.fromisoformat(created_at), int(ticket_id)
    except (ValueError, binascii.Error):
        raise InvalidInput(_FOREIGN, field="cursor") from None
    if found[0].tzinfo is None or not 0 < found[1] < 2**63:
        raise InvalidInput(_FOREIGN, field="cursor")
    return found
