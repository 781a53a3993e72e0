"""The Zendesk channel: tickets of a Zendesk account are answered here, as comments of our own Zendesk user.

Set up: a webhook to /webhooks/zendesk that is subscribed to ticket.created and ticket.comment_added, or that a trigger
calls with `zendesk_events.TRIGGER_BODY`; its signing secret and an API token go into the settings.
"""

import base64
import hashlib
import hmac
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from ingestion.channels import http_client, zendesk_api, zendesk_events
from ingestion.channels.contract import Challenge, WebhookRequest
from ingestion.channels.rendering import as_html
from ingestion.channels.zendesk_events import OwnUser
from runtime.errors import DeskfleetError, FateUnknown, NotAuthenticated, Permanent, Retryable, SettingError
from runtime.settings import settings
from tickets.contracts import IncomingMessage
from tickets.deliveries import Outgoing

log = logging.getLogger(__name__)

# Zendesk signs anew for each of its attempts and gives up within minutes: what is older was recorded by somebody
# else. As much the other way, because two clocks never agree.
TOLERANCE = timedelta(minutes=5)

_DONE = ("solved", "closed")
_STAFF_ROLES = ("agent", "admin")


def challenge(request: WebhookRequest) -> Challenge | None:  # noqa: ARG001  # the contract's; Zendesk asks nothing
    return None


def verify(request: WebhookRequest) -> None:
    """Raises NotAuthenticated unless timestamp and raw body are signed by our secret, within `TOLERANCE`."""
    secret = settings().zendesk.webhook_secret.get_secret_value()
    if not secret:
        raise NotAuthenticated("The channel zendesk has no signing secret.")
    stamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    given = request.headers.get("x-zendesk-webhook-signature", "")
    signed = hmac.digest(secret.encode(), stamp.encode() + request.body, hashlib.sha256)
    if not hmac.compare_digest(base64.b64encode(signed), given.strip().encode()):
        raise NotAuthenticated("The signature is not Zendesk's.")
    if not _fresh(stamp):
        raise NotAuthenticated("The signature is too old, or its timestamp is none.")


def _fresh(stamp: str) -> bool:
    try:
        return abs(datetime.now(UTC) - datetime.fromisoformat(stamp)) <= TOLERANCE
    except (ValueError, TypeError, OverflowError):
        return False


def parse(body: bytes) -> list[IncomingMessage]:
    """The customer's message of a webhook, if it is one. Raises InvalidInput."""
    config = settings().zendesk
    return zendesk_events.parse(body, OwnUser(id=config.user_id, email=config.user.strip().lower()))


def send(outgoing: Outgoing) -> None:
    """Comment publicly on the ticket. Raises Retryable, Permanent or FateUnknown."""
    try:
        zendesk_api.add_comment(outgoing.thread, as_html(outgoing), marker=_marker(outgoing))
    except SettingError as error:
        # Nothing was sent: once the setting is right, it will be.
        raise Retryable(error.detail) from error


def _marker(outgoing: Outgoing) -> str:
    return f"{outgoing.ticket_public_id}/{outgoing.message_id}"


def was_sent(outgoing: Outgoing) -> bool | None:
    """What the ticket's audits say; None when they cannot be read."""
    try:
        return zendesk_api.has_comment(outgoing.thread, marker=_marker(outgoing))
    except DeskfleetError as error:
        log.warning("sent comment could not be looked up: %s", type(error).__name__)
        return None


def write_status(thread: str, *, done: bool) -> None:
    """Make the ticket solved, or open when it is not any more; any other status of Zendesk's is left as it is.

    Raises Retryable or Permanent; a ticket that Zendesk has closed cannot be opened again.
    """
    present = zendesk_api.read_status(thread)
    if done == (present in _DONE):
        return
    try:
        zendesk_api.write_status(thread, "solved" if done else "open")
    except FateUnknown as error:
        # The same status twice harms nobody.
        raise Retryable(error.detail) from error


def test_connection() -> str:
    """Raises Retryable, Permanent or SettingError."""
    http_client.need(settings().zendesk.webhook_secret, "DESKFLEET_ZENDESK_WEBHOOK_SECRET")
    user = zendesk_api.own_user()
    host = urlsplit(settings().zendesk.api_url).netloc.rpartition("@")[2]
    if not user.get("id"):
        raise Permanent(f"{host} does not know this user and token.")
    known = http_client.harmless(f"user {user['id']} ({user.get('role')})", [settings().zendesk.api_token])
    if user.get("role") not in _STAFF_ROLES:
        raise Permanent(f"{host} lets us in as {known}, who may not answer tickets.")
    if settings().zendesk.user_id not in ("", str(user["id"])):
        name = "DESKFLEET_ZENDESK_USER_ID"
        raise SettingError(f"The setting {name} is wrong: {host} lets us in as {known}.", field=name)
    return f"{host} lets us in as {known}."
