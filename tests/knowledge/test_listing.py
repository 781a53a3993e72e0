"""Staff find articles by words of their title and text, and narrow the list."""

import pytest

from knowledge.articles import Audience, Kind, Wanted, choices, find_articles, withdraw
from runtime.database import transaction
from tests.knowledge.conftest import Library


def _titles(wanted: Wanted, *, limit: int = 50, offset: int = 0) -> list[str]:
    with transaction() as session:
        return [one.title for one in find_articles(session, wanted, limit=limit, offset=offset)]


@pytest.fixture
def shelf(library: Library) -> dict[str, str]:
    """Title → id."""
    added = [
        library.add("Parcels arrive within days.", slug="a", title="delivery", product="shop"),
        library.add("Wir liefern Pakete schnell.", slug="b", title="Lieferung", language="de"),
        library.add("Ask the stock.", slug="c", title="100% stock_list", audience=Audience.INTERNAL),
        library.add("Boil it.", slug="d", title="Kettle?", question="How to descale?", kind=Kind.LEARNED),
    ]
    return {one.title: one.public_id for one in added}


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        (Wanted(), ["100% stock_list", "delivery", "Kettle?", "Lieferung"]),
        (Wanted(text="DELIVER"), ["delivery"]),
        (Wanted(text="parcel"), ["delivery"]),
        (Wanted(text="paket schnell"), ["Lieferung"]),
        (Wanted(text="%"), ["100% stock_list"]),
        (Wanted(text="?! …"), []),
        (Wanted(language="de"), ["Lieferung"]),
        (Wanted(audience=Audience.INTERNAL), ["100% stock_list"]),
        (Wanted(kind=Kind.LEARNED), ["Kettle?"]),
        (Wanted(product="shop", text="days"), ["delivery"]),
        (Wanted(withdrawn=True), []),
    ],
)
def test_words_and_filters_narrow_the_list(shelf: dict[str, str], wanted: Wanted, titles: list[str]) -> None:
    assert _titles(wanted) == titles


def test_an_id_finds_its_article(shelf: dict[str, str]) -> None:
    assert _titles(Wanted(text=shelf["delivery"].lower())) == ["delivery"]


def test_the_list_comes_in_pages(shelf: dict[str, str]) -> None:
    assert _titles(Wanted(), limit=2, offset=2) == ["Kettle?", "Lieferung"]


def test_withdrawn_articles_are_listed_apart_and_found_by_title(shelf: dict[str, str]) -> None:
    with transaction() as session:
        withdraw(session, shelf["delivery"])
    assert "delivery" not in _titles(Wanted())
    assert _titles(Wanted(withdrawn=True, text="deliver")) == ["delivery"]


def test_what_there_is_to_narrow_by_is_offered(shelf: dict[str, str], database: str) -> None:
    with transaction() as session:
        offered = choices(session)
    assert (offered.languages, offered.products) == (["de", "en"], ["shop"])


def test_an_empty_memory_is_an_empty_list(database: str) -> None:
    assert _titles(Wanted(text="anything")) == []
