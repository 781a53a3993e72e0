"""Resolved tickets become searchable answers."""

from contextlib import suppress

import pytest
from sqlalchemy import select

from ingestion import intake
from knowledge import indexing, learning, tasks
from knowledge.articles import Kind, LearnReport, learn_now, list_articles
from knowledge.models import Article
from knowledge.preparing import NewArticle, Prepared, prepare
from knowledge.retrieval import search
from runtime import jobs
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import lifecycle
from tickets.contracts import Status
from tickets.models import Ticket

QUESTION = "How do I descale my kettle?"
ANSWER = "Boil one litre of water with two spoons of citric acid and rinse the kettle twice."


def _resolve(ticket_id: int, answer: str | None) -> int:
    with transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id)).one()
        if answer is not None:
            lifecycle.staff_reply(
                session, ticket.id, answer, staff="AGENT-1", name="Bob", seen_seq=ticket.last_seq
            )
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor="AGENT-1")
    return ticket_id


def resolved(question: str = QUESTION, answer: str | None = ANSWER, **changes: object) -> int:
    with transaction() as session:
        ticket_id = intake.receive(session, a_message(text=question, subject="", **changes)).ticket_id
    return _resolve(ticket_id, answer)


def learned() -> list[Article]:
    with transaction() as session:
        return list_articles(session, kind=Kind.LEARNED)


def test_an_answer_of_staff_is_found_by_its_question(run_jobs: CollectedJobs) -> None:
    ticket = resolved(answer=f"Hi Alice,\n\n{ANSWER}\n\nBest regards,\nBob")
    seen: list[tuple[int, int]] = []
    report = learn_now(progress=lambda done, total: seen.append((done, total)))
    assert report == LearnReport(seen=1, learned=1, duplicates=0, skipped=0)
    assert seen == [(1, 1)]
    (article,) = learned()
    with transaction() as session:
        public_id = session.scalars(select(Ticket.public_id).where(Ticket.id == ticket)).one()
    assert (article.source, article.title, article.body) == (public_id, QUESTION, ANSWER)
    passage = search("My kettle needs descaling, what do I do?")[0]
    assert (passage.kind, passage.text) == (Kind.LEARNED, ANSWER)
    assert (passage.title, passage.heading, passage.url) == ("Answer of our team", "", "")


def test_learning_again_does_nothing(run_jobs: CollectedJobs) -> None:
    resolved()
    learn_now()
    assert learn_now() == LearnReport()
    assert len(learned()) == 1


def test_tickets_that_staff_did_not_answer_or_did_not_resolve_teach_nothing(run_jobs: CollectedJobs) -> None:
    resolved(answer=None)
    with transaction() as session:
        intake.receive(session, a_message())
    assert learn_now() == LearnReport()


def test_personal_data_is_out_before_anything_is_stored(run_jobs: CollectedJobs) -> None:
    resolved(question=f"{QUESTION} Write to carol@example.com or call +44 20 7946 0958.")
    learn_now()
    (article,) = learned()
    assert "carol" not in article.question + article.title
    assert "[EMAIL_ADDRESS]" in article.question
    assert "[PHONE_NUMBER]" in article.question


@pytest.mark.parametrize(
    "answer",
    [
        "Done!",
        "Hi,\nthanks\nBob",
        "Your order A-10423 is on its way, it arrives on Tuesday.",
        "We make an exception and take the kettle back after the 30 days.",
    ],
)
def test_what_helps_nobody_else_is_skipped(run_jobs: CollectedJobs, answer: str) -> None:
    resolved(answer=answer)
    assert learn_now() == LearnReport(seen=1, skipped=1)
    assert learned() == []


def test_the_same_answer_to_the_same_question_is_learned_once(run_jobs: CollectedJobs) -> None:
    resolved(identity="a@example.com")
    resolved(
        identity="b@example.com",
        question="How do I descale my kettle",
        answer=ANSWER.replace("twice", "3 times"),
    )
    resolved(identity="c@example.com", answer="Send it in: the workshop descales it for free within a week.")
    resolved(identity="d@example.com", question="Where is the descaling powder sold?")
    assert learn_now() == LearnReport(seen=4, learned=3, duplicates=1)


def test_a_ticket_that_is_resolved_anew_is_learned_anew(run_jobs: CollectedJobs) -> None:
    ticket = resolved()
    learn_now()
    with transaction() as session:
        lifecycle.set_status(session, ticket, Status.OPEN, actor="AGENT-1")
    _resolve(ticket, "Vinegar works too: leave it in for an hour.")
    assert learn_now() == LearnReport(seen=1, learned=1)
    (article,) = learned()
    assert article.version == 2
    assert "Vinegar" in article.body


def test_what_a_ticket_taught_goes_when_its_new_answer_is_about_one_case(run_jobs: CollectedJobs) -> None:
    ticket = resolved()
    learn_now()
    with transaction() as session:
        lifecycle.set_status(session, ticket, Status.OPEN, actor="AGENT-1")
    _resolve(ticket, "We have sent you A-10999 in exchange.")
    assert learn_now() == LearnReport(seen=1, skipped=1)
    assert learned() == []


def test_a_run_that_dies_goes_on_where_it_stopped(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, question in enumerate(("How do I clean the grinder?", "Is the tent waterproof?", QUESTION)):
        resolved(identity=f"{number}@example.com", question=question, answer=f"{number}: {ANSWER} {question}")
    real, written = indexing.write, []

    def dies_at_the_second(session: object, prepared: Prepared) -> object:
        written.append(prepared.article.title)
        if len(written) == 2:
            raise MemoryError
        return real(session, prepared)  # type: ignore[arg-type]  # the session is passed on as it came

    monkeypatch.setattr(indexing, "write", dies_at_the_second)
    with suppress(MemoryError):
        learn_now()
    assert len(learned()) == 1
    monkeypatch.setattr(indexing, "write", real)
    assert learn_now() == LearnReport(seen=2, learned=2)
    assert len(learned()) == 3


def test_a_ticket_reopened_while_it_was_learned_waits_for_its_next_resolution(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = resolved()
    real = prepare

    def reopen_meanwhile(article: NewArticle) -> Prepared:
        with transaction() as session:
            lifecycle.set_status(session, ticket, Status.OPEN, actor="AGENT-1")
        return real(article)

    monkeypatch.setattr(learning, "prepare", reopen_meanwhile)
    assert learn_now() == LearnReport(seen=1, skipped=1)
    assert learned() == []
    monkeypatch.setattr(learning, "prepare", real)
    _resolve(ticket, None)
    assert learn_now() == LearnReport(seen=1, learned=1)


def test_the_nightly_job_learns(run_jobs: CollectedJobs) -> None:
    resolved()
    run_jobs.lose()
    jobs.request_now(f"{tasks.__name__}.{tasks.learn_nightly.__name__}")
    assert run_jobs() == 1
    assert len(learned()) == 1
