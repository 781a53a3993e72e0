"""A random share of what went out alone is checked by staff, and their answers are labels."""

import pytest
from sqlalchemy import text

from analytics import audit_sample, gates
from ingestion import intake
from runtime.database import transaction
from runtime.errors import NotFound
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import conversations, lifecycle
from tickets.corrections import Verdict


@pytest.fixture
def everything(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that checks every reply."""
    monkeypatch.setenv("DESKFLEET_ANALYTICS_AUDIT_SHARE", "1")
    settings.cache_clear()


def replied(text_: str = "How long does it take?") -> int:
    """A reply that went out alone: the id of its ticket."""
    with transaction() as session:
        ticket_id = intake.receive(session, a_message(text=text_)).ticket_id
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Three days.", confidence=0.9))
        audit_sample.consider(session, case)
    return ticket_id


def checks() -> list[audit_sample.Check]:
    with transaction() as session:
        found = audit_sample.open_checks(session)
        assert audit_sample.count_open(session) == len(found)
        return found


def answer(decision_id: int, verdict: Verdict) -> None:
    with transaction() as session:
        audit_sample.answer(session, decision_id, verdict, staff="AGENT-1")


def test_a_picked_reply_waits_until_somebody_has_checked_it(everything: None) -> None:
    replied()
    (found,) = checks()
    assert (found.question, found.answer, found.category) == (
        "How long does it take?",
        "Three days.",
        "shipping",
    )
    answer(found.decision_id, Verdict.WRONG)
    assert checks() == []
    with transaction() as session:
        assert [one.checked.is_right for one in gates.labels(session)] == [False]


def test_the_oldest_reply_can_be_checked_after_a_newer_one(everything: None) -> None:
    replied()
    replied("And express?")
    first, second = checks()
    answer(first.decision_id, Verdict.RIGHT)
    assert [one.decision_id for one in checks()] == [second.decision_id]


def test_the_same_answer_twice_is_one_label_and_the_newest_counts(everything: None) -> None:
    replied()
    (found,) = checks()
    answer(found.decision_id, Verdict.RIGHT)
    answer(found.decision_id, Verdict.WRONG)
    with transaction() as session:
        assert [one.checked.is_right for one in gates.labels(session)] == [False]


def test_what_is_not_in_the_sample_cannot_be_checked_as_if(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_ANALYTICS_AUDIT_SHARE", "0")
    settings.cache_clear()
    replied()
    assert checks() == []
    with pytest.raises(NotFound, match="not in the sample"):
        answer(1, Verdict.RIGHT)


def test_an_erased_reply_is_no_open_check_any_more(everything: None) -> None:
    ticket_id = replied()
    with transaction() as session:
        conversations.empty(session, [ticket_id])
    assert checks() == []


def test_considering_a_reply_twice_picks_it_once(everything: None) -> None:
    with transaction() as session:
        intake.receive(session, a_message())
    case = claimed_case()
    for _ in range(2):
        with transaction() as session:
            lifecycle.reply(session, case, a_decision())
            audit_sample.consider(session, case)
    with transaction() as session:
        assert session.scalar(text("select count(*) from audit_samples")) == 1


def test_the_sample_is_the_share_asked_for_and_the_same_each_time(database: str) -> None:
    picked = [seq for seq in range(20_000) if audit_sample.is_picked("TKT-1", seq, 0.02)]
    assert 0.015 < len(picked) / 20_000 < 0.025
    assert all(audit_sample.is_picked("TKT-1", seq, 0.02) for seq in picked)


def test_whoever_does_not_have_the_key_cannot_tell_what_is_picked(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [audit_sample.is_picked("TKT-1", seq, 0.5) for seq in range(200)]
    monkeypatch.setenv("DESKFLEET_SECRET_KEY", "k" * 40)
    settings.cache_clear()
    assert [audit_sample.is_picked("TKT-1", seq, 0.5) for seq in range(200)] != before
