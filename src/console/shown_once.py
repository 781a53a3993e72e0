"""A secret on its way from the form that made it to the page that shows it, sealed in a cookie of one login."""

import base64
import binascii
import hashlib
import json
import secrets
import time
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response

from console.sessions import COOKIE, set_cookie
from runtime import limits
from runtime.errors import RateLimited, Unavailable
from runtime.sealing import seal, unseal

_COOKIE = "deskfleet_shown_once"
_VALID_S = 60


def hand_over(request: Request, response: Response, shown: Mapping[str, str], *, path: str) -> None:
    """The page at `path` gets it from `take`, if the same login asks for it."""
    whole = {"shown": dict(shown), "until": time.time() + _VALID_S, "once": secrets.token_hex(16)}
    sealed = seal(json.dumps(whole), place=_place(request))
    set_cookie(response, _COOKIE, base64.urlsafe_b64encode(sealed).decode(), path=path, valid_s=_VALID_S)


def take(request: Request) -> Mapping[str, str] | None:
    """What was handed over, the first time; whoever kept the cookie gets nothing by it."""
    carried = request.cookies.get(_COOKIE, "")
    if not carried:
        return None
    try:
        whole = json.loads(unseal(base64.urlsafe_b64decode(carried), place=_place(request)))
        if time.time() > whole["until"]:
            return None
        limits.take(f"shown-once:{whole['once']}", per_minute=60 // _VALID_S)
    except (binascii.Error, ValueError, Unavailable, RateLimited):
        return None
    shown: dict[str, str] = whole["shown"]
    return shown


def forget(response: Response, *, path: str) -> None:
    response.delete_cookie(_COOKIE, path=path)


def _place(request: Request) -> str:
    login = hashlib.sha256(request.cookies.get(COOKIE, "").encode()).hexdigest()
    return f"shown once:{login}"
