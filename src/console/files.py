"""Hands the files of messages to staff: as downloads, raster images also inline as the preview on their ticket."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from console.sessions import Looking
from runtime.database import transaction
from runtime.downloads import file_response
from runtime.errors import NotFound
from tickets import attachments

router = APIRouter()


@router.get("/files/{file_id}")
def read_file(_viewer: Looking, file_id: str, inline: Annotated[bool, Query()] = False) -> StreamingResponse:
    """A file of a message; `inline` counts for raster images alone."""
    if not file_id.isprintable():
        raise NotFound("There is no such file.")
    with transaction() as session:
        file = attachments.find(session, file_id)
    if file.ticket_id is None:  # Uploaded by a program that has not sent its message yet.
        raise NotFound("There is no such file.")
    return file_response(
        file.open(), name=file.name, media_type=file.type, size=file.size, inline=inline and file.inline
    )
