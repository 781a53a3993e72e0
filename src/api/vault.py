"""The original of a message, for who may see it. Every view and every refusal is in the audit log."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from accounts import audit
from accounts.access import authenticate, bearer_secret, limit_address
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from runtime.web import client_address
from tickets import vault

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])


class Original(BaseModel):
    """The text as the customer sent it, and which kinds of data had been taken out of it."""

    message_id: int
    text: str
    kinds: list[str]


@router.get("/{message_id}/original", summary="Read a message with what was redacted")
def read_original(message_id: int, request: Request) -> Original:
    """Needs `vault:read`. The view is written to the audit log, and so is a refusal."""
    limit_address(request)
    viewer = authenticate(bearer_secret(request))
    return view_original(viewer, message_id, address=client_address(request))


def view_original(viewer: Principal, message_id: int, *, address: str) -> Original:
    """The original with its audit entry in one transaction: what is not audited is not seen."""
    target = f"message:{message_id}"
    if Permission.READ_VAULT not in viewer.permissions:
        with transaction() as session:
            audit.record(
                session, audit.Action.REFUSE_ORIGINAL, actor=viewer.public_id, target=target, address=address
            )
    viewer.require(Permission.READ_VAULT)
    with transaction() as session:
        text = vault.reveal(session, message_id)
        kinds = vault.kinds_kept(session, message_id)
        audit.record(
            session,
            audit.Action.VIEW_ORIGINAL,
            actor=viewer.public_id,
            target=target,
            address=address,
            data={"kinds": kinds},
        )
    return Original(message_id=message_id, text=text, kinds=kinds)
