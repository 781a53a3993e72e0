"""ASGI: a POST that is repeated with the same `Idempotency-Key` is done once, and answered as the first time.

The key belongs to its caller and is kept for a day; answers are sealed, because they may name customers.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta

from anyio import to_thread
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts.access import bearer_secret, recognise
from accounts.models import IdempotentAnswer
from runtime.database import transaction
from runtime.errors import NotAuthenticated, Unavailable
from runtime.sealing import seal, unseal
from runtime.web import problem

_HEADER = b"idempotency-key"
_PREFIX = "/api/v1/"
# Intake has ids of its own for this, which are kept for longer: `ingestion.rest`.
_INTAKE = re.compile(r"/api/v1/tickets(/[^/]+/messages)?")
# What they answer is a secret that is shown once and kept nowhere; files come in larger bodies, and have ids.
_LEFT_OUT = ("/api/v1/keys", "/api/v1/users", "/api/v1/files")
_MOST_KEY = 200
_MOST_ANSWER = 262_144
_UNDER_WAY = timedelta(minutes=2)
_GONE = '{"type":"about:blank","title":"Gone","status":410,"detail":"What was answered was erased with its customer."}'
_NOT_KEPT = frozenset({401, 403, 409, 429})


@dataclass
class _Answer:
    code: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True)
class _Asked:
    caller: str
    key: str
    request_sha256: str

    @property
    def place(self) -> str:
        return _place(self.caller, self.key)


def _place(caller: str, key: str) -> str:
    return f"idempotent_answers:{caller}:{key}"


class Idempotency:
    """Install it with `app.add_middleware`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _concerns(scope):
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        asked = await to_thread.run_sync(_asked, scope, body)
        if asked is None:
            await self.app(scope, _again(body, receive), send)
        elif not 0 < len(asked.key) <= _MOST_KEY or not asked.key.isprintable():
            await problem(422, f"Idempotency-Key has 1 to {_MOST_KEY} characters.")(scope, receive, send)
        elif known := await to_thread.run_sync(_begin, asked):
            await _replay(known, asked)(scope, receive, send)
        else:
            await self._do(asked, scope, _again(body, receive), send)

    async def _do(self, asked: _Asked, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer()

        async def send_and_keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.code = message["status"]
                answer.headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in message["headers"]}
            elif message["type"] == "http.response.body":
                answer.content += message.get("body", b"")[: _MOST_ANSWER + 1 - len(answer.content)]
                if not message.get("more_body"):
                    await to_thread.run_sync(_finish, asked, answer)
            await send(message)

        try:
            await self.app(scope, receive, send_and_keep)
        except BaseException:
            await to_thread.run_sync(_give_up, asked)
            raise


def _concerns(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(_PREFIX):
        return False
    if scope["path"].startswith(_LEFT_OUT) or _INTAKE.fullmatch(scope["path"]):
        return False
    return any(name == _HEADER for name, _value in scope["headers"])


async def _read(receive: Receive) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def _asked(scope: Scope, body: bytes) -> _Asked | None:
    """Who asks for what; None for nobody we know, whom the route refuses in its own words."""
    request = Request(scope)
    try:
        caller = recognise(bearer_secret(request)).public_id
    except NotAuthenticated:
        return None
    whole = f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n".encode() + body
    return _Asked(caller, request.headers["idempotency-key"], hashlib.sha256(whole).hexdigest())


def _begin(asked: _Asked) -> IdempotentAnswer | None:
    """None: it is new, and now ours to do. What a process that died left behind is taken over after two minutes."""
    row = insert(IdempotentAnswer).values(
        caller=asked.caller, key=asked.key, request_sha256=asked.request_sha256
    )
    left_behind = (
        IdempotentAnswer.status.is_(None)
        & (IdempotentAnswer.created_at < func.now() - _UNDER_WAY)
        & (IdempotentAnswer.request_sha256 == asked.request_sha256)
    )
    with transaction() as session:
        ours = session.scalar(
            row.on_conflict_do_update(
                index_elements=[IdempotentAnswer.caller, IdempotentAnswer.key],
                set_={"created_at": func.now()},
                where=left_behind,
            ).returning(IdempotentAnswer.key)
        )
        return None if ours else session.scalars(select(IdempotentAnswer).where(*_mine(asked))).first()


def _replay(known: IdempotentAnswer, asked: _Asked) -> ASGIApp:
    if known.request_sha256 != asked.request_sha256:
        return problem(422, "This Idempotency-Key was used for another request.")
    if known.status is None or known.content is None:
        return problem(409, "The first request with this Idempotency-Key is still under way.")
    content = unseal(known.content, place=asked.place).encode("latin-1")
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in known.headers.items()]

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        repeated = [*headers, (b"idempotent-replayed", b"true")]
        await send({"type": "http.response.start", "status": known.status, "headers": repeated})
        await send({"type": "http.response.body", "body": content})

    return answer


def _finish(asked: _Asked, answer: _Answer) -> None:
    """What failed on our side, or was refused for now, may be tried again under the same key."""
    if answer.code >= 500 or answer.code in _NOT_KEPT or len(answer.content) > _MOST_ANSWER:
        _give_up(asked)
        return
    kept = {name: value for name, value in answer.headers.items() if name in ("content-type", "location")}
    sealed = seal(answer.content.decode("latin-1"), place=asked.place)
    with transaction() as session:
        session.execute(
            update(IdempotentAnswer)
            .where(*_mine(asked))
            .values(status=answer.code, content=sealed, headers=kept)
        )


def forget_answers(session: Session, words: Collection[str]) -> int:
    """Of an erasure: answers that hold one of these words are kept no more, though their keys still are.

    Whoever repeats such a request is told so, and it is not done twice. Returns how many.
    """
    kept = session.scalars(select(IdempotentAnswer).where(IdempotentAnswer.content.is_not(None)))
    forgotten = 0
    for one in kept.all():
        place = _place(one.caller, one.key)
        try:
            said = (
                unseal(one.content or b"", place=place).encode("latin-1").decode("utf-8", "replace").lower()
            )
        except Unavailable:  # Sealed with a key that is gone: nobody reads it any more.
            continue
        if any(word.lower() in said for word in words):
            one.status, one.headers = 410, {"content-type": "application/problem+json"}
            one.content = seal(_GONE, place=place)
            forgotten += 1
    return forgotten


def _give_up(asked: _Asked) -> None:
    with transaction() as session:
        session.execute(delete(IdempotentAnswer).where(*_mine(asked), IdempotentAnswer.status.is_(None)))


def _mine(asked: _Asked) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return IdempotentAnswer.caller == asked.caller, IdempotentAnswer.key == asked.key
