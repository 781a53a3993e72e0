"""What editing or withdrawing an article would do to answers that customers already got."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from ingestion import intake
from knowledge import impact
from knowledge.articles import Audience, Kind, add_article, get_article, withdraw
from knowledge.impact import Impact, Outcome
from knowledge.indexing import Added
from knowledge.preparing import NewArticle, as_new
from knowledge.retrieval import Passage, search
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import an_article
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Citation, Delivery
from tickets.models import Message

QUESTIONS = (
    "How long do I have to send something back?",
    "Within which time can I return the shoes?",
    "What does the return label cost?",
)
RETURNS = (
    "# Returns\n\nYou have 30 days to send an item back.\n\n"
    "# Return label\n\nThe return label costs 4.90 EUR. It is taken off the refund."
)


def answered_from(added: Added, question: str, who: str = "alice") -> str:
    """A question that the agent answered from an article; the public id of its ticket."""
    with transaction() as session:
        message = a_message(text=question, subject="", identity=f"{who}@example.com")
        receipt = intake.receive(session, message)
    citation = Citation(added.public_id, added.version, added.title, "", 1, "quoted")
    with transaction() as session:
        assert lifecycle.reply(session, claimed_case(), a_decision(citations=(citation,)))
    return receipt.public_id


@pytest.fixture
def returns(run_jobs: CollectedJobs) -> Added:
    """An article that three answers used, beside another one."""
    an_article("Parcels arrive within 3 days.", slug="delivery", title="Delivery")
    added = an_article(RETURNS, slug="returns", title="Returns")
    for question, who in zip(QUESTIONS, ("alice", "bob", "carol"), strict=True):
        answered_from(added, question, who)
    return added


def rewritten(added: Added, body: str) -> NewArticle:
    with transaction() as session:
        return replace(as_new(get_article(session, added.public_id)), body=body)


def foreseen(added: Added, body: str | None) -> Impact:
    return impact.foresee(added.public_id, None if body is None else rewritten(added, body))


def shown(passages: list[Passage]) -> list[tuple[str, str, float]]:
    return [(one.article_public_id, one.text, round(one.relevance, 2)) for one in passages]


def test_the_answers_that_used_an_article_are_listed_newest_first_and_paged(returns: Added) -> None:
    with transaction() as session:
        first = impact.read_uses(session, returns.public_id, limit=2)
        rest = impact.read_uses(session, returns.public_id, limit=2, before=first.next_before)
    assert (first.count, first.tickets) == (3, 3)
    assert [one.question for one in first.uses] == [QUESTIONS[2], QUESTIONS[1]]
    assert [one.question for one in rest.uses] == [QUESTIONS[0]]
    assert rest.next_before is None
    assert {(one.version, one.author) for one in first.uses} == {(1, "agent")}


def test_an_article_that_nobody_used_carries_nothing(returns: Added) -> None:
    other = an_article("The showroom is open on Saturdays.", slug="showroom", title="Showroom")
    with transaction() as session:
        assert impact.read_uses(session, other.public_id).count == 0
    assert foreseen(other, None).effects == []
    with transaction() as session, pytest.raises(NotFound):
        impact.read_uses(session, "ART-0")


def test_a_reply_that_never_left_told_nobody_anything(returns: Added) -> None:
    with transaction() as session:
        newest = impact.read_uses(session, returns.public_id).uses[0].message_id
        session.execute(update(Message).where(Message.id == newest).values(delivery=Delivery.FAILED))
        assert impact.read_uses(session, returns.public_id).count == 2


def test_personal_data_of_the_questions_is_out(returns: Added) -> None:
    answered_from(returns, f"{QUESTIONS[0]} Write to dora@example.com.")
    with transaction() as session:
        use = impact.read_uses(session, returns.public_id).uses[0]
    assert "dora@" not in use.question
    assert "[EMAIL_ADDRESS]" in use.question


def test_withdrawing_leaves_questions_with_nothing(returns: Added) -> None:
    found = foreseen(returns, None)
    assert found.outcomes[Outcome.NOTHING] == 3
    assert search(QUESTIONS[0])


def test_the_same_text_changes_nothing(returns: Added) -> None:
    found = foreseen(returns, RETURNS)
    assert found.outcomes == {
        Outcome.SAME: 3,
        Outcome.REWORDED: 0,
        Outcome.OTHERS: 0,
        Outcome.NOTHING: 0,
    }
    assert found.changed == []


def test_what_is_left_out_is_not_found_any_more_and_the_rest_is(returns: Added) -> None:
    found = foreseen(returns, "# Returns\n\nYou have 14 days to send an item back.")
    by_question = {one.use.question: one for one in found.effects}
    assert by_question[QUESTIONS[0]].outcome is Outcome.REWORDED
    assert "14 days" in by_question[QUESTIONS[0]].after[0].text
    assert "30 days" in by_question[QUESTIONS[0]].before[0].text
    assert not any("label" in one.text for one in by_question[QUESTIONS[2]].after)


@pytest.mark.parametrize(
    "body",
    [
        "# Returns\n\nYou have 14 days to send an item back. Shoes must not be worn.",
        "# Label\n\nThe label of a return is free.\n\n# Shops\n\nShops take nothing back.",
        None,
    ],
)
def test_what_is_foreseen_is_what_happens(returns: Added, body: str | None) -> None:
    found = {one.use.question: one for one in foreseen(returns, body).effects}
    if body is None:
        with transaction() as session:
            withdraw(session, returns.public_id)
    else:
        add_article(rewritten(returns, body))
    for question in QUESTIONS:
        after, now = found[question].after, search(question)
        assert [(one.article, one.text) for one in after] == [
            (one.article_public_id, one.text) for one in now
        ]
        # Among three articles one word more or less counts a lot.
        relevances = [one.relevance for one in now]
        assert [one.relevance for one in after] == pytest.approx(relevances, abs=0.05), question


def test_looking_ahead_writes_nothing(returns: Added) -> None:
    before = [shown(search(question)) for question in QUESTIONS]
    foreseen(returns, "# Something else\n\nQuite another text.")
    assert [shown(search(question)) for question in QUESTIONS] == before
    with transaction() as session:
        assert get_article(session, returns.public_id).body == RETURNS


def test_an_article_that_becomes_internal_is_gone_for_customers(returns: Added) -> None:
    internal = replace(rewritten(returns, RETURNS), audience=Audience.INTERNAL)
    assert impact.foresee(returns.public_id, internal).outcomes[Outcome.NOTHING] == 3


def test_an_empty_text_is_refused(returns: Added) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        foreseen(returns, "  ")


def test_what_was_learned_with_the_old_number_is_flagged(returns: Added) -> None:
    add_article(
        NewArticle(
            source="TKT-1",
            slug="answer",
            title="Sending back",
            question="How long may I take to send the jacket back?",
            body="You have 30 days for sending it back.",
            kind=Kind.LEARNED,
        )
    )
    found = foreseen(returns, RETURNS.replace("30 days", "14 days"))
    (flagged,) = found.contradicting
    assert (flagged.ticket, flagged.old, flagged.new) == ("TKT-1", "30 days", "14 days")
