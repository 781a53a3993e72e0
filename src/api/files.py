"""GET /api/v1/files/{file_id}: the content of a message's file."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from runtime.downloads import file_response
from runtime.errors import NotFound
from tickets import attachments

router = APIRouter(prefix="/api/v1/files", tags=["files"])

_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The content.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/{file_id}", summary="Read a file", response_class=StreamingResponse, responses=_CONTENT)
def read_file(
    file_id: str, reader: Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
) -> StreamingResponse:
    """To be saved, but for PNG, JPEG, GIF and WebP images, which a browser may show.

    A file that no message has named yet is there for its uploader alone.
    """
    with transaction() as session:
        file = attachments.find(session, file_id)
    if file.ticket_id is None and file.uploaded_by != reader.public_id:
        raise NotFound("There is no such file.")
    return file_response(
        file.open(), name=file.name, media_type=file.type, size=file.size, inline=file.inline
    )
