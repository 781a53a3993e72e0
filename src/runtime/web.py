"""What every HTTP door shares: problem+json, the correlation id, body limits, headers, figures of requests."""

import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime import correlation, patience, telemetry
from runtime.errors import (
    Conflict,
    DeskfleetError,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Outdated,
    RateLimited,
    TooLarge,
    Unavailable,
)
from runtime.settings import settings

STATUS: dict[type[DeskfleetError], int] = {
    InvalidInput: 422,
    TooLarge: 413,
    NotAuthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Outdated: 412,
    RateLimited: 429,
    Unavailable: 503,
}
_TITLES = {
    400: "Bad request", 401: "Not authenticated", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
    409: "Conflict", 412: "Precondition failed", 413: "Too large", 415: "Unsupported media type", 422: "Invalid input",
    429: "Too many requests", 500: "Internal error", 503: "Unavailable",
}  # fmt: skip
_COME_BACK_S = "2"
# `runtime.telemetry` tells of each request, without the texts of errors; the framework would tell it again, with them.
NO_TELEMETRY = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
_SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"content-security-policy": (
        b"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


class _Problem(JSONResponse):
    """In ASCII: a name that the caller sent may hold what no encoding can carry."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401  # whatever JSON can hold
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def problem(
    status: int, detail: str, *, field: str | None = None, errors: list[dict[str, str]] | None = None
) -> JSONResponse:
    """An RFC 9457 problem. `field` names the part of the input that is wrong."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "correlation_id": correlation.current(),
    }
    if field:
        body["field"] = field
    if errors:
        body["errors"] = errors
    return _Problem(body, status_code=status)


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DeskfleetError)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    response = problem(status, error.detail, field=error.field)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = _COME_BACK_S
    if isinstance(error, NotAuthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": _field_of(one["type"], one["loc"]), "detail": str(one["msg"])} for one in error.errors()
    ]
    first = errors[0]
    return problem(422, f"{first['field']}: {first['detail']}", field=first["field"], errors=errors)


def _field_of(kind: str, location: Sequence[int | str]) -> str:
    """Of a body that is no JSON the location is an offset, which names nothing."""
    inner = () if kind == "json_invalid" else location[1:]
    return ".".join(str(part) for part in inner) or str(location[0])


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, DeskfleetError):  # The framework wraps what reading the body raises.
        return await _ours(request, error.__cause__)
    response = problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})  # A 405 names the methods that are allowed.
    return response


async def _not_storable(_request: Request, _error: Exception) -> JSONResponse:
    return problem(
        422, "A value cannot be stored: it holds a character that no text may hold, or a number too large."
    )


async def _database_away(_request: Request, _error: Exception) -> JSONResponse:
    response = problem(503, "The database does not answer. Nothing was stored; try again.")
    response.headers["Retry-After"] = _COME_BACK_S
    return response


async def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    return problem(500, "Something went wrong on our side.")


def install(app: FastAPI, *, larger_bodies: Mapping[str, int] | None = None) -> None:
    """Problem responses for every error, and the one middleware, which is also around the framework's own.

    `larger_bodies`: paths whose bodies may be larger than the others', with their limits in bytes.
    """
    app.add_exception_handler(DeskfleetError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(PoolTimeoutError, _database_away)
    app.add_exception_handler(DataError, _not_storable)
    app.add_exception_handler(UnicodeEncodeError, _not_storable)  # Half of a surrogate pair.
    app.add_exception_handler(Exception, _unexpected)
    inner = app.build_middleware_stack
    # `add_middleware` would leave the answers to unexpected errors without headers and correlation id.
    app.build_middleware_stack = lambda: Edge(inner(), larger_bodies or {})  # type: ignore[method-assign]


class Edge:
    """Plain ASGI, because the framework's own middleware class costs a task for each request."""

    def __init__(self, app: ASGIApp, larger_bodies: Mapping[str, int]) -> None:
        self.app = app
        self.max_body = settings().web.max_body_bytes
        self.larger_bodies = larger_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {key: value for key, value in scope["headers"] if key in _READ_HEADERS}
        given = headers.get(b"x-correlation-id", b"").decode("latin-1")
        carried = {
            key.decode(): value.decode("latin-1") for key, value in headers.items() if key == b"traceparent"
        }
        correlation.adopt(correlation.accepted(given))
        with telemetry.continued(carried), patience.at_most(patience.REQUEST_S):
            if scope["type"] == "websocket":
                await self.app(scope, receive, send)
            else:
                await self._request(scope, receive, send, headers)

    async def _request(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_defaults(message["headers"])
            await send(message)

        length = headers.get(b"content-length", b"0")
        most = self.larger_bodies.get(scope["path"], self.max_body)
        with telemetry.span(scope["method"]) as span:
            try:
                if length.isdigit() and int(length) > most:
                    response = problem(413, f"The body is larger than {most} bytes.")
                    await response(scope, receive, send_with_headers)
                else:
                    await self.app(scope, _Limited(receive, most), send_with_headers)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                span.update_name(f"{scope['method']} {route}")
                telemetry.record_http(scope["method"], route, status, time.perf_counter() - started)


_READ_HEADERS = frozenset({b"x-correlation-id", b"traceparent", b"content-length"})


def _with_defaults(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = {key for key, _value in headers}
    added = [(key, value) for key, value in _SECURITY_HEADERS.items() if key not in present]
    return [*headers, *added, (b"x-correlation-id", correlation.current().encode())]


class _Limited:
    """Counts a body that came without a length."""

    def __init__(self, receive: Callable[[], Awaitable[Message]], most: int) -> None:
        self._receive = receive
        self._left = most
        self._most = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLarge(f"The body is larger than {self._most} bytes.")
        return message


def listed(addresses: str) -> list[str]:
    """A setting that lists addresses, comma-separated, with spaces or without."""
    return [address.strip() for address in addresses.split(",")]


def client_address(request: HTTPConnection) -> str:
    """The caller's address; a proxy's word counts only when the proxy is trusted."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "")
    if not forwarded or not _is_among(peer, settings().runtime.trusted_proxies):
        return peer
    return forwarded.rsplit(",", maxsplit=1)[-1].strip()


@lru_cache(maxsize=1024)
def _is_among(address: str, addresses: str) -> bool:
    """Of a list of addresses and networks, such as those of a load balancer (10.0.0.0/16)."""
    if address in listed(addresses):
        return True
    try:
        found = ip_address(address)
        return any(found in ip_network(one) for one in listed(addresses) if "/" in one)
    except ValueError:
        return False
