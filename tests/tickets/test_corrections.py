"""What staff set right, what they say of answers, and what the agent can learn from both."""

import pytest
from sqlalchemy import select

from ingestion import intake
from runtime import events
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, TooLarge
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import corrections, lifecycle, queries
from tickets.contracts import Channel, ClaimOutcome, Judgement, MailHeaders, Mood, Priority, Reason, Status
from tickets.correction_models import AnswerVerdict, JudgementCorrection
from tickets.corrections import Verdict
from tickets.lifecycle import Corrections
from tickets.models import Message

CAROL, BOB = "AGENT-CAROL000", "AGENT-BOB00000"
JUDGED = Judgement(
    "shipping",
    Priority.NORMAL,
    -0.4,
    "en",
    0.6,
    "Asks about delivery.",
    raw_confidence=0.8,
    model="local:local",
)
HEADERS = MailHeaders("first@customers.example.com")


@pytest.fixture
def public_id(run_jobs: CollectedJobs) -> str:
    """A mail that the agent took for a question about shipping and gave to staff."""
    return judged(subject="Card", text="I was charged twice", channel=Channel.MAIL, mail=HEADERS)


def judged(judgement: Judgement = JUDGED, **message: object) -> str:
    with transaction() as session:
        public_id = intake.receive(session, a_message(**message)).public_id
    escalate(judgement)
    return public_id


def escalate(judgement: Judgement = JUDGED) -> None:
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.escalate(
            session, case, a_decision(reason=Reason.NO_ANSWER_FOUND, judgement=judgement)
        )


def read(public_id: str) -> queries.Details:
    with transaction() as session:
        return queries.read_ticket(session, public_id)


def correct(public_id: str, **given: object) -> int:
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
        return lifecycle.correct(session, ticket.id, Corrections(**given), staff=CAROL)  # type: ignore[arg-type]  # by name


def judge(public_id: str, verdict: Verdict, *, staff: str = CAROL, why: str = "") -> None:
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
        corrections.give_verdict(session, ticket.id, verdict, staff=staff, why=why)


def resolve(public_id: str) -> None:
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
        lifecycle.set_status(session, ticket.id, Status.RESOLVED, actor=CAROL)


def give_back(public_id: str) -> None:
    """The agent has the ticket again."""
    with transaction() as session:
        queries.find_ticket(session, public_id).owner = "agent"


def outcomes() -> list[ClaimOutcome]:
    with transaction() as session:
        return corrections.claim_outcomes(session, limit=100)


def lessons() -> list[tuple[str, dict[str, str]]]:
    with transaction() as session:
        return [(one.text, one.labels) for one in corrections.lessons(session, limit=100)]


def test_a_correction_changes_the_ticket_and_keeps_what_it_was(public_id: str) -> None:
    changed = correct(public_id, category="billing_inquiry", priority=Priority.HIGH, mood=Mood.POSITIVE)
    details = read(public_id)
    ticket = details.ticket
    assert changed == 3
    assert (ticket.category, ticket.priority, ticket.priority_rank) == ("billing_inquiry", "high", 2)
    assert ticket.sentiment == 0.5
    with transaction() as session:
        rows = list(session.scalars(select(JudgementCorrection).order_by(JudgementCorrection.id)))
        [message_id] = session.scalars(select(Message.id))
    assert details.decision is not None
    assert [(row.field, row.from_value, row.to_value) for row in rows] == [
        ("category", "shipping", "billing_inquiry"),
        ("priority", "normal", "high"),
        ("mood", "negative", "positive"),
    ]
    assert {(row.decision_id, row.message_id, row.staff) for row in rows} == {
        (details.decision.id, message_id, CAROL)
    }
    step = details.events[-1]
    assert (step.kind, step.actor) == ("corrected", CAROL)
    assert step.data["category"] == ["shipping", "billing_inquiry"]
    assert details.decision.judgement["category"] == "shipping"


def test_what_is_right_already_leaves_no_trace(public_id: str) -> None:
    assert correct(public_id, category="shipping", priority=Priority.NORMAL, mood=Mood.NEGATIVE) == 0
    assert read(public_id).events[-1].kind == "escalated"
    with transaction() as session:
        assert session.scalars(select(JudgementCorrection)).all() == []


def test_a_category_that_does_not_exist_is_refused_and_nothing_changes(public_id: str) -> None:
    with pytest.raises(InvalidInput, match=r"no category 'poetry'.*billing_inquiry") as refused:
        correct(public_id, category="poetry", priority=Priority.HIGH)
    assert refused.value.field == "category"
    assert read(public_id).ticket.priority == "normal"


def test_a_correction_is_told_to_the_listeners(public_id: str) -> None:
    heard: list[str] = []
    stop = events.subscribe(lambda topic, _payload: heard.append(topic))
    correct(public_id, category="billing_inquiry")
    stop()
    assert heard == ["ticket.corrected"]


def test_the_agent_does_not_undo_a_correction_when_it_judges_the_next_message(public_id: str) -> None:
    correct(public_id, category="billing_inquiry", priority=Priority.CRITICAL)
    give_back(public_id)
    answer = MailHeaders("second@customers.example.com", in_reply_to=HEADERS.message_id)
    with transaction() as session:
        intake.receive(session, a_message(channel=Channel.MAIL, mail=answer, text="And my parcel?"))
    escalate(Judgement("shipping", Priority.LOW, 0.5, "en", 0.9, "Asks for a parcel."))
    ticket = read(public_id).ticket
    assert (ticket.category, ticket.priority) == ("billing_inquiry", "critical")
    assert ticket.summary == "Asks for a parcel."


def test_the_newest_verdict_of_each_colleague_counts(public_id: str) -> None:
    judge(public_id, Verdict.RIGHT)
    judge(public_id, Verdict.WRONG, why=" It names the wrong plan. ")
    judge(public_id, Verdict.RIGHT, staff=BOB)
    with transaction() as session:
        given = {one.staff: (one.verdict, one.why) for one in session.scalars(select(AnswerVerdict))}
    assert given == {CAROL: ("wrong", "It names the wrong plan."), BOB: ("right", "")}
    details = read(public_id)
    assert details.decision is not None
    with transaction() as session:
        newest = corrections.verdict_of(session, details.decision.id)
    assert newest is not None
    assert newest.staff == BOB
    step = details.events[-1]
    assert (step.kind, step.data) == ("judged", {"verdict": "right"})


def test_a_verdict_needs_an_answer_and_a_short_reason(public_id: str) -> None:
    with transaction() as session:
        unanswered = intake.receive(session, a_message(text="Hello?")).public_id
    with pytest.raises(Conflict, match="has not answered"):
        judge(unanswered, Verdict.RIGHT)
    with pytest.raises(TooLarge, match="1000"):
        judge(public_id, Verdict.WRONG, why="x" * 1001)


def test_a_lesson_is_the_message_with_what_was_said_of_it_last(public_id: str) -> None:
    correct(public_id, category="general_inquiry")
    correct(public_id, category="billing_inquiry", priority=Priority.HIGH)
    assert lessons() == [("Card\nI was charged twice", {"category": "billing_inquiry", "priority": "high"})]


def test_an_answer_that_was_called_right_is_a_lesson_too(public_id: str) -> None:
    judge(public_id, Verdict.RIGHT)
    labels = {"category": "shipping", "priority": "normal", "mood": "negative"}
    assert lessons() == [("Card\nI was charged twice", labels)]
    correct(public_id, category="billing_inquiry")
    assert lessons()[0][1] == labels | {"category": "billing_inquiry"}


def test_an_answer_that_was_called_wrong_teaches_nothing_by_itself(public_id: str) -> None:
    judge(public_id, Verdict.WRONG)
    assert lessons() == []
    resolve(public_id)
    assert outcomes() == []


def test_a_claim_is_right_when_its_ticket_is_resolved_and_nobody_corrected_it(public_id: str) -> None:
    assert outcomes() == []
    resolve(public_id)
    assert outcomes() == [ClaimOutcome("local:local", 0.8, right=True)]


def test_a_claim_is_wrong_when_it_was_corrected_and_right_again_when_that_was_undone(public_id: str) -> None:
    correct(public_id, category="billing_inquiry")
    assert outcomes() == [ClaimOutcome("local:local", 0.8, right=False)]
    correct(public_id, category="shipping")
    assert outcomes() == [ClaimOutcome("local:local", 0.8, right=True)]


def test_another_priority_does_not_make_the_category_wrong(public_id: str) -> None:
    correct(public_id, priority=Priority.HIGH)
    resolve(public_id)
    assert [one.right for one in outcomes()] == [True]


def test_only_the_last_claim_of_a_resolved_ticket_is_taken_for_right(run_jobs: CollectedJobs) -> None:
    public_id = judged(text="Hi", channel=Channel.WEB_CHAT, thread="t")
    give_back(public_id)
    with transaction() as session:
        intake.receive(session, a_message(text="More", channel=Channel.WEB_CHAT, thread="t"))
    escalate(Judgement("bug_report", Priority.LOW, 0, "en", 0.7, "More.", model="anthropic:m"))
    resolve(public_id)
    assert outcomes() == [ClaimOutcome("anthropic:m", 0.7, right=True)]


def test_the_whole_judgement_is_kept_with_the_decision(public_id: str) -> None:
    details = read(public_id)
    assert details.decision is not None
    kept = details.decision.judgement
    assert (kept["raw_confidence"], kept["model"], kept["mood"]) == (0.8, "local:local", "negative")


def test_no_more_lessons_are_read_than_asked_for_and_the_newest_first(public_id: str) -> None:
    correct(public_id, category="general_inquiry")
    others = [judged(subject=f"Card {number}", text="Again") for number in (1, 2)]
    judge(others[0], Verdict.RIGHT)
    correct(others[1], category="billing_inquiry")
    with transaction() as session:
        texts = [one.text for one in corrections.lessons(session, limit=2)]
    assert texts == ["Card 1\nAgain", "Card 2\nAgain"]


def test_what_was_called_wrong_after_it_was_called_right_is_no_lesson(public_id: str) -> None:
    judge(public_id, Verdict.RIGHT)
    judge(public_id, Verdict.WRONG, staff="AGENT-BOB00000")
    assert lessons() == []
    judge(public_id, Verdict.RIGHT, staff="AGENT-DAN00000")
    assert len(lessons()) == 1
