"""ASGI: what REST gives to read carries an ETag; who has the same already is told so without the content."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.preconditions import tag_of_content

_PREFIX = "/api/v1/"
_MOST = 2_097_152


class ETags:
    """Install it with `app.add_middleware`. Answers that are streamed, such as files, pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(_PREFIX):
            await self.app(scope, receive, send)
            return
        start: Message = {}

        async def send_tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_whole(message):
                start = message
            elif start:
                await _send_whole(scope, start, message, send)
            else:
                await send(message)

        await self.app(scope, receive, send_tagged)


def _is_whole(start: Message) -> bool:
    headers = dict(start["headers"])
    length = headers.get(b"content-length", b"")
    is_json = headers.get(b"content-type", b"").startswith(b"application/json")
    return bool(start["status"] == 200 and is_json and length.isdigit() and int(length) <= _MOST)


async def _send_whole(scope: Scope, start: Message, body: Message, send: Send) -> None:
    content = body.get("body", b"")
    tag = tag_of_content(content).encode()
    asked = dict(scope["headers"]).get(b"if-none-match", b"")
    # Personal, so no shared cache keeps it; and asked for again each time.
    added = [(b"etag", tag), (b"cache-control", b"private, no-cache"), (b"vary", b"authorization, x-api-key")]
    if _matches(asked, tag):
        await send({"type": "http.response.start", "status": 304, "headers": added})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({**start, "headers": [*start["headers"], *added]})
    await send(body)


def _matches(asked: bytes, tag: bytes) -> bool:
    known = [one.strip().removeprefix(b"W/") for one in asked.split(b",")]
    return tag in known or known == [b"*"]
