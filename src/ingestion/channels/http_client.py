"""The channels' one way to their vendors' APIs: bounded, no redirects, and clear about what was certainly not sent.

One pool of connections a process. No error names more than the host, the status and the vendor's harmless words.
"""

import json
import math
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from runtime.errors import FateUnknown, Permanent, Retryable, SettingError
from runtime.never_sent import NEVER_SENT

MAX_ANSWER_BYTES = 1_048_576

_CONNECT_S = 5.0
_ANSWER_S = 20.0
_LONGEST_PAUSE_S = 86_400.0
# An idle connection that the vendor closes in the moment of a send leaves that send's fate unknown: keep few, briefly.
_LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=5.0)
_SAFE_METHODS = ("GET", "HEAD")
# 401: once the credentials are right again, the message can go.
_FOR_NOW = (401, 408, 425, 429, 503)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True)
class Answer:
    """What a vendor answered. Names of headers are in lower case."""

    method: str
    host: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The JSON object of the body; empty when it holds none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


def request(method: str, url: str, *, headers: Mapping[str, str], body: object = None) -> Answer:
    """One request, with `body` as JSON. Whatever the status, it is the caller's to `judge`.

    Raises Retryable when it was certainly not sent, or harms nobody when sent again; FateUnknown when it was sent
    and no answer came.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    wanted = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    # No error is chained: what a library says may quote a header, and with it a token.
    try:
        with _client().stream(method, url, headers=wanted, json=body) as response:
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(method, host, response.status_code, found, _read(response))
    except NEVER_SENT as error:
        raise Retryable(f"{host} cannot be reached ({type(error).__name__}).") from None
    except httpx.HTTPError as error:
        words = f"{host} gave no answer ({type(error).__name__})"
    if method in _SAFE_METHODS:
        raise Retryable(f"{words}.")
    raise FateUnknown(f"{words}: whether it took the message is not known.")


def _read(response: httpx.Response) -> bytes:
    """The body, or its beginning: with the status known, a body that breaks off or never ends changes nothing."""
    kept = bytearray()
    deadline = time.monotonic() + _ANSWER_S
    try:
        for piece in response.iter_raw():
            kept += piece
            if len(kept) >= MAX_ANSWER_BYTES or time.monotonic() > deadline:
                break
    except httpx.HTTPError:
        pass
    return bytes(kept[:MAX_ANSWER_BYTES])


def judge(answer: Answer, said: str, *, retry_after_s: float | None = None) -> None:
    """Returns when the vendor took it. `said`: its words, made `harmless`.

    Raises Retryable, Permanent or FateUnknown: behind a 500, 502 or 504 the message may have been taken.
    """
    if answer.ok:
        return
    words = f"{answer.host} answered {answer.status}{': ' if said else ''}{said}"
    if 400 <= answer.status < 500 and answer.status not in _FOR_NOW:
        raise Permanent(words)
    if answer.status >= 500 and answer.status not in _FOR_NOW and answer.method not in _SAFE_METHODS:
        raise FateUnknown(words)
    raise Retryable(words, retry_after_s=retry_after_s or retry_after(answer))


def check_account(number: str, expected: str, *, setting: str, what: str) -> None:
    """Whose credentials ours are. `what`: the vendor and its word for one, such as "Facebook page".

    Raises Retryable when the vendor did not say, SettingError when it is not the one of the setting.
    """
    vendor, _, account = what.partition(" ")
    if not number:
        raise Retryable(f"{vendor} answered without saying which {account} this is.")
    if expected and expected != number:
        raise SettingError(
            f"{setting} is {expected}, but the access token belongs to {number}.", field=setting
        )


def retry_after(answer: Answer) -> float | None:
    """Seconds by the header Retry-After, a number or a date; None without one that can be read."""
    value = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return pause(float(value))
    try:
        due = parsedate_to_datetime(value)
    except ValueError:
        return None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return pause((due - datetime.now(UTC)).total_seconds())


def until(epoch: str) -> float | None:
    """Seconds until a moment that a header gives as seconds since 1970; None when it is none."""
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", epoch.strip()):
        return None
    return pause(float(epoch) - time.time())


def pause(seconds: float) -> float | None:
    """A pause that a vendor asks for, within reason: between a second and a day."""
    return min(max(seconds, 1.0), _LONGEST_PAUSE_S) if math.isfinite(seconds) else None


def harmless(words: object, secrets: Iterable[SecretStr]) -> str:
    """A vendor's words for an error that staff see: one short line, without our secrets should it quote them."""
    text = words if isinstance(words, str) else ""
    for secret in secrets:
        if value := secret.get_secret_value():
            text = text.replace(value, "***")
    return _UNPRINTABLE.sub(" ", text)[:200].strip()


def need(value: SecretStr, variable: str) -> str:
    """A secret that is set. Raises SettingError naming the variable."""
    if not value.get_secret_value():
        raise SettingError(f"The setting {variable} is missing.", field=variable)
    return value.get_secret_value()


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    timeout = httpx.Timeout(_ANSWER_S, connect=_CONNECT_S, pool=_CONNECT_S)
    return httpx.Client(timeout=timeout, limits=_LIMITS, follow_redirects=False)


def close() -> None:
    """Close the connections of this process."""
    if _client.cache_info().currsize:
        _client().close()
        _client.cache_clear()


# A child process must not speak on its parent's connections.
os.register_at_fork(after_in_child=_client.cache_clear)
