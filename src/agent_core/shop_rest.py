"""The shop behind its REST API: bounded in time and size, and clear about what was certainly not sent."""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from agent_core.shop_contract import Account, AccountRow, Command, Fate, FateRow, OrderRow, Outcome, ShopOrder
from runtime import telemetry
from runtime.errors import FateUnknown, Permanent, Retryable
from runtime.never_sent import NEVER_SENT
from runtime.settings import settings

_CONNECT_S = 3.0
_MOST_BYTES = 2_097_152
# 401 and 403: once the token is right again, it can be done.
_FOR_NOW = (401, 403, 408, 425, 429, 503)
_REFUSED = (409, 422)


@dataclass(frozen=True)
class _Answer:
    status: int
    body: Mapping[str, Any] = field(repr=False)

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def account_of(mail: str) -> Account | None:
    found = _read("/customer", {"email": mail}).get("customer")
    if found is None:
        return None
    try:
        account = AccountRow.model_validate(found).account()
    except ValidationError as error:
        raise _nonsense(error) from None
    return account if account.mail.lower() == mail.lower() else None


def orders_of(mail: str) -> tuple[ShopOrder, ...]:
    """What the shop gives of somebody else's is left out: its filter is not what privacy hangs on."""
    try:
        rows = [OrderRow.model_validate(one) for one in _read("/orders", {"email": mail})["orders"]]
    except (ValidationError, LookupError, TypeError) as error:
        raise _nonsense(error) from None
    return tuple(row.order() for row in rows if row.email.lower() == mail.lower())


def execute(command: Command) -> Fate:
    body = {"kind": command.kind.value, "email": command.mail, "arguments": command.arguments}
    answer = _request("POST", "/actions", body=body, key=command.key)
    if answer.is_good or answer.status in _REFUSED:
        fate = _fate(answer)
        if fate is not None and fate.outcome is not Outcome.NEVER_SEEN:
            return fate
    words = f"The shop answered {answer.status}"
    if answer.status in _FOR_NOW:
        raise Retryable(f"{words}.")
    if 400 <= answer.status < 500:
        raise Permanent(f"{words}.")
    raise FateUnknown(f"{words}: whether it was done is not known.")


def fate_of(key: str) -> Fate:
    """Only the shop's own word counts: a page with 404 from somewhere in between says nothing."""
    answer = _request("GET", f"/actions/{quote(key, safe='')}")
    fate = _fate(answer) if answer.is_good else None
    if fate is None:
        raise Retryable(f"The shop answered {answer.status} when it was asked what became of an action.")
    return fate


def _fate(answer: _Answer) -> Fate | None:
    try:
        return FateRow.model_validate(answer.body).fate()
    except ValidationError:
        return None


def _read(path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    answer = _request("GET", path, query=query)
    if not answer.is_good:
        raise Retryable(f"The shop answered {answer.status}.")
    return answer.body


def _nonsense(error: Exception) -> Permanent:
    """A bad row's own words may be a customer's: the kind of the error is all that is told."""
    return Permanent(f"The shop's answer is not as agreed ({type(error).__name__}).")


def _request(
    method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None, key: str = ""
) -> _Answer:
    """One request. No library's error is chained: what it says may quote an address or a token."""
    agent = settings().agent
    headers = {"Accept": "application/json", "Authorization": f"Bearer {agent.shop_token.get_secret_value()}"}
    if key:
        headers["Idempotency-Key"] = key
    url = agent.shop_url.rstrip("/") + path
    try:
        with (
            telemetry.span("shop", method=method, path=path.split("/")[1]),
            _client().stream(
                method, url, headers=headers, params=query, json=body, timeout=_timeout()
            ) as response,
        ):
            return _Answer(response.status_code, _body(response))
    except NEVER_SENT as error:
        raise Retryable(f"The shop cannot be reached ({type(error).__name__}).") from None
    except httpx.HTTPError as error:
        words = f"The shop gave no answer ({type(error).__name__})"
    if method == "GET":
        raise Retryable(f"{words}.")
    raise FateUnknown(f"{words}: whether it was done is not known.")


def _timeout() -> httpx.Timeout:
    whole = settings().agent.shop_timeout_s
    return httpx.Timeout(whole, connect=min(_CONNECT_S, whole))


def _body(response: httpx.Response) -> Mapping[str, Any]:
    """The JSON object, or an empty one. A body that never ends is given up with the time."""
    deadline = time.monotonic() + settings().agent.shop_timeout_s
    kept = bytearray()
    for piece in response.iter_bytes():
        kept += piece
        if len(kept) > _MOST_BYTES or time.monotonic() > deadline:
            raise httpx.ReadTimeout("The answer is too long.")
    try:
        value = json.loads(kept)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


_connecting = threading.Lock()


def forget() -> None:
    """Close the connections: the settings have changed."""
    if _made.cache_info().currsize:
        _made().close()
        _made.cache_clear()


def _forget_after_fork() -> None:
    """A child must not use its parent's connections, nor wait for a thread that it does not have."""
    global _connecting
    _connecting = threading.Lock()
    _made.cache_clear()


os.register_at_fork(after_in_child=_forget_after_fork)


def _client() -> httpx.Client:
    """One for all threads: two that come first at the same time make one."""
    with _connecting:
        return _made()


@lru_cache(maxsize=1)
def _made() -> httpx.Client:
    """The shop is the operator's own choice; a redirect is not followed, since it would carry the token along."""
    return httpx.Client(follow_redirects=False, limits=httpx.Limits(max_connections=50, keepalive_expiry=5.0))
