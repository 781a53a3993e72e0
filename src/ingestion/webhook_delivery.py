"""The job that empties the outbox of webhooks: programs, Slack and mail addresses of staff are told what happened."""

import logging
from datetime import UTC, datetime, timedelta

from ingestion.channels import mail
from runtime import fetching
from runtime.database import transaction
from runtime.errors import FateUnknown, Permanent, Retryable
from runtime.jobs import job
from runtime.settings import settings
from tickets import outgoing_webhooks
from tickets.contracts import Channel
from tickets.deliveries import Outgoing
from tickets.outgoing_webhooks import Due, HookKind
from tickets.public_ids import new_mail_id

log = logging.getLogger(__name__)


@job(queue="upkeep")
def deliver_webhooks() -> None:
    """Send what is due, with no transaction open while it is sent."""
    with transaction() as session:
        due = outgoing_webhooks.claim_due(session)
    for one in due:
        _deliver(one)


@job(queue="upkeep")
def forget_webhooks() -> None:
    """Drop what was settled long enough ago; 0 days keep it."""
    if days := settings().retention.webhook_deliveries:
        with transaction() as session:
            outgoing_webhooks.forget_before(session, datetime.now(UTC) - timedelta(days=days))


def _deliver(due: Due) -> None:
    try:
        _send(due)
    except Retryable as error:
        with transaction() as session:
            outgoing_webhooks.postpone(session, due, error.detail, retry_after_s=error.retry_after_s)
    except (Permanent, FateUnknown) as error:  # A second mail of the same event would only confuse.
        log.warning("a webhook was not taken: %s", error.detail, extra={"webhook": due.webhook_id})
        with transaction() as session:
            outgoing_webhooks.mark_failed(session, due, error.detail)
    else:
        with transaction() as session:
            outgoing_webhooks.mark_sent(session, due)


def _send(due: Due) -> None:
    if due.kind is HookKind.MAIL:
        mail.send(_mail(due))
        return
    body = outgoing_webhooks.body_of(due)
    headers = outgoing_webhooks.headers_of(due, body, at=datetime.now(UTC))
    fetching.post(due.url, body, headers=headers)


def _mail(due: Due) -> Outgoing:
    public_id = str(due.payload.get("ticket_id"))
    said = outgoing_webhooks.sentence(due)
    return Outgoing(
        message_id=0,
        ticket_id=0,
        ticket_public_id=public_id,
        channel=Channel.MAIL,
        token="",
        to=due.url,
        to_name="",
        thread="",
        subject=said,
        text=f"{said}\n\n{settings().public_url}/console/tickets/{public_id}",
        citations=(),
        mail_id=new_mail_id(settings().ingestion.address.rpartition("@")[2]),
        in_reply_to="",
        references=(),
        by_agent=True,
        correlation_id="",
        begins=True,
    )
