"""The weekly job: questions that the memory does not answer become gaps that stay themselves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import QueuePool, func, select, update

from knowledge import gap_drafts, gap_questions, tasks
from knowledge.embedding import embed_passages, embed_questions
from knowledge.gap_drafts import Origin
from knowledge.gap_models import GapQuestion, KnowledgeGap
from knowledge.gaps import GapState, dismiss, find_gaps, list_gaps, take_back
from runtime import schedule
from runtime.database import engine, transaction
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import (
    GIFTS,
    NOW,
    RACKS,
    answered,
    asked,
    asked_by_all,
    found,
    only_gap,
    open_gaps,
    opened,
)
from tests.knowledge.test_learning import resolved
from tickets.contracts import Reason
from tickets.models import Ticket


def rows() -> list[tuple[object, ...]]:
    """Everything that is stored of gaps and their questions."""
    with transaction() as session:
        gaps = session.execute(select(*KnowledgeGap.__table__.columns).order_by(KnowledgeGap.id)).all()
        columns = (GapQuestion.ticket_id, GapQuestion.gap_id, GapQuestion.question, GapQuestion.closeness)
        questions = session.execute(select(*columns).order_by(GapQuestion.ticket_id)).all()
    return [tuple(row) for row in [*gaps, *questions]]


def test_similar_questions_without_an_answer_become_a_gap(run_jobs: CollectedJobs) -> None:
    asked_by_all(RACKS)
    asked_by_all(GIFTS)
    asked("My invoice shows a wrong tax number.")
    report = found()
    assert (report.questions, report.gaps, report.drafts, report.reopened) == (7, 2, 2, 0)
    gaps = open_gaps()
    assert sorted(one.figures.size for one in gaps) == [3, 3]
    labels = " | ".join(one.gap.label for one in gaps)
    assert "bike" in labels
    assert "gift" in labels
    assert {one.gap.category for one in gaps} == {"product_question"}


def test_looking_again_changes_nothing(run_jobs: CollectedJobs) -> None:
    tickets = asked_by_all(RACKS + GIFTS)
    answered(tickets[0])
    found()
    before = rows()
    again = found()
    assert (again.questions, again.gaps, again.drafts) == (0, 0, 0)
    assert rows() == before


def test_a_run_that_was_killed_goes_on_where_it_was(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_by_all(RACKS + GIFTS)
    monkeypatch.setattr(gap_questions, "_BATCH", 2)
    with pytest.raises(KeyboardInterrupt):
        find_gaps(now=NOW, progress=lambda _step, done: _stop_at(done))
    assert len(rows()) == 4
    assert (found().questions, len(open_gaps())) == (2, 2)


def _stop_at(done: int) -> None:
    if done >= 4:
        raise KeyboardInterrupt


def test_a_gap_keeps_its_row_when_more_ask_and_the_first_are_forgotten(run_jobs: CollectedJobs) -> None:
    asked_by_all(RACKS, days_ago=50)
    found()
    before = only_gap()
    asked("How do I mount the bike rack over the spare wheel of my car?", "alice")
    asked("Mounting your bike rack on a car with spare wheel: is it possible?", "bob")
    asked("Will a spare wheel on my car be in the way of the bike rack?", "carol")
    found()
    grown = only_gap()
    assert (grown.gap.public_id, grown.figures.size) == (before.gap.public_id, 6)
    found(days_later=14)
    later = only_gap()
    assert later.gap.public_id == before.gap.public_id
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(GapQuestion)) == 3


def test_a_dismissed_gap_stays_away_until_it_has_grown_a_lot(run_jobs: CollectedJobs) -> None:
    asked_by_all(RACKS)
    found()
    gap = only_gap().gap.public_id
    with transaction() as session:
        dismiss(session, gap, by="AGENT-1")
    asked("How do I mount the bike rack over the spare wheel of my car?")
    assert found().reopened == 0
    assert open_gaps() == []
    for who in ("alice", "bob", "carol", "dora"):
        asked(f"{RACKS[0]} I drive a van.", who)
    assert found().reopened == 1
    assert (only_gap().gap.public_id, only_gap().gap.reopened_at) == (gap, NOW)


def test_a_dismissed_gap_is_known_again_after_its_questions_are_old(run_jobs: CollectedJobs) -> None:
    asked_by_all(RACKS, days_ago=40)
    found()
    with transaction() as session:
        dismiss(session, list_gaps(session)[0].gap.public_id, by="AGENT-1")
    asked_by_all(RACKS, days_ago=1)
    found(days_later=30)
    assert open_gaps() == []
    with transaction() as session:
        (gap,) = list_gaps(session, GapState.DISMISSED)
        take_back(session, gap.gap.public_id)
    assert only_gap().gap.public_id == gap.gap.public_id


def test_no_transaction_is_open_while_anything_is_embedded(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[int] = []

    def watched(embed: Callable[..., Any]) -> Callable[..., Any]:
        def embed_alone(texts: list[str]) -> Any:
            pool = engine().pool
            assert isinstance(pool, QueuePool)
            assert pool.checkedout() == 0
            embedded.append(len(texts))
            return embed(texts)

        return embed_alone

    monkeypatch.setattr(gap_questions, "embed_questions", watched(embed_questions))
    monkeypatch.setattr(gap_drafts, "embed_passages", watched(embed_passages))
    answered(asked_by_all(RACKS)[0])
    found()
    assert embedded == [3, 3, 2]


def test_two_runs_at_once_find_each_gap_once(run_jobs: CollectedJobs) -> None:
    asked_by_all(RACKS + GIFTS)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _run: found(), range(3)))
    assert sum(report.gaps for report in reports) == 2
    assert sum(report.drafts for report in reports) == 2
    assert sorted(one.figures.size for one in open_gaps()) == [3, 3]


def test_one_customer_alone_is_no_gap(run_jobs: CollectedJobs) -> None:
    for question in RACKS:
        asked(question, "alice")
    assert found().gaps == 0
    assert open_gaps() == []


@pytest.mark.parametrize("reason", [Reason.ASKS_FOR_PERSON, Reason.LEGAL, Reason.SAFETY, Reason.VIP])
def test_what_waits_for_a_person_anyway_is_no_gap(run_jobs: CollectedJobs, reason: Reason) -> None:
    for question, who in zip(RACKS, ("alice", "bob", "carol"), strict=True):
        asked(question, who, reason=reason, days_ago=3)
    assert found().questions == 0


def test_what_staff_have_not_resolved_for_a_day_counts_whatever_sent_it_there(
    run_jobs: CollectedJobs,
) -> None:
    for question, who in zip(RACKS, ("alice", "bob", "carol"), strict=True):
        asked(question, who, reason=Reason.CATEGORY_OFF, days_ago=3)
    asked(RACKS[0], "dora", reason=Reason.CATEGORY_OFF, days_ago=0.1)
    assert found().questions == 3


def test_what_the_agent_answered_is_no_gap(run_jobs: CollectedJobs) -> None:
    resolved(question=RACKS[0])
    with transaction() as session:
        session.execute(update(Ticket).values(created_at=NOW))
    assert found().questions == 0


def test_personal_data_is_out_before_anything_is_stored(run_jobs: CollectedJobs) -> None:
    for question, who in zip(RACKS, ("alice", "bob", "carol"), strict=True):
        asked(f"{question} Write to {who}.smith@example.com or call +44 20 7946 0958.", who)
    found()
    gap = only_gap()
    stored = repr(rows()) + gap.gap.title + gap.gap.body + gap.gap.label
    assert "smith@" not in stored
    assert "7946" not in stored
    assert "[EMAIL_ADDRESS]" in gap.examples[0].question
    assert "EMAIL" not in gap.gap.title + gap.gap.label


def test_questions_in_a_language_that_the_embedder_does_not_know_are_grouped_by_their_words(
    run_jobs: CollectedJobs,
) -> None:
    asked_by_all(
        (
            "Passt der Fahrradträger auf ein Auto mit Ersatzrad am Heck?",
            "Kann ich den Fahrradträger montieren, wenn am Heck ein Ersatzrad ist?",
            "Mein Auto hat hinten ein Ersatzrad: passt Ihr Fahrradträger?",
        ),
        language="de",
    )
    asked("Kann ich die Rechnung an meine Firma ausstellen lassen?", language="de")
    asked("Wann kommt mein Paket an?", language="de")
    found()
    gap = only_gap()
    assert gap.figures.size == 3
    assert "ersatzrad" in gap.gap.label
    assert gap.gap.language == "de"


def test_a_gap_that_nobody_asks_about_any_more_goes(run_jobs: CollectedJobs) -> None:
    asked_by_all(RACKS)
    found()
    found(days_later=70)
    assert rows() == []


def test_answers_that_come_later_fill_the_outline(run_jobs: CollectedJobs) -> None:
    tickets = asked_by_all(RACKS)
    found()
    outlined = only_gap()
    assert outlined.gap.draft_origin == Origin.OUTLINE
    answered(tickets[1])
    assert found().drafts == 1
    drafted = opened(outlined.gap.public_id)
    assert (drafted.gap.draft_origin, drafted.gap.draft_sources) == (Origin.ANSWERS, [tickets[1]])
    assert "long straps" in drafted.gap.body


def test_the_weekly_job_looks_by_itself(run_jobs: CollectedJobs) -> None:
    asked_by_all(RACKS)
    assert schedule.entries()["knowledge.tasks.find_gaps_weekly"]["options"]["queue"] == "knowledge"
    tasks.find_gaps_weekly()
    assert only_gap().figures.size == 3
