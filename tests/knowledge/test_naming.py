"""Articles that others name by title or address come before those that nobody mentions."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from knowledge import naming
from knowledge.articles import NewArticle, add_all, note_names, withdraw
from knowledge.learning import learn
from knowledge.models import Article
from knowledge.naming import Called, namers
from knowledge.retrieval import search
from knowledge.revisions import present
from knowledge.snapshot_reading import View, read
from runtime.database import transaction
from tests.knowledge.conftest import Library

_TENT = "Shake the tent, dry it in the shade and roll it up."


def _named() -> set[str]:
    with transaction() as session:
        return set(session.scalars(select(Article.slug).where(Article.named)))


@pytest.mark.parametrize(
    "body",
    [
        "How it is done: see Pack your tent.",
        "First PACK YOUR  tent, then leave.",
        "See [here](https://desk.example/help/pack-tent).",
        "**Pack your** *tent* first",
    ],
)
def test_a_title_or_an_address_in_a_body_names_the_article(body: str) -> None:
    tent = Called(1, "Pack your tent", "https://desk.example/help/pack-tent")
    assert namers([(tent, _TENT), (Called(2, "Leaving"), body)]) == [{1}, set()]


@pytest.mark.parametrize(
    "body",
    ["", "Pack your tents.", "Pack the tent.", "Unpack your tent.", "Pack your", "tent Pack your"],
)
def test_other_words_do_not(body: str) -> None:
    assert namers([(Called(1, "Pack your tent"), _TENT), (Called(2, "Leaving"), body)]) == [set(), set()]


def test_single_words_themselves_and_twins_name_nothing() -> None:
    articles = [
        (Called(1, "Shipping"), "Shipping takes three days."),
        (Called(2, "Pack your tent"), "Pack your tent in the shade."),
        (Called(3, "Pack your tent"), "Pack your tent in the sun. Shipping is free."),
        (Called(3, "Pack the tent"), "Pack your tent."),
    ]
    assert namers(articles) == [set(), {3}, set(), set()]


def test_of_two_alike_articles_the_named_one_comes_first(library: Library) -> None:
    library.add(_TENT, slug="first", title="Pack your tent")
    library.add(_TENT.replace("the tent", "a tent"), slug="second", title="Pack a tent up")
    library.add("Before you travel home: pack a tent up.", slug="home", title="Travelling home")
    question = "How do I pack my tent?"
    assert [one.slug for one in search(question, min_relevance=0)][:2] == ["first", "second"]
    note_names()
    assert _named() == {"second"}
    assert [one.slug for one in search(question, min_relevance=0)][:2] == ["second", "first"]
    with read(View(since=datetime.now(UTC) - timedelta(days=1))).at(datetime.now(UTC)):
        assert search(question)[0].slug == "second"


def test_many_that_are_added_at_once_are_looked_at(database: str) -> None:
    rows = [("tent", "Pack your tent", _TENT), ("home", "Travelling home", "See Pack your tent.")]
    add_all([NewArticle(source="test", slug=slug, title=title, body=body) for slug, title, body in rows])
    assert _named() == {"tent"}


def test_the_nightly_job_looks_again_and_what_changed_is_searched_anew(library: Library) -> None:
    library.add(_TENT, slug="tent", title="Pack your tent")
    home = library.add("See Pack your tent.", slug="home", title="Travelling home")
    learn(by="test")
    assert _named() == {"tent"}
    with transaction() as session:
        revision = present(session)
    learn(by="test")
    with transaction() as session:
        assert present(session) == revision
        withdraw(session, home.public_id)
    naming.refresh()
    assert _named() == set()


def test_what_did_not_name_it_yet_does_not_count_in_a_replay(library: Library) -> None:
    library.add(_TENT, slug="tent", title="Pack your tent")
    library.add("See Pack your tent.", slug="home", title="Travelling home", valid_from=datetime.now(UTC))
    snapshot = read(View(since=datetime.now(UTC) - timedelta(days=1), articles_of_now=True))
    tent = next(place for place, era in enumerate(snapshot.eras) if era.slug == "tent")
    now, before = datetime.now(UTC), datetime.now(UTC) - timedelta(hours=1)
    assert snapshot._is_named(tent, snapshot._open(now, ""))
    assert not snapshot._is_named(tent, snapshot._open(before, ""))
