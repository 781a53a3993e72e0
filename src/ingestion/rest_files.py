"""POST /api/v1/files: files that a message will name. 201 once they are in the store and listed."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from runtime.errors import InvalidInput
from runtime.settings import settings
from tickets import attachments, file_types
from tickets.contracts import FileContent, StoredFile

PATH = "/api/v1/files"

router = APIRouter(tags=["files"])

_MOST_FIELDS = 10
_MOST_FIELD_BYTES = 4_096
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "One part of this name for each file.",
                        }
                    },
                }
            }
        },
    },
    "responses": {"422": {"description": "The form or a file is not accepted."}},
}


class UploadedFile(BaseModel):
    """`type` is what the content looks like, whatever the sender says."""

    file_id: Annotated[str, Field(examples=["FILE-7Q4K2M9X7Q4K2M9X7Q4K"])]
    name: Annotated[str, Field(examples=["damage.png"])]
    type: Annotated[str, Field(examples=["image/png"])]
    size: Annotated[int, Field(examples=[48213])]


Uploader = Annotated[Principal, Depends(allowed(Permission.CREATE_TICKETS))]


async def _parts(request: Request, _uploader: Uploader) -> AsyncIterator[list[UploadFile]]:
    """The form's files, on disk where they are large. Who may not upload is refused before anything is read."""
    limits = {
        "max_files": settings().files.max_files,
        "max_fields": _MOST_FIELDS,
        "max_part_size": _MOST_FIELD_BYTES,
    }
    async with request.form(**limits) as form:
        yield _files_of(form)


def _files_of(form: FormData) -> list[UploadFile]:
    given = form.getlist("file")
    files = [part for part in given if isinstance(part, UploadFile)]
    if not files or len(files) < len(given):
        raise InvalidInput(
            "Send a multipart form with the files in parts of the name file, each with a file name.",
            field="file",
        )
    return files


@router.post(PATH, status_code=201, summary="Upload files for a message", openapi_extra=_FORM)
def upload_files(
    parts: Annotated[list[UploadFile], Depends(_parts)], uploader: Uploader
) -> list[UploadedFile]:
    """Name their ids as `attachments` of a ticket or a message within a day; then they are forgotten.

    All of them are kept, or none: a program is refused with 422, a file over the limit with 413. An archive is kept
    as it is; nothing is unpacked.
    """
    for part in parts:
        _check(part)
    stored = [_store(part) for part in parts]
    with transaction() as session:
        listed = attachments.keep_uploads(session, stored, by=uploader.public_id)
    return [
        UploadedFile(file_id=one.public_id, name=one.name, type=one.type, size=one.size) for one in listed
    ]


def _check(part: UploadFile) -> None:
    size = part.size or 0
    head = part.file.read(file_types.HEAD)
    part.file.seek(max(file_types.HEAD, size - file_types.TAIL))
    tail = part.file.read(file_types.TAIL)
    part.file.seek(0)
    attachments.check(part.filename or "", head + tail, size=size)


def _store(part: UploadFile) -> StoredFile:
    """One after the other, so that one of them is in memory."""
    content = FileContent(part.filename or "", part.content_type or "", part.file.read())
    (stored,) = attachments.upload((content,))
    return stored
