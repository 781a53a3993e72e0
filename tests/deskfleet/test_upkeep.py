"""The jobs of accounts and privacy: alerts for busy keys and odd hours, and what is forgotten in time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from accounts import access, api_keys, audit
from accounts.api_keys import NewKey
from deskfleet import retention, upkeep
from ingestion import intake
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import alerts, lifecycle
from tickets.contracts import Status
from tickets.models import Message


def open_alerts() -> list[tuple[str, str]]:
    with transaction() as session:
        return [(one.kind, one.about) for one in alerts.list_alerts(session)]


def test_a_busy_key_raises_one_alert_and_a_calm_one_clears_it(database: str) -> None:
    with transaction() as session:
        made = api_keys.create(session, NewKey("shop", ["tickets:read"], None, 2), by="command")
    for _ in range(5):
        access.authenticate(made.secret)
    access.forget()
    access.authenticate(made.secret)
    for _ in range(2):
        upkeep.watch_keys()
    assert open_alerts() == [("key_busy", "KEY-1")]
    with transaction() as session:
        session.execute(text("update api_key_uses set hour = hour - interval '3 hours'"))
    upkeep.watch_keys()
    assert open_alerts() == []


def test_an_odd_hour_raises_an_alert_that_ends_after_a_calm_day(database: str) -> None:
    last_hour = datetime.now(UTC).replace(minute=10, second=0, microsecond=0) - timedelta(hours=1)
    with transaction() as session:
        session.execute(
            text(
                "insert into audit_entries (actor, action, target, at) "
                "select 'AGENT-BOB', 'customer.exported', 'CUST-' || one, :at from generate_series(1, 20) one"
            ),
            {"at": last_hour},
        )
    upkeep.score_audit()
    assert open_alerts() == [("unlike_itself", "AGENT-BOB")]
    with transaction() as session:
        session.execute(text("update audit_scores set hour = hour - interval '2 days'"))
        session.execute(text("set local session_replication_role = replica"))
        session.execute(text("update audit_entries set at = at - interval '2 days'"))
    upkeep.score_audit()
    assert open_alerts() == []


def a_ticket(*, days: int, status: Status = Status.RESOLVED, by_staff: bool = False) -> int:
    """Done, learned from and untouched for so many days."""
    with transaction() as session:
        ticket_id = intake.receive(session, a_message(text=f"Kept for {days} days?")).ticket_id
        if by_staff:
            lifecycle.staff_reply(session, ticket_id, "Yes.", staff="AGENT-1", name="Bob", seen_seq=1)
        if status is not Status.NEW:
            lifecycle.set_status(session, ticket_id, status, actor="AGENT-1")
    with transaction() as session:
        session.execute(
            text(
                "update tickets set updated_at = now() - make_interval(days => :days), "
                "resolved_at = case when resolved_at is null then null "
                "else now() - make_interval(days => :days) end, learned_at = now() where id = :id"
            ),
            {"days": days, "id": ticket_id},
        )
        session.execute(
            text(
                "update received_messages set received_at = now() - make_interval(days => :days) "
                "where ticket_id = :id"
            ),
            {"days": days, "id": ticket_id},
        )
    return ticket_id


def texts() -> dict[int, str]:
    with transaction() as session:
        return {one: said for one, said in session.execute(select(Message.ticket_id, Message.text))}


def test_conversations_are_emptied_after_ninety_days_and_only_those_that_are_over(
    run_jobs: CollectedJobs,
) -> None:
    old, young = a_ticket(days=91), a_ticket(days=89)
    still_open = a_ticket(days=200, status=Status.NEW)
    upkeep.apply_retention()
    assert texts() == {old: "", young: "Kept for 89 days?", still_open: "Kept for 200 days?"}
    with transaction() as session:
        [entry] = audit.entries(session)
    assert (entry.action, entry.actor, entry.data["conversations"]) == ("retention.applied", "retention", 1)
    assert retention.apply()["conversations"] == 0


def never_learned(ticket_id: int) -> None:
    with transaction() as session:
        session.execute(text("update tickets set learned_at = null where id = :id"), {"id": ticket_id})


def test_what_nobody_has_learned_from_yet_and_what_was_just_imported_waits(run_jobs: CollectedJobs) -> None:
    unlearned, imported = a_ticket(days=91, by_staff=True), a_ticket(days=92)
    never_learned(unlearned)
    with transaction() as session:
        session.execute(
            text("update received_messages set received_at = now() where ticket_id = :id"), {"id": imported}
        )
    upkeep.apply_retention()
    assert "" not in texts().values()


def test_what_teaches_nothing_because_no_staff_answered_it_goes(run_jobs: CollectedJobs) -> None:
    never_learned(a_ticket(days=91))
    assert retention.apply()["conversations"] == 1
    assert set(texts().values()) == {""}


def test_nothing_is_forgotten_where_the_settings_say_so(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_ticket(days=4000)
    for name in ("CONVERSATIONS", "PARKED_MAILS", "RECEIVED_IDS", "DRAFTS", "NOTIFICATIONS"):
        monkeypatch.setenv(f"DESKFLEET_RETENTION_{name}", "0")
    settings.cache_clear()
    assert retention.apply() == {"conversations": 0}
    assert "" not in texts().values()


def test_parked_mails_old_ids_and_dead_logins_go(run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        session.execute(
            text(
                "insert into parked_mails (mailbox, uid_validity, uid, reason, raw, parked_at) "
                "values ('m', 1, 1, 'broken', 'x', now() - interval '31 days'), "
                "('m', 1, 2, 'broken', 'x', now() - interval '29 days')"
            )
        )
        session.execute(
            text(
                "insert into received_messages (channel, external_id, received_at) "
                "values ('api', 'old', now() - interval '366 days'), ('api', 'new', now())"
            )
        )
        session.execute(
            text(
                "insert into idempotent_answers (caller, key, request_sha256, created_at) "
                "values ('KEY-1', 'old', '', now() - interval '25 hours'), ('KEY-1', 'new', '', now())"
            )
        )
    counts = retention.apply()
    assert (counts["parked_mails"], counts["received_ids"]) == (1, 1)
    with transaction() as session:
        assert session.scalars(text("select key from idempotent_answers")).all() == ["new"]


def test_drafts_and_notifications_go_in_their_time_and_summaries_with_what_they_sum_up(
    run_jobs: CollectedJobs,
) -> None:
    over, still_open = a_ticket(days=91), a_ticket(days=200, status=Status.NEW)
    with transaction() as session:
        for ticket_id in (over, still_open):
            session.execute(
                text(
                    "insert into reply_drafts (ticket_id, staff, text, seen_seq, saved_at) values "
                    "(:id, 'AGENT-1', 'old', 1, now() - interval '31 days'), (:id, 'AGENT-2', 'new', 1, now())"
                ),
                {"id": ticket_id},
            )
            session.execute(
                text(
                    "insert into ticket_summaries (ticket_id, up_to_seq, summary, due_at) values (:id, 1, 'It.', now())"
                ),
                {"id": ticket_id},
            )
        session.execute(
            text(
                "insert into notifications (staff, kind, text, created_at) values "
                "('AGENT-1', 'mention', 'old', now() - interval '91 days'), ('AGENT-1', 'mention', 'new', now())"
            )
        )
        audit.record(session, audit.Action.VIEW, actor="AGENT-1", target="CUST-OLD")
        session.execute(text("set local session_replication_role = replica"))
        session.execute(text("update audit_entries set at = at - interval '20 years'"))
    counts = retention.apply()
    assert (counts["drafts"], counts["notifications"]) == (1, 1), "a draft of a conversation went with it"
    with transaction() as session:
        drafts = session.execute(text("select ticket_id, text from reply_drafts")).all()
        assert [tuple(one) for one in drafts] == [(still_open, "new")]
        assert session.scalars(text("select text from notifications")).all() == ["new"]
        assert session.scalars(text("select ticket_id from ticket_summaries")).all() == [still_open]
        assert len(audit.entries(session, target="CUST-OLD")) == 1, "the log is kept"
