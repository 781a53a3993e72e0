"""Figures that alerts stand on, from the rows to what Prometheus reads."""

from sqlalchemy import text

from ingestion import intake
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import queries
from tickets.contracts import Owner, Priority


def _waiting(owner: Owner) -> queries.Waiting:
    with transaction() as session:
        return next(one for one in queries.waiting(session) if one.owner is owner)


def test_a_critical_ticket_that_nobody_touches_grows_old_apart_from_the_others(
    run_jobs: CollectedJobs,
) -> None:
    with transaction() as session:
        intake.receive(session, a_message(text="An old question."))
    with transaction() as session:
        session.execute(text("update tickets set updated_at = now() - interval '30 hours'"))
        intake.receive(session, a_message(text="Everything burns!", identity="carol@example.com"))
    assert _waiting(Owner.AGENT).oldest_critical_s == 0.0
    with transaction() as session:
        young = "updated_at > now() - interval '1 hour'"
        session.execute(
            text(
                f"update tickets set priority = :it, updated_at = now() - interval '25 hours' where {young}"
            ),
            {"it": Priority.CRITICAL.value},
        )
    found = _waiting(Owner.AGENT)
    assert found.count == 2
    assert 30 * 3600 <= found.oldest_s < 31 * 3600
    assert 25 * 3600 <= found.oldest_critical_s < 26 * 3600
    assert _waiting(Owner.STAFF).oldest_critical_s == 0.0


def test_once_a_person_touches_it_the_clock_begins_anew(run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        intake.receive(session, a_message(text="Everything burns!"))
        session.execute(
            text("update tickets set priority = 'critical', updated_at = now() - interval '25 hours'")
        )
    assert _waiting(Owner.AGENT).oldest_critical_s > 86_400
    with transaction() as session:
        session.execute(text("update tickets set updated_at = now()"))
    assert _waiting(Owner.AGENT).oldest_critical_s < 60
