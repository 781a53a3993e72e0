"""Intercom's REST API: replies, what is in a conversation, and its state. Called by `intercom`."""

import re
from collections.abc import Mapping
from typing import Any

from ingestion.channels import http_client
from ingestion.channels.http_client import Answer
from runtime.errors import FateUnknown, Permanent, SettingError
from runtime.settings import settings

# The version whose shapes are read and written here, whatever the app's own default is.
_VERSION = "2.11"
_ADMIN = "DESKFLEET_INTERCOM_ADMIN_ID"


def reply(conversation_id: str, html: str) -> None:
    """A comment to the customer in the name of our admin."""
    answer = _call("POST", _conversation(conversation_id, "/reply"), _by_admin("comment", body=html))
    if "id" not in answer.json():
        raise FateUnknown(f"{answer.host} answered {answer.status} without the conversation.")


def read(conversation_id: str) -> dict[str, Any]:
    """The conversation with its parts; empty when it cannot be read whole."""
    return _call("GET", _conversation(conversation_id)).json()


def close(conversation_id: str) -> None:
    _call("POST", _conversation(conversation_id, "/parts"), _by_admin("close"))


def reopen(conversation_id: str) -> None:
    _call("POST", _conversation(conversation_id, "/parts"), _by_admin("open"))


def own_app() -> dict[str, Any]:
    """Whose access token it is."""
    return _call("GET", "/me").json()


def own_admin() -> dict[str, Any]:
    """The admin in whose name we answer. Raises Permanent when there is none with that id."""
    return _call("GET", f"/admins/{admin_id()}").json()


def admin_id() -> str:
    """Raises SettingError when it is not set."""
    found = settings().intercom.admin_id
    if not found:
        raise SettingError(f"The setting {_ADMIN} is missing.", field=_ADMIN)
    return found


def _by_admin(kind: str, **content: str) -> dict[str, str]:
    return {"message_type": kind, "type": "admin", "admin_id": admin_id(), **content}


def _conversation(conversation_id: str, part: str = "") -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,200}", conversation_id):
        raise Permanent("The ticket has no Intercom conversation.")
    return f"/conversations/{conversation_id}{part}"


def _call(method: str, path: str, body: Mapping[str, str] | None = None) -> Answer:
    """Raises SettingError when the channel is not set up, and what `http_client` raises."""
    config = settings().intercom
    token = http_client.need(config.access_token, "DESKFLEET_INTERCOM_ACCESS_TOKEN")
    headers = {"Authorization": f"Bearer {token}", "Intercom-Version": _VERSION}
    answer = http_client.request(method, config.api_url.rstrip("/") + path, headers=headers, body=body)
    said = http_client.harmless(_words(answer.json()), [config.access_token, config.client_secret])
    reset_s = http_client.until(answer.headers.get("x-ratelimit-reset", ""))
    http_client.judge(answer, said, retry_after_s=reset_s if answer.status == 429 else None)
    return answer


def _words(body: dict[str, Any]) -> str:
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first.get("message") or first.get("code") or "") if isinstance(first, dict) else ""
