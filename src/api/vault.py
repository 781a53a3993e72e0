"""The original of a message, for who may see it. Every view and every refusal is in the audit log."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from accounts.access import authenticate, bearer_secret, limit_address
from accounts.originals import view_original
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
    return view_original(
        viewer, message_id, read=_read, kinds=vault.kinds_kept, address=client_address(request)
    )


def _read(session: Session, message_id: int) -> Original:
    return Original(
        message_id=message_id,
        text=vault.reveal(session, message_id),
        kinds=vault.kinds_kept(session, message_id),
    )
