"""Periodic jobs of the desk's tickets: pauses, deadlines, questions to customers, the chain of decisions."""

from runtime.database import transaction
from runtime.jobs import job
from tickets import deadline_watch, decision_anchors, decision_records, lifecycle, surveys


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


@job(queue="upkeep")
def link_decisions() -> None:
    """Records of decisions get their place in the chain, in small transactions."""
    linked = decision_records.MOST_AT_ONCE
    while linked == decision_records.MOST_AT_ONCE:
        with transaction() as session:
            linked = decision_records.link(session)


@job(queue="upkeep")
def anchor_decisions() -> None:
    """The head of the chain goes to a file outside the database."""
    with transaction() as session:
        decision_anchors.write(session, decision_anchors.file_path())
