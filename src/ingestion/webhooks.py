"""POST and GET /webhooks/{channel}: the platforms' door. Verify the raw body, parse, receive, and answer at once.

A delivery is answered 200 when all it holds is stored or can never be, 503 when the platform should try again.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import SecretStr
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ingestion import awaited_files, intake
from ingestion.channels import facebook, intercom, x, zendesk
from ingestion.channels.contract import Receiver, WebhookRequest
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound, Unavailable
from runtime.settings import settings
from tickets.contracts import Channel, IncomingMessage

log = logging.getLogger(__name__)

router = APIRouter(prefix="/webhooks", include_in_schema=False)

RECEIVERS: dict[Channel, Receiver] = {
    Channel.X: x,
    Channel.FACEBOOK: facebook,
    Channel.ZENDESK: zendesk,
    Channel.INTERCOM: intercom,
}
_LONGEST_ID = 500  # What the database indexes has to be short.


def signing_secret(channel: Channel) -> SecretStr:
    """The secret that the channel's deliveries are signed with; without it its door is closed."""
    chosen = settings()
    return {
        Channel.X: chosen.x.consumer_secret,
        Channel.FACEBOOK: chosen.facebook.app_secret,
        Channel.ZENDESK: chosen.zendesk.webhook_secret,
        Channel.INTERCOM: chosen.intercom.client_secret,
    }.get(channel, SecretStr(""))


async def read_webhook(request: Request) -> WebhookRequest:
    """What is signed is the body as it came, which the web layer has limited."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WebhookRequest(request.method, headers, dict(request.query_params), await request.body())


Webhook = Annotated[WebhookRequest, Depends(read_webhook)]


@router.api_route("/{channel}", methods=["GET", "HEAD"])
def answer_challenge(channel: str, webhook: Webhook) -> Response:
    """The question by which a platform makes sure that the address is ours."""
    _, receiver = _find(channel)
    answer = receiver.challenge(webhook)
    if answer is None:
        raise InvalidInput("This asks nothing: deliveries come by POST.")
    return Response(answer.body, media_type=answer.media_type)


@router.post("/{channel}")
def receive_webhook(channel: str, webhook: Webhook) -> dict[str, int]:
    """Store the customers' messages of one delivery, each in its own transaction: one bad loses no other."""
    name, receiver = _find(channel)
    receiver.verify(webhook)
    return _receive(name, receiver.parse(webhook.body))


def _find(channel: str) -> tuple[Channel, Receiver]:
    """Raises NotFound also for a channel that is not set up: whoever asks learns nothing of the difference."""
    for name, receiver in RECEIVERS.items():
        if name == channel and signing_secret(name).get_secret_value():
            return name, receiver
    raise NotFound("There is no such webhook.")


def _receive(channel: Channel, messages: list[IncomingMessage]) -> dict[str, int]:
    counts = {"received": 0, "duplicates": 0, "refused": 0}
    failed = 0
    for message in messages:
        try:
            counts[_store(message)] += 1
        except (OperationalError, PoolTimeoutError):
            raise  # The database is away for the others too; what is stored already is known when it comes again.
        except SQLAlchemyError:
            failed += 1
            log.exception("a message of a webhook could not be stored", extra={"channel": channel})
    if failed:
        raise Unavailable(f"{failed} of {len(messages)} messages could not be stored; try again.")
    return counts


def _store(message: IncomingMessage) -> str:
    """What became of it. What no database will ever take is refused, so that nobody sends it for ever."""
    longest = max(len(message.external_id), len(message.identity), len(message.thread))
    if longest > _LONGEST_ID or not message.external_id:
        log.error("a message of a webhook has no usable id", extra={"channel": message.channel})
        return "refused"
    try:
        bare, files = awaited_files.split_off(message)
        with transaction() as session:
            receipt = intake.receive(session, bare)
            if not receipt.duplicate:
                awaited_files.await_all(session, receipt.message_id, bare.channel, files)
    except (DataError, UnicodeEncodeError, Conflict) as error:
        log.error("a message of a webhook was refused: %s", type(error).__name__)
        return "refused"
    return "duplicates" if receipt.duplicate else "received"
