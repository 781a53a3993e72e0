"""One open chat: reads the visitor's frames and shows what is new in the rows. It keeps a cursor, no data."""

import logging
import math
import time
from collections import deque
from functools import partial
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketDisconnected

from ingestion import chat_listeners, chat_news, chat_sessions
from ingestion.channels import web_chat
from ingestion.chat_files import upload_limits
from ingestion.chat_listeners import Ear
from ingestion.chat_news import ChatMessage, ChatState, News, PartialReply
from ingestion.chat_sessions import DATABASE_AWAY, Welcome
from runtime.errors import Conflict, DeskfleetError, InvalidInput, RateLimited, TooLarge
from runtime.settings import settings

log = logging.getLogger(__name__)

_WINDOW_S = 1.0
_FLOOD_PAUSE_S = 10.0
_POLICY_VIOLATION = 1008
_DATABASE_PAUSE_S = 2.0
_MARGIN_S = 0.1
_TYPING_S = 6  # Longer than the page of staff waits before it says so again.
# The page says these in the visitor's language; `detail` is for programs.
_CODES: dict[type[DeskfleetError], str] = {
    InvalidInput: "invalid",
    TooLarge: "too_large",
    RateLimited: "rate_limited",
    Conflict: "conflict",
}


class ChatSocket:
    """`run` holds an accepted socket until either side closes it."""

    def __init__(self, websocket: WebSocket, welcome: Welcome, *, address: str) -> None:
        self._websocket = websocket
        self._welcome = welcome
        self._visitor = welcome.visitor
        self._address = address
        self._most_frames = settings().chat.frames_per_second
        self._arrivals: deque[float] = deque(maxlen=self._most_frames + 1)
        self._cursor = welcome.newest_id
        self._resume_after: int | None = None
        self._state: ChatState | None = None
        self._partial: PartialReply | None = None
        self._wait_s: float | None = None

    async def run(self) -> None:
        with chat_listeners.listening(self._visitor.conversation_id) as ear:
            try:
                async with anyio.create_task_group() as tasks:
                    await self._say_welcome()
                    tasks.start_soon(self._show_news, ear)
                    await self._read_frames()
                    tasks.cancel_scope.cancel()
            except* (WebSocketDisconnect, WebSocketDisconnected):
                log.debug("a chat was closed while it was written to")

    async def _send(self, kind: str, **frame: Any) -> None:  # noqa: ANN401  # JSON
        await self._websocket.send_json({"type": kind, **frame})

    async def _say_welcome(self) -> None:
        await self._send(
            "welcome",
            token=self._welcome.token,
            conversation=self._visitor.conversation_id,
            resumed=self._welcome.resumed,
            newest_id=self._welcome.newest_id,
            desk=settings().agent.desk_name,
            files=upload_limits(),
        )

    async def _read_frames(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._is_flooded():
                detail = f"More than {self._most_frames} frames in a second: connect again later."
                error = _problem(RateLimited(detail, retry_after_s=_FLOOD_PAUSE_S))
                await self._send("error", **error | {"code": "flood"})
                await self._websocket.close(_POLICY_VIOLATION, "too many frames")
                return
            await self._answer(message.get("text"))

    def _is_flooded(self) -> bool:
        self._arrivals.append(time.monotonic())
        full = len(self._arrivals) > self._most_frames
        return full and self._arrivals[-1] - self._arrivals[0] < _WINDOW_S

    async def _answer(self, raw: str | None) -> None:
        """Do what one frame asks for. What is wrong with it is said, and the socket stays open."""
        about: dict[str, str] = {}
        try:
            if raw is None:
                raise InvalidInput("Binary frames are not understood: send JSON as text.")
            about = {"id": found} if (found := web_chat.frame_id(raw)) else {}
            await self._obey(web_chat.parse_frame(raw))
        except DeskfleetError as error:
            await self._send("error", **_problem(error), **about)
        except DATABASE_AWAY:
            detail = "The database does not answer. Nothing was stored; try again."
            away = {"code": "unavailable", "detail": detail, "field": None}
            await self._send("error", **away, retry_after_s=_DATABASE_PAUSE_S, **about)

    async def _obey(self, frame: web_chat.Frame) -> None:
        match frame:
            case web_chat.MessageFrame():
                receive = partial(chat_sessions.receive, self._visitor, frame, address=self._address)
                message_id = await run_sync(receive)
                await self._send("received", id=str(frame.id), message_id=message_id)
                chat_listeners.ring(self._visitor.conversation_id)
            case web_chat.SeenFrame():
                # Nobody has seen what was not shown to them.
                up_to = min(frame.up_to, self._cursor)
                await run_sync(chat_sessions.acknowledge, self._visitor, up_to)
            case web_chat.ResumeFrame():
                self._resume_after = frame.after
                chat_listeners.ring(self._visitor.conversation_id)
            case web_chat.PersonFrame():
                await run_sync(chat_sessions.ask_for_person, self._visitor)
                chat_listeners.ring(self._visitor.conversation_id)
            case web_chat.RateFrame():
                await run_sync(chat_sessions.rate, self._visitor, frame)
                chat_listeners.ring(self._visitor.conversation_id)

    async def _show_news(self, ear: Ear) -> None:
        """Until cancelled. It alone moves the cursor, so a resume is not undone by a page under way."""
        while True:
            if self._resume_after is not None:
                self._cursor, self._resume_after = self._resume_after, None
                self._state = self._partial = None
            try:
                if not await self._show_page():
                    # Who writes a reply may die, and one that was held back is shown: nobody tells of that.
                    await ear.wait(self._wait_s)
                if ear.take_typing():
                    await self._send("typing", for_s=_TYPING_S)
            except DATABASE_AWAY:
                log.warning("a chat cannot be read for the moment: the database does not answer")
                await ear.wait(_DATABASE_PAUSE_S)

    async def _show_page(self) -> bool:
        """Send the messages after the cursor and, once they are all sent, what else has changed."""
        news = await run_sync(partial(chat_news.read_news, self._visitor, after=self._cursor))
        chat_listeners.follow(self._visitor.conversation_id, news.ticket_ids)
        for message in news.messages:
            self._cursor = message.message_id
            await self._send("message", **_as_json(message))
        self._wait_s = None if news.wait_s is None else news.wait_s + _MARGIN_S
        if not news.more:
            await self._show_standing(news)
        return news.more

    async def _show_standing(self, news: News) -> None:
        """A partial reply always comes as a whole; without a text it is taken back, or its message has come."""
        before, self._partial = self._partial, news.partial
        if news.partial and news.partial != before:
            name = settings().agent.desk_name
            await self._send("partial", key=news.partial.key, text=news.partial.text, name=name)
        if before and not news.partial:
            await self._send("partial", key=before.key, text="")
        if news.state != self._state:
            self._state = news.state
            await self._send("status", status=news.state.status, rating=news.state.rating)


def _problem(error: DeskfleetError) -> dict[str, Any]:
    """`retry_after_s` is there when the same frame may be welcome later."""
    code = _CODES.get(type(error), "unavailable")
    body: dict[str, Any] = {"code": code, "detail": error.detail, "field": error.field}
    if isinstance(error, RateLimited):
        # Rounded up: who comes back a moment too early is refused again, and a pause of zero would read as "never".
        body["retry_after_s"] = math.ceil(error.retry_after_s * 10) / 10
    return body


def _as_json(message: ChatMessage) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "author": message.author,
        "name": message.name,
        "text": message.text,
        "citations": list(message.citations),
        "at": message.at.isoformat(),
        "id": message.client_id,
        "answers": message.answers,
        "files": list(message.files),
    }
