"""Periodic jobs of the desk's tickets: pauses that are over, deadlines that come near, questions to customers."""

from runtime.database import transaction
from runtime.jobs import job
from tickets import deadline_watch, lifecycle, surveys


@job(queue="upkeep")
def wake_snoozed() -> None:
    """Tickets whose pause is over wait for staff again."""
    with transaction() as session:
        lifecycle.wake_snoozed(session)


@job(queue="upkeep")
def watch_deadlines() -> None:
    """Warn before a deadline; raise and clear alerts of critical tickets that are left alone."""
    with transaction() as session:
        deadline_watch.warn_of_deadlines(session)
        deadline_watch.alert_unattended(session)


@job(queue="upkeep")
def ask_satisfaction() -> None:
    """Ask customers whose ticket was resolved a while ago how it was."""
    with transaction() as session:
        surveys.ask_resolved(session)
