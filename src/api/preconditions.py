"""`If-Match` on writes: what is changed must still be as it was read, else 412 and nothing is done.

The tag is that of `GET`; it is compared in the transaction of the write, with the row locked.
"""

import hashlib
from typing import Annotated

from fastapi import Header
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.ticket_views import read_view
from runtime.errors import Outdated
from tickets import queries
from tickets.models import Ticket

IfMatch = Annotated[
    str,
    Header(
        max_length=1_000,
        description="The `ETag` that was read; 412 when it has changed since.",
        examples=['"9f86d081884c7d659a2feaa0c55ad015"'],
    ),
]


def tag_of_content(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def tag_of(view: BaseModel) -> str:
    """The ETag that a GET of this shows."""
    return tag_of_content(bytes(JSONResponse(jsonable_encoder(view)).body))


def check(if_match: str, view: BaseModel) -> None:
    """Raises Outdated. Nothing is asked of who sends no `If-Match`."""
    wanted = {one.strip() for one in if_match.split(",")} - {""}
    if wanted and wanted != {"*"} and tag_of(view) not in wanted:
        raise Outdated("It has changed since you read it: read it again.", field="If-Match")


def find_ticket(session: Session, ticket_id: str, if_match: str) -> Ticket:
    """The ticket to be changed. Raises NotFound, or Outdated."""
    ticket = queries.find_ticket(session, ticket_id)
    if if_match:
        session.execute(select(Ticket.id).where(Ticket.id == ticket.id).with_for_update())
        session.expire_all()
        check(if_match, read_view(session, ticket_id))
    return ticket
