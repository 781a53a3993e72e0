"""What is younger than the others found comes first among alike, in whatever unit; what has no date is left out."""

from datetime import UTC, datetime, timedelta

import pytest

from knowledge.articles import NewArticle, add_article
from knowledge.freshness import freshness
from knowledge.retrieval import Filters, search

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _aged(*days: float) -> dict[int, datetime | None]:
    return {number: NOON - timedelta(days=one) for number, one in enumerate(days)}


def test_it_is_the_logarithm_of_how_many_times_younger() -> None:
    found = freshness(_aged(1, 100), NOON)
    assert found == {0: pytest.approx(2.3026, abs=1e-3), 1: pytest.approx(-2.3026, abs=1e-3)}


def test_it_does_not_depend_on_how_old_all_are() -> None:
    assert freshness(_aged(1, 5, 9), NOON) == pytest.approx(freshness(_aged(30, 150, 270), NOON))


def test_it_is_bounded_and_takes_what_is_younger_than_a_second() -> None:
    found = freshness({1: NOON + timedelta(days=1), 2: NOON - timedelta(days=9_000)}, NOON)
    assert found == {1: 4.0, 2: -4.0}


def test_alone_or_without_a_date_it_says_nothing() -> None:
    assert freshness({1: NOON - timedelta(days=3)}, NOON) == {1: 0.0}
    assert freshness({1: None, 2: None}, NOON) == {}


def test_of_two_that_say_the_same_the_younger_is_found_first(database: None) -> None:
    for slug, days in (("old", 400), ("young", 4)):
        add_article(
            NewArticle(
                source="desk",
                slug=slug,
                title="Answer of our team",
                body=f"The parcel station is closed, so parcels wait at the depot. ({slug})",
                valid_from=NOON - timedelta(days=days),
            )
        )
    found = search("Why does my parcel wait at the depot?", min_relevance=0, filters=Filters(valid_at=NOON))
    assert [one.slug for one in found] == ["young", "old"]
    # Before the younger was there the older is all that is known.
    then = Filters(valid_at=NOON - timedelta(days=30))
    assert [one.slug for one in search("Why does my parcel wait?", min_relevance=0, filters=then)] == ["old"]
