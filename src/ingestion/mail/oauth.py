"""Access tokens for mailboxes: from a file, or fetched with a refresh token and renewed before they expire."""

import json
import logging
import os
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from runtime.errors import Unavailable
from runtime.settings import settings

log = logging.getLogger(__name__)

# A token is renewed this long before its end, so that none ends between its fetching and the login.
_EARLY_S = 120.0
_UNSTATED_S = 600.0
_LONGEST_TOKEN = 16_384


@dataclass(frozen=True)
class TokenFile:
    """Somebody else keeps the access token in this file fresh."""

    path: Path


@dataclass(frozen=True)
class Refresh:
    """OAuth 2.0 by refresh token (RFC 6749, section 6)."""

    token_url: str
    client_id: str
    refresh_token_file: Path
    client_secret_file: Path | None = None


TokenSource = TokenFile | Refresh


@dataclass(frozen=True)
class _Token:
    text: str
    good_until: float


_tokens: dict[Refresh, _Token] = {}
# Where the file could not be written: what it says, and what the token server gave in place of that.
_newer: dict[Refresh, tuple[str, str]] = {}
# One for each source: a token server that hangs holds up its own mailboxes alone.
_locks: defaultdict[Refresh, threading.Lock] = defaultdict(threading.Lock)


def access_token(source: TokenSource) -> str:
    """A token that is good for at least a while. Raises Unavailable, naming the file or the token server."""
    if isinstance(source, TokenFile):
        return read_secret(source.path)
    with _locks[source]:
        known = _tokens.get(source)
        if known is None or time.monotonic() > known.good_until:
            known = _tokens[source] = _fetch(source)
        return known.text


def forget(source: TokenSource) -> None:
    """A mail server refused the token: the next one is fetched anew."""
    if isinstance(source, Refresh):
        _tokens.pop(source, None)


def read_secret(path: Path) -> str:
    """The file's text without the end of its line. Raises Unavailable naming the file."""
    try:
        secret = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"The secret file {path} cannot be read ({type(error).__name__}).") from None
    if not secret:
        raise Unavailable(f"The secret file {path} is empty.")
    return secret


def _fetch(source: Refresh) -> _Token:
    answer = _ask(source)
    token, lasts_s = answer.get("access_token"), answer.get("expires_in", _UNSTATED_S)
    if not isinstance(token, str) or not _is_usable(token):
        raise Unavailable(f"The token server {_host(source)} gave no access token.")
    lasts_s = float(lasts_s) if isinstance(lasts_s, int | float) else _UNSTATED_S
    renewed = answer.get("refresh_token")
    if isinstance(renewed, str) and renewed:
        _keep(source, renewed)
    return _Token(token, time.monotonic() + max(lasts_s - _EARLY_S, lasts_s / 2))


def _is_usable(token: str) -> bool:
    return 0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.isprintable()


def _ask(source: Refresh) -> dict[str, Any]:
    form = {
        "grant_type": "refresh_token",
        "client_id": source.client_id,
        "refresh_token": _refresh_token(source),
    }
    if source.client_secret_file:
        form["client_secret"] = read_secret(source.client_secret_file)
    try:
        # A redirect would carry the secrets to somebody else: it is not followed.
        response = httpx.post(
            source.token_url, data=form, timeout=settings().ingestion.timeout_s, follow_redirects=False
        )
        answer = response.json()
    except httpx.HTTPError as error:
        raise Unavailable(
            f"The token server {_host(source)} does not answer ({type(error).__name__})."
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        answer = None
    if response.status_code != 200 or not isinstance(answer, dict):
        raise Unavailable(
            f"The token server {_host(source)} answered {response.status_code}{_error(answer)}."
        )
    return answer


def _error(answer: object) -> str:
    """Its error code, which RFC 6749 lists; never its free text."""
    stated = answer.get("error") if isinstance(answer, dict) else None
    known = (
        isinstance(stated, str)
        and len(stated) <= 40
        and stated.replace("_", "").isalpha()
        and stated.isascii()
    )
    return f" {stated}" if known else ""


def _refresh_token(source: Refresh) -> str:
    written = read_secret(source.refresh_token_file)
    stood, newer = _newer.get(source, ("", ""))
    # Whoever puts another token into the file means that one.
    return newer if newer and stood == written else written


def _keep(source: Refresh, refresh_token: str) -> None:
    """Some servers give a new refresh token each time. A file that cannot be written costs a warning."""
    if refresh_token == _refresh_token(source):
        return
    try:
        _replace(source.refresh_token_file, refresh_token)
    except OSError as error:
        _newer[source] = (read_secret(source.refresh_token_file), refresh_token)
        log.warning("the new refresh token is kept in memory alone: %s", error.strerror)
    else:
        _newer.pop(source, None)


def _replace(path: Path, text: str) -> None:
    """All of it or nothing, readable by its owner alone."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text)
    try:
        os.replace(file.name, path)
    except OSError:
        os.unlink(file.name)
        raise


def _host(source: Refresh) -> str:
    return httpx.URL(source.token_url).host
