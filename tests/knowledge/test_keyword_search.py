"""Words: how they are taken apart, which chunks hold them, and that rare ones count most."""

import pytest
from sqlalchemy import text

from knowledge import keyword_search
from knowledge.keyword_search import searchable
from knowledge.pgvector_store import conditions
from knowledge.vector_store import Audience, Filters
from runtime.database import transaction
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import fill


def found(question: str, *, language: str = "en", audience: Audience = Audience.PUBLIC) -> dict[int, float]:
    with transaction() as session:
        terms = keyword_search.terms_of(session, question, language=language)
        chunks = keyword_search.find(session, terms, Filters(audience=audience), limit=10)
        shares = keyword_search.coverage(session, terms, chunks)
    return {chunk: shares[chunk].all for chunk in chunks}


def test_each_word_is_looked_up_by_itself_however_many_chunks_there_are(library: Library) -> None:
    """The planner would read all chunks once, and try each word on each: a tenth of a second for 100,000."""
    fill(library, 400)
    where, values = conditions(Filters())
    words = {"queries": [f"'{word}'" for word in ("chair", "shipping", "lamp")], "weights": [0.5, 0.3, 0.2]}
    explained = text(f"explain {keyword_search._MATCHES.format(conditions=where)}")
    with transaction() as session:
        session.execute(text("analyze chunks"))
        plan = session.scalars(explained, {**values, **words, "language": "en", "limit": 10}).all()
    assert any("search @@" in line for line in plan)
    assert not [line for line in plan if "Join Filter" in line and "search @@" in line]


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("two-step e-mail A-10423", "two step e mail A 10423"),
        ("3–5 days and/or", "3 5 days and or"),
        ("送料は無料", " 送料 料は は無 無料 "),
        ("zero\0byte", "zero byte"),
    ],
)
def test_joined_words_are_parted_and_unspaced_scripts_become_pairs(words: str, taken: str) -> None:
    assert searchable(words) == taken


def test_the_rare_word_counts_most(library: Library) -> None:
    for number in range(20):
        library.add(f"How the kettle number {number} works.", slug=f"kettle{number}")
    wanted = library.chunks(library.add("The limescale in a kettle.", slug="limescale"))[0].id
    shares = found("Does the kettle have limescale?")
    assert next(iter(shares)) == wanted
    assert shares[wanted] == pytest.approx(1)
    assert len(shares) == 10
    assert sorted(shares.values())[-2] < 0.1


def test_endings_do_not_matter_in_the_languages_of_the_database(library: Library) -> None:
    english = library.chunks(library.add("Returns are refunded.", slug="en"))[0].id
    german = library.chunks(library.add("Rücksendungen sind kostenlos.", slug="de", language="de"))[0].id
    polish = library.chunks(library.add("Zwroty są bezpłatne.", slug="pl", language="pl"))[0].id
    japanese = library.chunks(library.add("送料は無料です。", slug="ja", language="ja"))[0].id
    assert list(found("I was refunding a return")) == [english]
    assert list(found("Kostenlose Rücksendung?", language="de")) == [german]
    assert list(found("bezpłatne", language="pl")) == [polish]
    assert list(found("送料はいくらですか", language="ja")) == [japanese]


def test_internal_articles_are_for_staff(library: Library) -> None:
    added = library.add("Escalate the limescale.", audience=Audience.INTERNAL)
    assert found("limescale") == {}
    assert list(found("limescale", audience=Audience.INTERNAL)) == [library.chunks(added)[0].id]


@pytest.mark.parametrize(
    "question", ["", "the of and", "!!!", "'quoted' \\ & | :* <->", "nowhereword", "x" * 20_000]
)
def test_odd_questions_find_nothing_and_break_nothing(library: Library, question: str) -> None:
    library.add("The kettle.")
    assert found(question) == {}


def test_quotes_and_backslashes_in_words_are_words(library: Library) -> None:
    library.add("Look under C:\\temp\\d'or for the file.")
    assert found("C:\\temp\\d'or")
