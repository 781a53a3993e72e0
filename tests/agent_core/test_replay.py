"""Past tickets are run through a candidate in shadow, knowing what was known then."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from agent_core import candidates, replay, workflow
from agent_core.candidates import Candidate
from agent_core.drafting import DraftSentence
from agent_core.replay_tasks import replay_part
from analytics import replay_rows
from analytics.replay_models import Replay, ReplayCase
from analytics.replay_rows import Wanted
from analytics.replays import Compared, compare
from deskfleet import privacy
from runtime.database import transaction
from runtime.errors import InvalidInput
from runtime.settings import settings
from tests.agent_core.past_desk import NOW, add_shipping, answered, date_back, receive, rows_of_tickets
from tests.jobs import CollectedJobs
from tickets.contracts import Case, Decision, Reason
from tickets.models import Customer, Ticket

QUESTION = "How long does the delivery of my parcel take?"


def begun(given: Mapping[str, Any] | None = None, *, days: int = 30, most: int | None = None) -> Replay:
    candidate = candidates.checked(dict(given or {}))
    wanted = Wanted(NOW - timedelta(days=days), NOW + timedelta(hours=1), most)
    with transaction() as session:
        return replay_rows.begin(session, candidate.model_dump(mode="json", exclude_none=True), wanted)


def run(given: Mapping[str, Any] | None = None, *, days: int = 30) -> Compared:
    chosen = begun(given, days=days)
    assert replay.work(replay.load(chosen.id))
    return compared(chosen)


def compared(chosen: Replay) -> Compared:
    with transaction() as session:
        return compare(session, chosen)


def test_the_desk_as_it_is_answers_as_it_would_now(run_jobs: CollectedJobs) -> None:
    add_shipping()
    date_back(20)
    answered(QUESTION, reason=Reason.LOW_CONFIDENCE)
    found = run()
    assert (found.present.automation.value, found.candidate.automation.value) == (0.0, 1.0)
    [one] = found.most_different
    assert one.present["reason"] == "low_confidence"
    assert "three days" in one.candidate["draft"]
    assert found.candidate.cost_usd == 0
    assert "next turn only" in found.scope


def test_nothing_of_any_ticket_changes_and_nobody_is_written_to(run_jobs: CollectedJobs) -> None:
    add_shipping()
    answered(QUESTION)
    receive("Where is my order A-10423? I want a refund.", who="bob@example.com")
    before = rows_of_tickets()
    found = run()
    assert found.progress.done == 2
    assert rows_of_tickets() == before


def test_a_stricter_threshold_sends_more_to_staff(run_jobs: CollectedJobs) -> None:
    add_shipping()
    date_back(20)
    answered(QUESTION)
    found = run({"name": "strict", "agent": {"min_confidence": 1.0}})
    assert found.candidate.escalations == {"low_confidence": 1}
    assert found.gain.value == -1.0
    assert settings().agent.min_confidence < 1


def test_what_was_written_later_answers_nothing_unless_the_candidate_asks_for_it(
    run_jobs: CollectedJobs,
) -> None:
    answered(QUESTION)
    date_back(20)
    add_shipping()
    then = run()
    assert then.candidate.automation.value == 0
    assert then.without_knowledge == 1
    now = run({"knowledge": {"articles": "now"}})
    assert now.candidate.automation.value == 1
    assert now.without_knowledge == 0


def test_only_what_was_said_up_to_the_turn_is_known(run_jobs: CollectedJobs) -> None:
    add_shipping()
    date_back(20)
    public_id = answered(QUESTION)
    with transaction() as session:  # What the customer wrote afterwards would go to staff at once.
        session.execute(
            text(
                "insert into messages (ticket_id, seq, kind, author, text) select id, last_seq + 1, 'inbound', "
                "'customer', 'I will sue you, let me talk to a human!' from tickets where public_id = :ticket"
            ),
            {"ticket": public_id},
        )
    assert run().candidate.automation.value == 1


def test_a_ticket_that_no_agent_decided_is_told_apart(run_jobs: CollectedJobs) -> None:
    add_shipping()
    date_back(20)
    receive(QUESTION)
    found = run()
    assert (found.present.cases, found.undecided_then.cases) == (0, 1)
    assert found.present.automation.value is None
    assert found.undecided_then.automation.value == 1


def test_a_killed_replay_goes_on_where_it_was(run_jobs: CollectedJobs) -> None:
    add_shipping()
    for number in range(3):
        answered(QUESTION, who=f"customer{number}@example.com")
    chosen = begun()
    with transaction() as session:  # Somebody took all of them and died.
        assert replay_rows.claim(session, chosen.id, most=50)
    loaded = replay.load(chosen.id)
    assert not replay.work(loaded)
    with transaction() as session:
        replay_rows.release(session, chosen.id)
    assert replay.work(loaded)
    with transaction() as session:
        rows = {row.ticket_id: row.candidate for row in session.scalars(select(ReplayCase))}
    assert len(rows) == 3
    assert replay.work(loaded)
    with transaction() as session:
        assert {row.ticket_id: row.candidate for row in session.scalars(select(ReplayCase))} == rows


def test_who_comes_late_leaves_what_a_colleague_took_over(run_jobs: CollectedJobs) -> None:
    add_shipping()
    answered(QUESTION)
    chosen = begun()
    with transaction() as session:
        late = replay_rows.claim(session, chosen.id, most=50)
        replay_rows.release(session, chosen.id)
    assert late is not None
    assert replay.work(replay.load(chosen.id))
    before = compared(chosen)
    with transaction() as session:
        lost = [replay_rows.Result(number, "failed", {}, {}) for number in late.up_to]
        replay_rows.record(session, chosen.id, late, lost)
    assert compared(chosen) == before


def test_two_workers_share_the_cases(run_jobs: CollectedJobs) -> None:
    add_shipping()
    for number in range(4):
        answered(QUESTION, who=f"customer{number}@example.com")
    chosen = begun()
    loaded = replay.load(chosen.id)
    threads = [threading.Thread(target=replay.work, args=(loaded,)) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert compared(chosen).progress.done == 4


def test_a_ticket_erased_meanwhile_is_counted_and_leaves_nothing(run_jobs: CollectedJobs) -> None:
    add_shipping()
    answered(QUESTION)
    gone = answered(QUESTION, who="bob@example.com")
    chosen = begun()
    with transaction() as session:
        session.execute(
            text("delete from replay_cases using tickets where tickets.id = ticket_id and public_id = :gone"),
            {"gone": gone},
        )
    assert replay.work(replay.load(chosen.id))
    found = compared(chosen)
    assert (found.progress.done, found.gone) == (1, 1)


def test_a_customer_erased_while_a_replay_runs_is_left_out_and_told(run_jobs: CollectedJobs) -> None:
    add_shipping()
    gone = answered(QUESTION, who="bob@example.com")
    answered(QUESTION)
    chosen = begun()
    loaded = replay.load(chosen.id)
    with transaction() as session:
        claimed = replay_rows.claim(session, chosen.id, most=50)
        found = session.scalars(select(Ticket).where(Ticket.public_id == gone)).one()
        number = session.scalars(select(Customer.public_id).where(Customer.id == found.customer_id)).one()
    assert claimed is not None
    privacy.erase(number, by="AGENT-1", address="127.0.0.1")
    replay._work_block(loaded, claimed)
    assert replay.work(loaded)
    found_now = compared(chosen)
    assert (found_now.progress.done, found_now.gone, found_now.progress.failed) == (1, 1, 0)


def test_a_ticket_whose_messages_are_gone_fails_and_says_so(run_jobs: CollectedJobs) -> None:
    add_shipping()
    answered(QUESTION)
    chosen = begun()
    with transaction() as session:
        session.execute(text("update messages set text = ''"))
    assert replay.work(replay.load(chosen.id))
    with transaction() as session:
        [why] = session.scalars(select(ReplayCase.why).where(ReplayCase.state == "failed"))
    assert why == "Its messages are not there any more."


def test_without_a_recorded_answer_a_desk_with_a_model_is_not_reproducible(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_shipping()
    answered(QUESTION)
    monkeypatch.setenv("DESKFLEET_COMPATIBLE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("DESKFLEET_COMPATIBLE_MODEL", "some")
    settings.cache_clear()
    found = run()
    assert found.progress.not_reproducible == 1
    assert found.not_reproducible == {"No answer to this prompt is recorded: triage.": 1}


def test_an_answer_that_has_no_form_fails_alone(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_shipping()
    date_back(20)
    odd = answered(QUESTION)
    answered(QUESTION, who="bob@example.com")
    answer = workflow.answer

    def answer_one(case: Case) -> Decision:
        if case.public_id == odd:
            DraftSentence(text="word " * 500, sources=[1])
        return answer(case)

    monkeypatch.setattr(workflow, "answer", answer_one)
    found = run()
    assert (found.progress.done, found.progress.failed) == (1, 1)
    with transaction() as session:
        [why] = session.scalars(select(ReplayCase.why).where(ReplayCase.state == "failed"))
    assert why == "What it would have answered does not fit the form of an answer."


def test_the_fleet_does_it_in_parts(run_jobs: CollectedJobs) -> None:
    add_shipping()
    answered(QUESTION)
    chosen = begun()
    replay_part(chosen.id)
    replay_part(chosen.id)
    assert compared(chosen).progress.done == 1


def test_a_span_without_tickets_is_refused(database: str) -> None:
    with pytest.raises(InvalidInput, match="No ticket"):
        begun()
    with pytest.raises(InvalidInput, match="ends before"), transaction() as session:
        replay_rows.begin(session, Candidate().model_dump(mode="json"), Wanted(NOW, NOW))
