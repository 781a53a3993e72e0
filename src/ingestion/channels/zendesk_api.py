"""Zendesk's Support API: comments with their files, the audits that prove them, and the status of tickets.

Called by `zendesk` and `platform_files`.
"""

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from ingestion.channels import http_client
from ingestion.channels.http_client import Answer
from ingestion.channels.remote_files import RemoteFile
from runtime.errors import FateUnknown, Permanent, Retryable, SettingError
from runtime.settings import settings

# One page stays well below what one answer may weigh; a ticket of more pages than this is not read.
_PAGES = {"audits": 50, "comments": 20}
_MOST_PAGES = 20
_MARKER = "deskfleet"


def add_comment(ticket_id: str, html: str, *, marker: str) -> None:
    """A public comment. The marker is kept in the update's audit, out of the customer's sight.

    Zendesk honours an Idempotency-Key only where tickets are created, so none is sent: the marker is the evidence.
    """
    comment = {"html_body": html, "public": True}
    answer = _call("PUT", _ticket(ticket_id), {"ticket": {"comment": comment, "metadata": {_MARKER: marker}}})
    if "ticket" not in answer.json():
        raise FateUnknown(f"{answer.host} answered {answer.status} without the ticket.")


def has_comment(ticket_id: str, *, marker: str) -> bool | None:
    """Whether an update with this marker is among the ticket's audits; None when they cannot all be read."""
    for audits, whole in _pages(ticket_id, "audits"):
        if any(_marker_of(audit) == marker for audit in audits):
            return True
        if whole:
            return False
    return None


def _pages(ticket_id: str, name: str, more: str = "") -> Iterator[tuple[list[Any], bool]]:
    """Of a ticket's list of that name, and whether all of it was seen; ends early where it cannot be read."""
    cursor = ""
    for _page in range(_MOST_PAGES):
        after = f"&page[after]={quote(cursor, safe='')}" if cursor else ""
        page = _call("GET", f"{_ticket(ticket_id, f'/{name}')}?page[size]={_PAGES[name]}{more}{after}").json()
        found, meta = page.get(name), page.get("meta")
        if not isinstance(found, list) or not isinstance(meta, dict):
            return
        yield found, not meta.get("has_more")
        cursor = str(meta.get("after_cursor") or "")
        if not meta.get("has_more") or not cursor:
            return


def _marker_of(audit: object) -> object:
    metadata = audit.get("metadata") if isinstance(audit, dict) else None
    custom = metadata.get("custom") if isinstance(metadata, dict) else None
    return custom.get(_MARKER) if isinstance(custom, dict) else None


def files_of_comment(ticket_id: str, external_id: str) -> list[RemoteFile]:
    """The files of the comment `comment:ID`, or of any other external id the ticket's first; webhooks do not list them.

    Raises what `http_client` raises, and Retryable when the comment is not shown (yet).
    """
    kind, _, comment_id = external_id.partition(":")
    for comments, _whole in _pages(ticket_id, "comments", "&include_inline_images=true"):
        for comment in comments:
            if isinstance(comment, dict) and (kind != "comment" or str(comment.get("id")) == comment_id):
                return _files(comment.get("attachments"))
    raise Retryable("Zendesk does not show the comment that was told of.")


def _files(listed: object) -> list[RemoteFile]:
    return [
        RemoteFile(
            url=str(one["content_url"]),
            name=str(one.get("file_name") or ""),
            type=str(one.get("content_type") or ""),
        )
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and one.get("content_url") and not one.get("deleted")
    ]


def file_headers(url: str) -> dict[str, str]:
    """Our token for the account's own host alone: what lies elsewhere has a signed address, or is a stranger's."""
    ours, place = urlsplit(settings().zendesk.api_url), urlsplit(url)
    if (place.scheme, place.netloc) != (ours.scheme, ours.netloc):
        return {}
    return {"Authorization": _authorization()}


def read_status(ticket_id: str) -> str:
    """Zendesk's word for the ticket's status; empty when it said none."""
    ticket = _call("GET", _ticket(ticket_id)).json().get("ticket")
    return str(ticket.get("status") or "").lower() if isinstance(ticket, dict) else ""


def write_status(ticket_id: str, status: str) -> None:
    _call("PUT", _ticket(ticket_id), {"ticket": {"status": status}})


def own_user() -> dict[str, Any]:
    """The user whose token we use, as Zendesk knows them; to a stranger it shows one without an id."""
    user = _call("GET", "/api/v2/users/me.json").json().get("user")
    return user if isinstance(user, dict) else {}


def _ticket(ticket_id: str, part: str = "") -> str:
    if not re.fullmatch(r"[0-9]{1,20}", ticket_id):
        raise Permanent("The ticket has no Zendesk ticket.")
    return f"/api/v2/tickets/{ticket_id}{part}.json"


def _call(method: str, path: str, body: object = None) -> Answer:
    """Raises SettingError when the channel is not set up, and what `http_client` raises."""
    config = settings().zendesk
    headers = {"Authorization": _authorization()}
    answer = http_client.request(method, config.api_url.rstrip("/") + path, headers=headers, body=body)
    said = http_client.harmless(_words(answer.json()), [config.api_token, config.webhook_secret])
    if answer.status == 409:
        # Another change of the same ticket was under way; this one was not made.
        raise Retryable(f"{answer.host} answered 409: {said}", retry_after_s=http_client.retry_after(answer))
    http_client.judge(answer, said, retry_after_s=_rate_limit_s(answer))
    return answer


def _authorization() -> str:
    """Raises SettingError naming the setting that is missing."""
    config = settings().zendesk
    for name in ("api_url", "user"):
        if not getattr(config, name):
            variable = f"DESKFLEET_ZENDESK_{name.upper()}"
            raise SettingError(f"The setting {variable} is missing.", field=variable)
    token = http_client.need(config.api_token, "DESKFLEET_ZENDESK_API_TOKEN")
    return "Basic " + base64.b64encode(f"{config.user}/token:{token}".encode()).decode()


def _rate_limit_s(answer: Answer) -> float | None:
    """Seconds until calls are welcome again: Retry-After, or the end of the present minute's allowance."""
    reset = answer.headers.get("ratelimit-reset", "").strip()
    if pause_s := http_client.retry_after(answer):
        return pause_s
    return http_client.pause(float(reset)) if re.fullmatch(r"[0-9]{1,6}", reset) else None


def _words(body: dict[str, Any]) -> str:
    """The vendor's short words for an error; a validation's details name the field that Zendesk minds."""
    error = body.get("error")
    said = [error.get("title") if isinstance(error, dict) else error, body.get("description")]
    details = body.get("details")
    for problems in details.values() if isinstance(details, dict) else ():
        first = problems[0] if isinstance(problems, list) and problems else None
        said.append(first.get("description") if isinstance(first, dict) else None)
    return ". ".join(str(one) for one in said if isinstance(one, str) and one)
