"""The door for files of a chat: one request carries a message and its files, and the intake stores both."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ingestion import chat_links, chat_listeners, chat_origins, chat_sessions
from ingestion.channels import web_chat
from ingestion.chat_refusals import refusal
from ingestion.chat_sessions import DATABASE_AWAY, Visitor
from runtime.downloads import file_response
from runtime.errors import DeskfleetError, InvalidInput, NotAuthenticated, TooLarge, Unavailable
from runtime.settings import settings
from runtime.web import client_address, problem
from tickets import file_types
from tickets.contracts import FileContent

router = APIRouter()

PATH = "/chat/files"
_FORM_BYTES = 65_536  # What a form needs besides its files.
_FIELDS = 4


def upload_limits() -> dict[str, Any]:
    """What a page needs to know to refuse a file before it is sent."""
    return {"most": _most_files(), "bytes": _most_bytes(), "types": sorted(_types())}


def _most_files() -> int:
    return min(settings().chat.files_per_message, settings().files.max_files)


def _most_bytes() -> int:
    return min(settings().chat.file_bytes, settings().files.max_bytes)


def most_request_bytes() -> int:
    """The largest body that `PATH` takes."""
    return _most_bytes() + _FORM_BYTES


def _types() -> frozenset[str]:
    return frozenset(one.strip() for one in settings().chat.file_types.split(",") if one.strip())


@router.get("/chat/files/{link}", include_in_schema=False)
def read_file(link: str) -> Response:
    """Always as a download: nothing that anybody sent is shown as a page of ours."""
    file = chat_links.find_file(link)
    return file_response(file.open(), name=file.name, media_type=file.type, size=file.size, inline=False)


@router.post(PATH, include_in_schema=False)
async def receive_files(request: Request) -> Response:
    """A form of `token`, `message` (a frame of the type files) and `files`.

    It is no `def` endpoint with a form of its own, because a page of another origin must be able to read why it was
    refused: every answer carries the headers for that.
    """
    try:
        response = await _receive(request)
    except DeskfleetError as error:
        response = refusal(error)
    except DATABASE_AWAY:
        response = refusal(Unavailable("The database does not answer. Nothing was stored; try again."))
    except HTTPException as error:  # The form is broken.
        response = problem(error.status_code, str(error.detail))
    response.headers.update(chat_origins.headers_for(request))
    return response


async def _receive(request: Request) -> Response:
    page = chat_origins.page_of(request)
    address = client_address(request)
    await run_sync(chat_sessions.admit, address)
    async with request.form(max_files=_most_files(), max_fields=_FIELDS, max_part_size=_FORM_BYTES) as form:
        visitor = chat_sessions.find_visitor(_text(form, "token"), page=page)
        if visitor is None:
            raise NotAuthenticated("The token is missing, stale or not ours: open the chat again.")
        return await _store(visitor, form, address=address)


async def _store(visitor: Visitor, form: FormData, *, address: str) -> Response:
    frame = web_chat.parse_files_frame(_text(form, "message"))
    files = await run_sync(_checked, [await _read(part) for part in form.getlist("files")])
    receive = partial(chat_sessions.receive, visitor, frame, address=address, files=files)
    message_id = await run_sync(receive)
    chat_listeners.ring(visitor.conversation_id)
    return JSONResponse({"id": str(frame.id), "message_id": message_id}, status_code=202)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    if not isinstance(value, str):
        raise InvalidInput(f"The form has no text {name}.", field=name)
    return value


async def _read(part: UploadFile | str) -> FileContent:
    if isinstance(part, str):
        raise InvalidInput("A file is sent as a file, not as a text.", field="files")
    return FileContent(part.filename or "", part.content_type or "", await part.read())


def _checked(files: Sequence[FileContent]) -> Sequence[FileContent]:
    if not files:
        raise InvalidInput("The form has no file.", field="files")
    for file in files:
        name = file_types.plain_name(file.name)
        found = file_types.sniffed_type(file.content, file.name)
        if not file.content:
            raise InvalidInput(f"The file {name} is empty.", field="files")
        if found not in _types() or file_types.refusal(found, name):
            raise InvalidInput(f"The file {name} is of a kind that is not taken ({found}).", field="files")
    if sum(len(file.content) for file in files) > _most_bytes():
        raise TooLarge(f"The files are larger than {_most_bytes()} bytes.", field="files")
    return files
