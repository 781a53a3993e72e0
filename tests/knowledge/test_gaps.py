"""Knowledge gaps as staff work with them: figures, edits, publishing, dismissing."""

from datetime import datetime

import pytest
from sqlalchemy import select

from knowledge import gaps, privacy
from knowledge.articles import list_articles, withdraw
from knowledge.gap_drafts import Origin
from knowledge.gap_models import KnowledgeGap
from knowledge.gaps import GapState, Text
from knowledge.retrieval import search
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import (
    ANSWER,
    RACKS,
    answered,
    asked,
    asked_by_all,
    found,
    only_gap,
    open_gaps,
    opened,
)
from tickets.models import Ticket

BODY = f"## Over the spare wheel\n\n{ANSWER}\n"


def text(revision: int, title: str = "Bike rack and spare wheel", body: str = BODY) -> Text:
    return Text(title, body, revision)


@pytest.fixture
def gap(run_jobs: CollectedJobs) -> str:
    """The public id of a gap that three customers ask about."""
    asked_by_all(RACKS)
    found()
    return only_gap().gap.public_id


def test_a_published_gap_is_found_at_once(gap: str) -> None:
    assert search(RACKS[0]) == []
    with transaction() as session:
        gaps.edit(session, gap, text(opened(gap).gap.revision), by="AGENT-1")
    added = gaps.publish(gap, text(opened(gap).gap.revision), by="AGENT-1", category="bikes")
    for question in RACKS:
        passage = search(question)[0]
        assert passage.article_public_id == added.public_id
        assert "long straps" in passage.text
    assert passage.url == f"/help/bike-rack-and-spare-wheel-{gap.lower()}"
    assert open_gaps() == []
    read = opened(gap)
    assert (read.state, read.article, read.gap.published_by) == (
        GapState.PUBLISHED,
        added.public_id,
        "AGENT-1",
    )
    with transaction() as session:
        (article,) = list_articles(session)
    assert (article.category, article.audience, article.language) == ("bikes", "public", "en")


def test_questions_after_publishing_are_counted_and_make_no_new_gap(gap: str) -> None:
    gaps.publish(gap, text(opened(gap).gap.revision), by="AGENT-1")
    with transaction() as session:
        row = session.scalars(select(KnowledgeGap)).one()
        row.published_at = only_asked_at(gap)
        session.flush()
    asked(RACKS[1], "dora", days_ago=0)
    assert found(days_later=1).gaps == 0
    with transaction() as session:
        (published,) = gaps.list_gaps(session, GapState.PUBLISHED)
    assert published.figures.since_published >= 1


def only_asked_at(gap: str) -> datetime:
    return opened(gap).examples[0].asked_at


def test_publishing_that_was_stopped_half_way_is_ended_by_doing_it_again(
    gap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopping:
        stopping.setattr(gaps, "_remembered", _stop)
        with pytest.raises(KeyboardInterrupt):
            gaps.publish(gap, text(opened(gap).gap.revision), by="AGENT-1")
    assert only_gap().state is GapState.OPEN
    found_already = search(RACKS[0])[0].article_public_id
    assert gaps.publish(gap, text(opened(gap).gap.revision), by="AGENT-1").public_id == found_already
    assert opened(gap).state is GapState.PUBLISHED


def _stop(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_a_gap_whose_article_is_withdrawn_is_open_again_and_can_be_published_again(gap: str) -> None:
    added = gaps.publish(gap, text(opened(gap).gap.revision), by="AGENT-1")
    with transaction() as session:
        withdraw(session, added.public_id)
    assert only_gap().state is GapState.OPEN
    again = gaps.publish(gap, text(opened(gap).gap.revision), by="AGENT-1")
    assert again.public_id == added.public_id
    assert search(RACKS[0])[0].article_public_id == added.public_id


def test_an_outline_cannot_be_published(gap: str) -> None:
    draft = opened(gap).gap
    with pytest.raises(InvalidInput, match="Write the answer first"):
        gaps.publish(gap, Text(draft.title, draft.body.replace("\n", "\r\n"), draft.revision), by="AGENT-1")
    assert open_gaps()
    assert search(RACKS[0]) == []


def test_two_editors_do_not_overwrite_one_another(gap: str) -> None:
    seen = opened(gap).gap.revision
    with transaction() as session:
        gaps.edit(session, gap, text(seen, title="Of Alice"), by="AGENT-1")
    with transaction() as session, pytest.raises(Conflict, match="changed meanwhile"):
        gaps.edit(session, gap, text(seen, title="Of Bob"), by="AGENT-2")
    with pytest.raises(Conflict):
        gaps.publish(gap, text(seen, title="Of Bob"), by="AGENT-2")
    assert opened(gap).gap.title == "Of Alice"


def test_the_weekly_job_leaves_what_staff_edited(gap: str) -> None:
    with transaction() as session:
        gaps.edit(session, gap, text(opened(gap).gap.revision), by="AGENT-1")
    answered(opened(gap).examples[0].ticket, "Something else that staff wrote meanwhile.")
    assert found().drafts == 0
    assert opened(gap).gap.body == BODY


@pytest.mark.parametrize("wrong", [{"title": "  "}, {"body": ""}, {"title": "x" * 201}, {"body": "a\0b"}])
def test_what_cannot_be_an_article_is_refused(gap: str, wrong: dict[str, str]) -> None:
    with transaction() as session, pytest.raises(InvalidInput):
        gaps.edit(session, gap, text(opened(gap).gap.revision, **wrong), by="AGENT-1")


def test_a_dismissed_gap_can_be_taken_back_and_is_not_published(gap: str) -> None:
    for _ in range(2):
        with transaction() as session:
            gaps.dismiss(session, gap, by="AGENT-1")
    assert open_gaps() == []
    assert (opened(gap).state, opened(gap).gap.dismissed_size) == (GapState.DISMISSED, 3)
    with pytest.raises(Conflict, match="dismissed"):
        gaps.publish(gap, text(opened(gap).gap.revision), by="AGENT-2")
    with transaction() as session:
        gaps.take_back(session, gap)
    assert only_gap().gap.public_id == gap


def test_an_unknown_gap_is_not_found(database: str) -> None:
    with transaction() as session, pytest.raises(NotFound, match="GAP-0"):
        gaps.read_gap(session, "GAP-0")


def test_an_erased_customer_leaves_the_gap_and_the_draft_made_of_their_ticket(
    run_jobs: CollectedJobs,
) -> None:
    tickets = asked_by_all((*RACKS, "How do I mount the bike rack over the spare wheel of my car?"))
    answered(tickets[1])
    found()
    gap = only_gap().gap
    assert (gap.draft_origin, gap.draft_sources) == (Origin.ANSWERS, [tickets[1]])
    with transaction() as session:
        customer = session.scalars(select(Ticket.customer_id).where(Ticket.public_id == tickets[1])).one()
        exported = privacy.export_customer(session, customer)["unanswered_questions"]
        assert [one["question"] for one in exported] == [RACKS[1]]
        privacy.erase_customer(session, customer)
    with transaction() as session:
        assert privacy.export_customer(session, customer)["unanswered_questions"] == []
    left = only_gap()
    assert tickets[1] not in [one.ticket for one in left.examples]
    assert "long straps" not in left.gap.body
    assert (left.gap.draft_origin, left.gap.draft_sources) == (Origin.OUTLINE, [])
