"""Who may see the original of a message: every view and every refusal is in the audit log. Called by the doors."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from accounts import audit
from accounts.permissions import Permission, Principal
from runtime.database import transaction

Seen = TypeVar("Seen")


def view_original(
    viewer: Principal,
    message_id: int,
    *,
    read: Callable[[Session, int], Seen],
    kinds: Callable[[Session, int], Sequence[str]],
    address: str,
) -> Seen:
    """What `read` gives, with its audit entry in one transaction: what is not audited is not seen.

    `kinds` are what had been taken out of the message; the entry names them, and never what they were. Raises
    Forbidden without `vault:read`, and what `read` raises.
    """
    target = f"message:{message_id}"
    if Permission.READ_VAULT not in viewer.permissions:
        with transaction() as session:
            audit.record(
                session, audit.Action.REFUSE_ORIGINAL, actor=viewer.public_id, target=target, address=address
            )
    viewer.require(Permission.READ_VAULT)
    with transaction() as session:
        seen = read(session, message_id)
        audit.record(
            session,
            audit.Action.VIEW_ORIGINAL,
            actor=viewer.public_id,
            target=target,
            address=address,
            data={"kinds": list(kinds(session, message_id))},
        )
    return seen
