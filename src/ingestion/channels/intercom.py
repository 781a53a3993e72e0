"""The Intercom channel: conversations of a workspace are answered here, in the name of one of its admins.

Set up: an app whose webhooks for conversation.user.created and conversation.user.replied go to /webhooks/intercom; its
access token, its client secret and the admin's id go into the settings.
"""

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ingestion.channels import http_client, intercom_api, intercom_events
from ingestion.channels.contract import Challenge, WebhookRequest
from ingestion.channels.rendering import as_html
from ingestion.mail.html_text import html_to_text
from runtime import signing
from runtime.errors import DeskfleetError, FateUnknown, NotAuthenticated, Retryable, SettingError
from runtime.settings import settings
from tickets.contracts import IncomingMessage
from tickets.deliveries import Outgoing

log = logging.getLogger(__name__)

_SCHEME = "sha1="
# What we sent is newer than what it answers; the two times come from two clocks.
_CLOCKS = timedelta(minutes=5)


def challenge(request: WebhookRequest) -> Challenge | None:
    """When an address is entered, Intercom sends a HEAD request and looks for a 200 alone."""
    return Challenge("") if request.method == "HEAD" else None


def verify(request: WebhookRequest) -> None:
    """Raises NotAuthenticated unless the raw body is signed by our client secret. Intercom signs no timestamp."""
    secret = settings().intercom.client_secret.get_secret_value()
    if not secret:
        raise NotAuthenticated("The channel intercom has no client secret.")
    given = request.headers.get("x-hub-signature", "").strip()
    key = secret.encode()
    if not given.startswith(_SCHEME) or not signing.matches(
        key, request.body, given.removeprefix(_SCHEME), algorithm="sha1"
    ):
        raise NotAuthenticated("The signature is not Intercom's.")


def parse(body: bytes) -> list[IncomingMessage]:
    """The customer's messages of a notification. Raises InvalidInput."""
    return intercom_events.parse(body)


def send(outgoing: Outgoing) -> None:
    """Reply in the conversation. Raises Retryable, Permanent or FateUnknown."""
    try:
        intercom_api.reply(outgoing.thread, as_html(outgoing))
    except SettingError as error:
        # Nothing was sent: once the setting is right, it will be.
        raise Retryable(error.detail) from error


def was_sent(outgoing: Outgoing) -> bool | None:
    """Intercom keeps no mark of ours: our words after the customer's prove it, no word of ours disproves it.

    None when our admin wrote something else meanwhile, which might be this reply as Intercom has altered it.
    """
    try:
        conversation = intercom_api.read(outgoing.thread)
        ours = _parts_of_ours(conversation, since=outgoing.answers_at)
    except DeskfleetError as error:
        log.warning("sent reply could not be looked up: %s", type(error).__name__)
        return None
    if ours is None:
        return None
    if _words(as_html(outgoing)) in ours:
        return True
    return None if ours else False


def _parts_of_ours(conversation: dict[str, object], *, since: datetime | None) -> list[str] | None:
    """The words of our admin's comments since then; None when not every part is listed."""
    listed = conversation.get("conversation_parts")
    parts = listed.get("conversation_parts") if isinstance(listed, dict) else None
    if not isinstance(listed, dict) or not isinstance(parts, list) or listed.get("total_count") != len(parts):
        return None
    earliest = (since - _CLOCKS).timestamp() if since else 0.0
    return [_words(str(part["body"])) for part in parts if _is_ours(part, earliest)]


def _is_ours(part: object, earliest: float) -> bool:
    if not isinstance(part, dict) or not part.get("body"):
        return False
    author, at = part.get("author"), part.get("created_at")
    by_us = isinstance(author, dict) and str(author.get("id")) == intercom_api.admin_id()
    return by_us and (not isinstance(at, int) or at >= earliest)


def _words(html: str) -> str:
    return " ".join(html_to_text(html).split())


def write_status(thread: str, *, done: bool) -> None:
    """Close the conversation, or open it when it is not done any more. Raises Retryable or Permanent."""
    closed = intercom_api.read(thread).get("state") == "closed"
    if done == closed:
        return
    try:
        if done:
            intercom_api.close(thread)
        else:
            intercom_api.reopen(thread)
    except FateUnknown as error:
        # Closing what is closed harms nobody.
        raise Retryable(error.detail) from error


def test_connection() -> str:
    """Raises Retryable, Permanent or SettingError."""
    config = settings().intercom
    http_client.need(config.client_secret, "DESKFLEET_INTERCOM_CLIENT_SECRET")
    app = intercom_api.own_app().get("app")
    admin = intercom_api.own_admin().get("id")
    workspace = app.get("id_code") if isinstance(app, dict) else ""
    said = http_client.harmless(f"workspace {workspace}, admin {admin}", [config.access_token])
    return f"{urlsplit(config.api_url).netloc.rpartition('@')[2]} lets us in: {said}."
