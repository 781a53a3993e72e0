"""Which pages may talk to the chat: our own and those of the list. Called by the doors of the chat."""

from starlette.requests import HTTPConnection

from runtime.errors import Forbidden
from runtime.settings import settings

OURS = "ours"
"""Stands for every address that our own pages are reached by."""


def page_of(connection: HTTPConnection) -> str:
    """Where the caller's page comes from: an origin of the list, `OURS`, or empty for a program.

    Browsers always name the origin of a page, so a caller that names none is nobody's page.
    Raises Forbidden for any other page.
    """
    origin, host = connection.headers.get("origin", ""), connection.headers.get("host", "")
    if not origin:
        return ""
    if origin in (settings().public_url, f"https://{host}", f"http://{host}"):
        return OURS
    if origin.lower() in _listed():
        return origin.lower()
    raise Forbidden(f"A page of {origin[:100]} may not open a chat here.", field="Origin")


def headers_for(connection: HTTPConnection) -> dict[str, str]:
    """What lets a page of the list read our answer; no cookie goes with it, so none is allowed for."""
    origin = connection.headers.get("origin", "")
    allowed = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}
    return {"Vary": "Origin"} | (allowed if origin.lower() in _listed() else {})


def _listed() -> list[str]:
    return [one.strip().rstrip("/").lower() for one in settings().chat.origins.split(",") if one.strip()]
