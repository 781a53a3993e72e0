"""The page of an article's past answers: listed, and tried again with another text or without the article."""

import pytest

from accounts.permissions import Role
from knowledge.articles import Added, Kind, NewArticle, add_article, get_article
from runtime.database import transaction
from tests.console.desk import Member, member
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import an_article
from tests.knowledge.test_impact import QUESTIONS, RETURNS, answered_from


@pytest.fixture
def returns(run_jobs: CollectedJobs) -> Added:
    added = an_article(RETURNS, slug="returns", title="Returns")
    for question, who in zip(QUESTIONS, ("alice", "bob", "carol"), strict=True):
        answered_from(added, question, who)
    return added


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> Member:
    return member(role=Role.MANAGER)


def address(added: Added) -> str:
    return f"/console/articles/{added.public_id}/impact"


def test_the_answers_that_used_it_are_listed_with_links(returns: Added, carol: Member) -> None:
    page = carol.client.get(address(returns)).text
    assert "3 answers on 3 tickets used it" in page
    assert all(question in page for question in QUESTIONS)
    assert "version 1" in page
    assert "#message-2" in page


def test_older_answers_are_on_the_next_page(
    returns: Added, carol: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.impact.PAGE", 2)
    page = carol.client.get(address(returns)).text
    assert QUESTIONS[0] not in page
    older = page.partition("/impact?before=")[2].partition('"')[0]
    assert QUESTIONS[0] in carol.client.get(f"{address(returns)}?before={older}").text


def test_a_withdrawal_is_tried_and_nothing_is_changed(returns: Added, carol: Member) -> None:
    tried = carol.post(address(returns), withdrawn="true")
    assert tried.status_code == 200
    assert "Finds nothing: 3" in tried.text
    with transaction() as session:
        assert get_article(session, returns.public_id).withdrawn_at is None


def test_another_text_is_tried_with_what_it_contradicts(returns: Added, carol: Member) -> None:
    question = "How long may I take to send the jacket back?"
    learned = {"question": question, "body": "You have 30 days for sending it back.", "kind": Kind.LEARNED}
    add_article(NewArticle(source="TKT-1", slug="answer", title="Sending back", **learned))  # type: ignore[arg-type]  # fields by name
    tried = carol.post(address(returns), title="Returns", body=RETURNS.replace("30 days", "14 days"))
    assert "Finds it in other words" in tried.text
    assert "Learned answers would say otherwise" in tried.text
    assert "<bdi>14 days</bdi>" in tried.text
    add_article(NewArticle("test", "returns", "Returns", RETURNS.replace("30 days", "14 days")))
    page = carol.client.get(address(returns)).text
    assert "Learned answers say otherwise since the last change" in page


def test_an_empty_text_is_refused(returns: Added, carol: Member) -> None:
    refused = carol.post(address(returns), title="Returns", body=" ")
    assert refused.status_code == 422
    assert "The new text is empty" in refused.text


def test_an_article_that_no_answer_used(run_jobs: CollectedJobs, carol: Member) -> None:
    added = an_article("The showroom is open on Saturdays.", slug="showroom", title="Showroom")
    assert "No answer used it" in carol.client.get(address(added)).text
    assert carol.client.get("/console/articles/ART-0/impact").status_code == 404


def test_a_form_from_elsewhere_is_refused(returns: Added, carol: Member) -> None:
    assert carol.client.post(address(returns), data={"withdrawn": "true"}).status_code == 403
