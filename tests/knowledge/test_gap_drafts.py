"""Drafts out of the words of staff, and of nobody else."""

from sqlalchemy import select, update

from knowledge.gap_drafts import Origin, StaffAnswer, answers_of, make_draft, outline, title_of
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import ANSWER, RACKS, answered, asked_by_all, found, only_gap
from tests.samples import a_decision, claimed_case
from tickets import lifecycle
from tickets.contracts import Status
from tickets.models import Ticket

FIRST = StaffAnswer(
    "TKT-1",
    "Use the long straps from the box and lead them around the spare wheel.\n\n"
    "The rack fits spare wheels of up to 30 inches.",
)
SECOND = StaffAnswer(
    "TKT-2",
    "The rack fits spare wheels of up to 30 inches. With a larger wheel you need the adapter from our shop.",
)
THIRD = StaffAnswer(
    "TKT-3",
    "The long straps in the box go around the spare wheel. "
    "If the wheel is larger, you need the adapter from our shop. I wish you a sunny weekend!",
)


def test_a_draft_says_what_staff_said_in_their_words() -> None:
    draft = make_draft(RACKS, [FIRST, SECOND, THIRD])
    assert draft.origin is Origin.ANSWERS
    assert draft.title == RACKS[0]
    assert draft.sources == ("TKT-1", "TKT-2", "TKT-3")
    said = " ".join(f"{one.text}" for one in (FIRST, SECOND, THIRD))
    sentences = [one.strip() for one in draft.body.replace("\n", " ").split(". ") if one.strip()]
    assert all(one.rstrip(".") in said.replace("\n", " ") for one in sentences)
    assert "straps" in draft.body
    assert "30 inches" in draft.body


def test_what_two_of_staff_add_is_added_once_and_a_wish_of_one_is_not() -> None:
    draft = make_draft(RACKS, [FIRST, SECOND, THIRD])
    assert draft.body.count("adapter") == 1
    assert draft.body.count("30 inches") == 1
    assert "sunny" not in draft.body


def test_lists_stay_lists() -> None:
    steps = "Do it like this:\n1. Open the box.\n2. Take out the long straps.\n3. Lead them around the wheel."
    body = make_draft(RACKS, [StaffAnswer("TKT-1", steps)]).body
    assert "1. Open the box.\n2. Take out the long straps.\n3. Lead them around the wheel." in body


def test_different_numbers_of_staff_are_pointed_out() -> None:
    other = StaffAnswer("TKT-4", "The rack fits spare wheels of up to 33 inches.")
    assert make_draft(RACKS, [FIRST, other]).disagreements == (
        "30 inches / 33 inches: The rack fits spare wheels of up to 30 inches.",
    )
    assert make_draft(RACKS, [FIRST, SECOND]).disagreements == ()


def test_without_an_answer_of_staff_there_is_an_outline_and_no_invented_answer() -> None:
    draft = make_draft(RACKS, [])
    assert (draft.origin, draft.sources) == (Origin.OUTLINE, ())
    assert draft.body == outline(RACKS)
    assert draft.body.endswith("## Answer\n")
    assert RACKS[1] in draft.body


def test_the_title_is_the_question_without_what_was_redacted() -> None:
    assert title_of("Hello [PERSON],\n\nI am new here. Can I pause it?  Thanks") == "Can I pause it?"
    assert title_of("Pausing the contract\n\nplease") == "Pausing the contract"
    assert title_of("") == ""
    assert len(title_of("why " * 100 + "?")) <= 120


def test_what_the_agent_wrote_and_what_is_not_resolved_teaches_nothing(run_jobs: CollectedJobs) -> None:
    tickets = asked_by_all(RACKS)
    answered(tickets[0], "Only the answer of an open ticket, which may still be wrong.", resolve=False)
    found()
    gap = only_gap().gap
    with transaction() as session:
        assert answers_of(session, gap.id) == []
    assert gap.draft_origin == Origin.OUTLINE


def test_a_reply_of_the_agent_alone_is_not_read(run_jobs: CollectedJobs) -> None:
    tickets = asked_by_all(RACKS)
    answered(tickets[0], f"Hi Alice,\n\n{ANSWER}\n\nBest regards,\nCarol")
    _answered_by_the_agent(tickets[1])
    found()
    gap = only_gap().gap
    assert gap.draft_sources == [tickets[0]]
    assert "invented" not in gap.body
    assert "Alice" not in gap.body
    assert "Carol" not in gap.body


def _answered_by_the_agent(public_id: str) -> None:
    with transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.public_id == public_id)).one()
        session.execute(
            update(Ticket)
            .where(Ticket.id == ticket.id)
            .values(owner="agent", handled_seq=0, staff_due_at=None)
        )
    case = claimed_case()
    assert case.public_id == public_id
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="An invented answer about the bike rack."))
    with transaction() as session:
        lifecycle.set_status(session, case.ticket_id, Status.RESOLVED, actor="AGENT-1")


def test_an_answer_for_one_customer_alone_is_no_source(run_jobs: CollectedJobs) -> None:
    tickets = asked_by_all(RACKS)
    answered(tickets[0], "Your order A-10423 comes with the adapter for the spare wheel.")
    answered(tickets[1], "As an exception we refund the rack that does not go over the spare wheel.")
    found()
    assert only_gap().gap.draft_origin == Origin.OUTLINE
