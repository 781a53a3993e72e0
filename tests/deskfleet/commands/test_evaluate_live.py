"""deskfleet evaluate live, on questions that staff answered with articles."""

import json

import pytest
from typer.testing import CliRunner

from deskfleet.commands import evaluate_live
from deskfleet.commands.evaluate import evaluate
from knowledge.articles import Answer, NewArticle, add_all, remember_answers, withdraw
from knowledge.past_questions import remembered
from knowledge.retrieval import search
from runtime.database import transaction
from runtime.errors import Conflict

ARTICLES = {
    "Delivery": "A parcel arrives within three working days.",
    "Passwords": "Choose a new password on the sign-in page.",
    "Returns": "An item can be sent back within thirty days.",
}
ASKED = {
    "When will my parcel arrive?": "Delivery",
    "I forgot my password and cannot sign in.": "Passwords",
    "Can I send an item back after two weeks?": "Returns",
}


@pytest.fixture
def desk(database: str) -> dict[str, str]:
    """Public ids of the articles by title."""
    added = add_all(
        [NewArticle(source="test", slug=title, title=title, body=body) for title, body in ARTICLES.items()]
    )
    ids = {one.title: one.article_id for one in added}
    remember_answers(
        [Answer(f"TKT-{number}", asked, ids[title]) for number, (asked, title) in enumerate(ASKED.items())]
    )
    return {one.title: one.public_id for one in added}


def measured() -> dict[str, float]:
    done = CliRunner().invoke(evaluate, ["live", "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def test_the_articles_that_staff_sent_are_found(desk: dict[str, str]) -> None:
    figures = measured()
    assert (figures["queries"], figures["recall@10"], figures["acc@1"]) == (3, 1.0, 1.0)
    assert figures["shown"] == 1.0
    assert figures["p99_ms"] >= figures["p50_ms"] > 0


def test_a_question_does_not_find_its_article_by_what_it_taught_itself(desk: dict[str, str]) -> None:
    """Nothing but its own past connects these words to the article."""
    nonsense = "Zxqv wvut blorp quux?"
    (article,) = [one for one in search("sent back within thirty days") if one.title == "Returns"][:1]
    remember_answers([Answer("TKT-9", nonsense, article.article_id)])
    with transaction() as session:
        one = remembered(session)[-1]
    assert one.question == nonsense
    assert search(nonsense)[0].article_public_id == desk["Returns"]
    assert all(passage.relevance < 0.5 for passage in evaluate_live._search(one))


def test_what_points_to_a_withdrawn_article_is_not_counted(desk: dict[str, str]) -> None:
    with transaction() as session:
        withdraw(session, desk["Returns"])
    assert measured()["queries"] == 2


def test_a_desk_without_such_tickets_says_what_is_missing(database: str) -> None:
    with pytest.raises(Conflict, match="names an article"):
        evaluate_live.run(newest=10, json=True)


def test_few_questions_are_called_few(desk: dict[str, str]) -> None:
    shown = CliRunner().invoke(evaluate, ["live"], catch_exceptions=False).stdout
    assert "3 questions: too few" in shown
