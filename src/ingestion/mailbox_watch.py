"""The job that notices a mailbox nobody reads any more, whatever the reason: its server, its password, our poller."""

from datetime import UTC, datetime, timedelta

from ingestion import mailboxes
from ingestion.mail import boxes
from ingestion.mail.box import Box
from ingestion.mailboxes import State
from runtime.database import transaction
from runtime.jobs import job
from runtime.settings import settings
from tickets import alerts
from tickets.alerts import AlertKind


@job(queue="upkeep")
def watch_mailboxes() -> None:
    """Raise an alert for each silent mailbox; clear those of mailboxes that are read again, or that are gone."""
    known = [box for box in boxes.all_boxes() if not box.is_paused]
    with transaction() as session:
        mailboxes.note_known(session, [box.place for box in known])
        states = mailboxes.read_states(session, [box.place for box in known])
        silent = [box for box in known if _is_silent(states[box.place])]
        for box in silent:
            alerts.raise_alert(session, AlertKind.MAILBOX_SILENT, box.place, _words(box, states[box.place]))
        alerts.clear(session, AlertKind.MAILBOX_SILENT, but=[box.place for box in silent])


def _since(state: State) -> datetime:
    since = state.fetched_at or state.failing_since
    assert since is not None  # A mailbox that was never read has failed since it is known.
    return since


def _is_silent(state: State) -> bool:
    return datetime.now(UTC) - _since(state) > timedelta(seconds=settings().ingestion.silent_s)


def _words(box: Box, state: State) -> str:
    why = state.error or "nothing looks into it: is the poller running?"
    return f"The mailbox {box.address} has not been read since {_since(state):%d %b %Y, %H:%M} UTC: {why}"
