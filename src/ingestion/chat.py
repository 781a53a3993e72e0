"""The door of the web chat: its page, the widget that pages embed, and the WebSocket that both open."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import FileResponse
from starlette.responses import Response

from ingestion import chat_files, chat_origins, chat_seats, chat_sessions, chat_widget_script
from ingestion.chat_refusals import refusal
from ingestion.chat_sessions import DATABASE_AWAY, Welcome
from ingestion.chat_socket import ChatSocket
from runtime.errors import DeskfleetError, NotFound, Unavailable
from runtime.web import client_address

router = APIRouter()
router.include_router(chat_files.router)

_PAGE = Path(__file__).with_name("chat_page")
_FILES = {path.name: path for path in _PAGE.iterdir() if path.suffix in {".css", ".svg"}}
_REVALIDATE = {"Cache-Control": "no-cache"}
# A browser cannot set headers of a WebSocket but this one. In the address the token would reach every proxy's log.
_PROTOCOL = "deskfleet.chat"


@router.get("/chat", include_in_schema=False)
def show_chat() -> FileResponse:
    return FileResponse(_PAGE / "chat.html", media_type="text/html", headers=_REVALIDATE)


@router.get("/chat/static/{name}", include_in_schema=False)
def read_static_file(name: str) -> FileResponse:
    if name not in _FILES:
        raise NotFound("There is no such file.")
    return FileResponse(_FILES[name], headers=_REVALIDATE)


@router.get("/widget.js", include_in_schema=False)
def read_widget(request: Request) -> Response:
    """The whole widget. Any page may load it; which may open a chat with it is asked of the socket."""
    script = chat_widget_script.widget_script()
    packed = "gzip" in request.headers.get("accept-encoding", "")
    tag = script.packed_tag if packed else script.tag
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=300, must-revalidate",
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if tag in (one.strip() for one in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    content = script.packed if packed else script.content
    return Response(content, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/chat/words/{language}.json", include_in_schema=False)
def read_words(language: str) -> Response:
    """What the widget says in a language. Its address changes with its content."""
    words = chat_widget_script.widget_words().get(language)
    if words is None:
        raise NotFound("There is no such language.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Access-Control-Allow-Origin": "*"}
    return Response(words, media_type="application/json", headers=headers)


@router.websocket("/chat/ws")
async def open_chat(websocket: WebSocket) -> None:
    """The visitor's frames are described in `channels.web_chat`, ours in `chat_socket`.

    The token comes as a second subprotocol after `deskfleet.chat`; without one the conversation is new.
    """
    offered = [str(one) for one in websocket.scope.get("subprotocols", [])]
    address = client_address(websocket)
    with ExitStack() as stack:
        try:
            welcome = await run_sync(partial(_enter, websocket, offered, address=address))
            stack.enter_context(chat_seats.seat(welcome.visitor.visitor_id, address=address))
        except DeskfleetError as error:
            await websocket.send_denial_response(refusal(error))
            return
        await websocket.accept(_PROTOCOL if _PROTOCOL in offered else None)
        await ChatSocket(websocket, welcome, address=address).run()


def _enter(websocket: WebSocket, offered: list[str], *, address: str) -> Welcome:
    """The conversation of the token. Raises why there is none for this caller now."""
    page = chat_origins.page_of(websocket)
    chat_sessions.admit(address)
    token = next((one for one in offered if one != _PROTOCOL), "")
    try:
        return chat_sessions.welcome(token, page=page)
    except DATABASE_AWAY:
        raise Unavailable("The database does not answer; try again.") from None
