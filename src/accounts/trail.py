"""ASGI: every write, refusal and view of personal data by somebody we know leaves an entry in the audit log.

One place for all doors, so that a new route cannot forget it. The entry is durable before the answer leaves.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts import audit
from accounts.audit import Action, Asking
from runtime import limits
from runtime.database import transaction
from runtime.errors import RateLimited
from runtime.web import client_address

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSALS = frozenset({401, 403})
# Of a customer, or with what a customer wrote: the names of these parts of an address.
_PERSONAL = ("ticket_id", "public_id", "customer_id", "message_id", "file_id", "action_id", "parked_id")
# Said often and changes nothing that is kept: who looks at what, and the theme.
_UNTOLD = ("/presence", "/typing", "/theme", "/live")
# Logins tell the log themselves, also when nobody is known.
_LOGINS = ("/auth/", "/console/login", "/console/oidc", "/console/invitation", "/console/password")
# What customers say through a program is on the ticket's timeline, with the key; its use is counted per hour.
_INTAKE = frozenset({"/api/v1/tickets", "/api/v1/tickets/{ticket_id}/messages", "/api/v1/files"})
_CONSOLE = "/console"
_SAME_VIEW_S = 60.0
_MOST_VIEWS = 10_000
_REFUSALS_PER_MINUTE = 30
_MOST_CHARACTERS = 80

_views: dict[tuple[str, str, str], float] = {}
_lock = threading.Lock()


class Trail:
    """Install it with `app.add_middleware`, inside `runtime.web.Edge`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_LOGINS):
            await self.app(scope, receive, send)
            return

        async def send_when_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                action = action_of(scope, message["status"], asking)
                if action:
                    await to_thread.run_sync(_record, scope, action, message["status"], asking)
            await send(message)

        asking = audit.begin_asking()
        await self.app(scope, receive, send_when_told)


def action_of(scope: Scope, status: int, asking: Asking) -> Action | None:
    """What an answer is in the words of the log; None when it is nothing to tell."""
    if asking.is_recorded or scope["path"].endswith(_UNTOLD):
        return None
    if status in _REFUSALS:
        return Action.REFUSE
    if asking.principal is None or status >= 400:
        return None
    if scope["method"] not in _READS:
        return None if _route(scope) in _INTAKE else Action.WRITE
    return Action.VIEW if _subject(scope.get("path_params") or {}) else None


def _route(scope: Scope) -> str:
    """As the application has it; of a page the framework tells the path without what it is mounted below."""
    path = str(getattr(scope.get("route"), "path", ""))
    below = _CONSOLE if scope["path"].startswith(_CONSOLE) and not path.startswith(_CONSOLE) else ""
    return below + path


def _subject(parameters: Mapping[str, Any]) -> str:
    """Whom or what it is about: a public id as it is, a number with what it counts."""
    for name in _PERSONAL:
        if name in parameters:
            value = str(parameters[name])[:_MOST_CHARACTERS].replace("\0", "")
            return f"{name.removesuffix('_id')}:{value}" if value.isdigit() else value
    return ""


def _record(scope: Scope, action: Action, status: int, asking: Asking) -> None:
    request = Request(scope)
    actor = asking.principal.public_id if asking.principal else audit.NOBODY
    address = client_address(request)
    target = _subject(scope.get("path_params") or {})
    if action is Action.VIEW and _was_seen_just_now(actor, target, _route(scope)):
        return
    if action is Action.REFUSE and not _is_room_for_refusal(address):
        return
    data = {"method": scope["method"], "route": _route(scope), "status": status}
    with transaction() as session:
        audit.record(session, action, actor=actor, target=target, address=address, data=data)


def _was_seen_just_now(actor: str, target: str, route: str) -> bool:
    """A page that renews itself is one view a minute."""
    now = time.monotonic()
    with _lock:
        if len(_views) > _MOST_VIEWS:
            _views.clear()
        seen = _views.get((actor, target, route), -_SAME_VIEW_S)
        if now - seen < _SAME_VIEW_S:
            return True
        _views[actor, target, route] = now
    return False


def _is_room_for_refusal(address: str) -> bool:
    """Whoever guesses must not fill the log: its first refusals of a minute are enough to see it."""
    try:
        limits.take(f"refusals:{address}", per_minute=_REFUSALS_PER_MINUTE)
    except RateLimited:
        return False
    return True


def forget() -> None:
    """Forget who has seen what (tests)."""
    with _lock:
        _views.clear()
