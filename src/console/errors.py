"""Errors below /console are pages, not problem+json; who is not logged in is led to the login."""

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import WebSocketRequestValidationError
from fastapi.responses import RedirectResponse, Response

from console.rendering import render
from console.sessions import local_path

Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def show_as_pages(app: FastAPI) -> None:
    """Wrap the handlers that are installed already: the same statuses and words, as a page below /console."""
    for kind, handler in list(app.exception_handlers.items()):
        if kind is not WebSocketRequestValidationError:
            app.exception_handlers[kind] = _wrapped(handler)


def _wrapped(handler: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        made = handler(request, error)
        response = await made if inspect.isawaitable(made) else made
        below = request.url.path == "/console" or request.url.path.startswith("/console/")
        return _page(request, response) if below else response

    return handle


def _page(request: Request, response: Response) -> Response:
    fetched_by_script = "hx-request" in request.headers or "text/event-stream" in request.headers.get(
        "accept", ""
    )
    if response.status_code == 401 and not fetched_by_script:
        return RedirectResponse(f"/console/login?{urlencode({'next': _back_to(request)})}", status_code=303)
    problem = json.loads(bytes(response.body) or b"{}")
    page = render(request, "error.html", status=response.status_code, problem=problem)
    if wait := response.headers.get("retry-after"):
        page.headers["Retry-After"] = wait
    return page


def _back_to(request: Request) -> str:
    """Where to go after the login: a form's page rather than the form's target."""
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return local_path(request.url.path + query)
    return local_path(request.url.path.rpartition("/")[0])
