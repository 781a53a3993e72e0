"""Jobs of the outgoing side: deliver one reply, tell a help desk of a status, and the sweeps for what was lost."""

import logging

from ingestion import help_desk
from ingestion.channels import facebook, intercom, mail, x, zendesk
from ingestion.channels.contract import Sender
from ingestion.help_desk import StatusWriter, Wanted
from runtime import correlation, telemetry
from runtime.database import transaction
from runtime.errors import FateUnknown, Permanent, Retryable, SettingError
from runtime.jobs import job, request
from tickets import deliveries, wakeups
from tickets.contracts import Channel
from tickets.deliveries import Outgoing

log = logging.getLogger(__name__)

# Chat and API replies are read from the rows by their client, so they have no sender.
SENDERS: dict[Channel, Sender] = {
    Channel.MAIL: mail,
    Channel.X: x,
    Channel.FACEBOOK: facebook,
    Channel.ZENDESK: zendesk,
    Channel.INTERCOM: intercom,
}
STATUS_WRITERS: dict[Channel, StatusWriter] = {Channel.ZENDESK: zendesk, Channel.INTERCOM: intercom}

# A status that changes while it is told is told again, this often in one job; the sweep does the rest.
_MOST_CHANGES = 3
# A job that was asked for this long ago is lost, or waits behind an outage.
_SETTLED_S = 30.0


@job(queue="ingestion")
def deliver_reply(message_id: int) -> None:
    """Send one queued message: claim it, send with no transaction open, record what became of it."""
    with transaction() as session:
        outgoing = deliveries.claim_delivery(session, message_id)
    if outgoing is None:
        return
    with correlation.correlate(outgoing.correlation_id), telemetry.span("deliver", channel=outgoing.channel):
        _send(outgoing)


def _send(outgoing: Outgoing) -> None:
    try:
        SENDERS[outgoing.channel].send(outgoing)
    except Retryable as error:
        with transaction() as session:
            deliveries.postpone(session, outgoing, error.detail, retry_after_s=error.retry_after_s)
    except FateUnknown as error:
        with transaction() as session:
            deliveries.note_doubt(session, outgoing, error.detail)
    except Permanent as error:
        log.warning("delivery refused", extra={"ticket_id": outgoing.ticket_public_id})
        with transaction() as session:
            deliveries.mark_failed(session, outgoing, error.detail)
    else:
        with transaction() as session:
            deliveries.mark_sent(session, outgoing)


@job(queue="upkeep")
def sweep_deliveries() -> None:
    """Ask again for deliveries whose job was lost; settle sends whose process died."""
    with transaction() as session:
        stale = deliveries.sweep(session)
    for message_id, token in stale.sending:
        _reconcile(message_id, token)


def _reconcile(message_id: int, token: str) -> None:
    """Settle the send that was seen to be stale, and no other that was begun meanwhile."""
    with transaction() as session:
        outgoing = deliveries.read_outgoing(session, message_id)
    if outgoing.token != token:
        return
    found = SENDERS[outgoing.channel].was_sent(outgoing)
    with transaction() as session:
        if found is True:
            deliveries.mark_sent(session, outgoing)
        elif found is False:
            deliveries.postpone(session, outgoing, "The process ended before it sent.")
        else:
            deliveries.park_unknown(session, outgoing)


@job(queue="ingestion")
def push_status(ticket_id: int) -> None:
    """Tell the help desk what is not told yet: late, twice or not at all, it ends with the present status."""
    for _change in range(_MOST_CHANGES):
        with transaction() as session:
            wanted = help_desk.read_wanted(session, ticket_id)
        if wanted is None or not _told(wanted):
            return


def _told(wanted: Wanted) -> bool:
    """Write it with no transaction open, and record what became of it."""
    try:
        STATUS_WRITERS[wanted.channel].write_status(wanted.thread, done=wanted.done)
    except (Retryable, Permanent, SettingError) as error:
        log.warning("status not told: %s", type(error).__name__, extra={"ticket_id": wanted.ticket_id})
        retry_after_s = error.retry_after_s if isinstance(error, Retryable) else None
        with transaction() as session:
            help_desk.record_failed(session, wanted, error, retry_after_s=retry_after_s)
        return False
    with transaction() as session:
        help_desk.record_written(session, wanted)
    return True


@job(queue="upkeep")
def sweep_statuses() -> None:
    """Ask again for statuses whose job was lost or postponed."""
    with transaction() as session:
        for ticket_id in help_desk.due(session, settled_s=_SETTLED_S):
            request(session, wakeups.PUSH_STATUS, ticket_id)
