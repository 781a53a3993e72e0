"""A Facebook page: Messenger and comments in (hub challenge, signed batches), messages and comments out."""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from ingestion.channels import http_client
from ingestion.channels.contract import Challenge, WebhookRequest
from ingestion.channels.facebook_events import COMMENT, DIRECT, parse_page
from ingestion.channels.http_client import Answer
from ingestion.channels.splitting import send_in_parts, split_text, utf16_units
from ingestion.mail.compose import absolute
from runtime import signing
from runtime.errors import NotAuthenticated, Permanent, Retryable, SettingError
from runtime.settings import settings
from tickets.contracts import IncomingMessage
from tickets.deliveries import Outgoing

_MOST_TEXT = 2_000
_WINDOW = timedelta(hours=24)
_WINDOW_OF_PEOPLE = timedelta(days=7)
# Graph error codes: too many calls of the app, the user, the page, the business; or a failure that passes.
_LIMITED = frozenset({4, 17, 32, 613, 80001, 80006})
_PASSING = frozenset({2, 1200})
_BAD_TOKEN = 190
_OUTSIDE_WINDOW = 2018278
_HOUR_S = 3600.0


def challenge(request: WebhookRequest) -> Challenge | None:
    """The set-up of the webhook: Facebook shows the word that we agreed on and wants its number back."""
    if request.method != "GET" or "hub.mode" not in request.query:
        return None
    expected = settings().facebook.verify_token.get_secret_value()
    given = request.query.get("hub.verify_token", "")
    known = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    if not expected or not known or request.query["hub.mode"] != "subscribe":
        raise NotAuthenticated("The verify token is not ours.")
    return Challenge(request.query.get("hub.challenge", ""))


def verify(request: WebhookRequest) -> None:
    """Facebook signs no moment: what is delivered again is known by its messages' ids."""
    secret = settings().facebook.app_secret.get_secret_value()
    algorithm, _, given = request.headers.get("x-hub-signature-256", "").partition("=")
    known = signing.matches(secret.encode(), request.body, given.encode("ascii", "replace").decode())
    if not secret or algorithm != "sha256" or not known:
        raise NotAuthenticated("The delivery is not signed by Facebook.")


def parse(body: bytes) -> list[IncomingMessage]:
    return parse_page(body, page_id=settings().facebook.page_id)


def send(outgoing: Outgoing) -> None:
    """Send a Messenger message, or answer a comment, in parts where it is too long for one.

    Raises Retryable, Permanent or FateUnknown; see `send_in_parts` for a failure in the middle.
    """
    kind, _, name = outgoing.thread.partition(":")
    parts = split_text(_with_sources(outgoing), _MOST_TEXT, weight=utf16_units)
    if kind == DIRECT and re.fullmatch(r"[A-Za-z0-9_-]+", name):
        permission = _permission(outgoing)
        send_in_parts(parts, lambda part, _after: _send_direct(part, name, permission), after="")
    elif kind == COMMENT and re.fullmatch(r"[A-Za-z0-9_-]+", outgoing.answers_id):
        path = f"/{outgoing.answers_id}/comments"
        send_in_parts(parts, lambda part, _after: _post(path, {"message": part}, made="id"), after="")
    else:
        raise Permanent("The ticket names no conversation on Facebook that could be answered.")


def _with_sources(outgoing: Outgoing) -> str:
    found = [absolute(str(citation.get("url") or "")) for citation in outgoing.citations]
    new = [url for url in dict.fromkeys(found) if url and url not in outgoing.text]
    return "\n".join([outgoing.text.strip(), *new])


def _permission(outgoing: Outgoing) -> dict[str, object]:
    """As what Messenger takes the message: an answer within a day, a person's answer within a week."""
    if outgoing.answers_at is None:
        raise Permanent("The customer has not written on Messenger, so Facebook takes no message to them.")
    age = datetime.now(UTC) - outgoing.answers_at
    if age < _WINDOW:
        return {"messaging_type": "RESPONSE"}
    if outgoing.by_agent:
        raise Permanent(
            "The customer's message is more than 24 hours old: Facebook takes no automatic answer any more. "
            "A person may still answer within 7 days of it."
        )
    if age < _WINDOW_OF_PEOPLE:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    raise Permanent(
        "The customer's message is more than 7 days old: Facebook takes no answer any more. Use another way."
    )


def _send_direct(part: str, person: str, permission: dict[str, object]) -> str:
    content = {"recipient": {"id": person}, "message": {"text": part}, **permission}
    return _post("/me/messages", content, made="message_id")


def _post(path: str, content: dict[str, object], *, made: str) -> str:
    """The id of what was made, empty when Facebook does not say."""
    try:
        answer = _call("POST", path, content)
    except SettingError as error:
        # Nothing was sent: once the setting is right, it will be.
        raise Retryable(error.detail) from None
    return str(answer.json().get(made) or "")


def _call(method: str, path: str, content: dict[str, object]) -> Answer:
    """A request to the Graph API; of a GET the content is the query. The token travels in a header, not in the URL."""
    facebook = settings().facebook
    token = http_client.need(facebook.page_token, "DESKFLEET_FACEBOOK_PAGE_TOKEN")
    secret = http_client.need(facebook.app_secret, "DESKFLEET_FACEBOOK_APP_SECRET")
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    signed = {**content, "appsecret_proof": proof}
    url = f"{facebook.api_url.rstrip('/')}{path}"
    headers = {"Authorization": f"Bearer {token}"}
    if method == "GET":
        answer = http_client.request(method, f"{url}?{urlencode(signed)}", headers=headers)
    else:
        answer = http_client.request(method, url, headers=headers, body=signed)
    _judge(answer)
    return answer


def _judge(answer: Answer) -> None:
    """Facebook says what went wrong by the code of its error, whatever the HTTP status."""
    error = answer.json().get("error")
    if not isinstance(error, dict) or answer.ok:
        http_client.judge(answer, "")
        return
    code, subcode = error.get("code"), error.get("error_subcode")
    if code == _BAD_TOKEN:
        # Its words may quote the token, and be it a broken one.
        raise Retryable("Facebook does not accept the page's access token (error 190).")
    if subcode == _OUTSIDE_WINDOW:
        raise Permanent("Facebook takes no message to this person now: the time to answer is over.")
    facebook = settings().facebook
    said = http_client.harmless(error.get("message"), (facebook.page_token, facebook.app_secret))
    said = f"{said} (error {code})"
    if code in _LIMITED or answer.status == 429:
        raise Retryable(f"Facebook limits our requests: {said}", retry_after_s=_limited_s(answer))
    if code in _PASSING:
        raise Retryable(f"Facebook cannot do it now: {said}", retry_after_s=http_client.retry_after(answer))
    http_client.judge(answer, said)


def _limited_s(answer: Answer) -> float | None:
    """Seconds by Retry-After, else by Facebook's own estimate, else an hour when the app's hour is used up."""
    if seconds := http_client.retry_after(answer):
        return seconds
    usage = _json_of(answer, "x-business-use-case-usage")
    minutes = [
        one["estimated_time_to_regain_access"]
        for business in usage.values()
        for one in (business if isinstance(business, list) else [])
        if isinstance(one, dict) and isinstance(one.get("estimated_time_to_regain_access"), int | float)
    ]
    if longest := max(minutes, default=0):
        return http_client.pause(longest * 60.0)
    shares = [share for share in _json_of(answer, "x-app-usage").values() if isinstance(share, int | float)]
    return _HOUR_S if max(shares, default=0) >= 100 else None


def _json_of(answer: Answer, header: str) -> dict[str, object]:
    try:
        found = json.loads(answer.headers.get(header, ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def was_sent(outgoing: Outgoing) -> bool | None:
    """Messenger has no id of ours to look for, so it cannot tell."""
    del outgoing
    return None


def test_connection() -> str:
    page = _call("GET", "/me", {"fields": "id,name"}).json()
    name, number = str(page.get("name") or ""), str(page.get("id") or "")
    http_client.check_account(
        number, settings().facebook.page_id, setting="DESKFLEET_FACEBOOK_PAGE_ID", what="Facebook page"
    )
    return f"Facebook lets us in as the page {name} ({number})."
