"""What is stored of an article, and what is embedded again when it changes."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from knowledge import embedding, indexing, preparing
from knowledge.articles import Audience, Change, NewArticle, add_article, reindex
from knowledge.models import Article, Lexeme, StoredChunk, Vector
from llm import local_embedding
from runtime.database import transaction
from runtime.errors import Conflict
from tests.knowledge.conftest import Library

BODY = "We ship.\n\n## Costs\n\nIt costs $5.\n\n## Times\n\nIt takes three days."


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is embedded, in order; the real embedder runs."""
    texts: list[str] = []
    real = local_embedding.embed

    def record(given: Sequence[str], **limits: Any) -> local_embedding.Vectors:
        texts.extend(given)
        return real(given, **limits)

    monkeypatch.setattr(local_embedding, "embed", record)
    return texts


def test_a_new_article_is_stored_with_chunks_vectors_and_words(library: Library) -> None:
    added = library.add(BODY)
    assert (added.version, added.chunks, added.change) == (1, 3, Change.ADDED)
    assert added.public_id.startswith("ART-")
    chunks = library.chunks(added)
    assert [chunk.heading for chunk in chunks] == ["", "Costs", "Times"]
    assert "'cost':2A" in chunks[1].search
    with transaction() as session:
        stored = session.scalars(select(Vector).order_by(Vector.chunk_id)).all()
        assert {one.model_id for one in stored} == {embedding.model_id()}
        counted = {one.lexeme: one.chunks for one in session.scalars(select(Lexeme))}
    assert (counted[""], counted["ship"], counted["day"]) == (3, 3, 1)


def test_the_same_article_again_changes_and_embeds_nothing(library: Library, embedded: list[str]) -> None:
    first = library.add(BODY)
    ids = [chunk.id for chunk in library.chunks(first)]
    embedded.clear()
    again = library.add(BODY)
    assert (again.change, again.version, again.public_id) == (Change.UNCHANGED, 1, first.public_id)
    assert embedded == []
    assert [chunk.id for chunk in library.chunks(again)] == ids


def test_only_the_changed_section_is_embedded_and_the_others_keep_their_ids(
    library: Library, embedded: list[str]
) -> None:
    before = {chunk.heading: chunk.id for chunk in library.chunks(library.add(BODY))}
    embedded.clear()
    body = BODY.replace("## Costs", "## Abroad\n\nNot yet.\n\n## Costs").replace("three days", "four days")
    changed = library.add(body)
    after = {chunk.heading: (chunk.id, chunk.position) for chunk in library.chunks(changed)}
    assert embedded == ["Shipping > Abroad\nNot yet.", "Shipping > Times\nIt takes four days."]
    assert (changed.change, changed.version) == (Change.UPDATED, 2)
    assert after["Costs"] == (before["Costs"], 2)
    assert after["Times"][0] != before["Times"]


def test_a_section_that_goes_takes_its_vector_and_its_words_along(library: Library) -> None:
    library.add(BODY)
    library.add("We ship.")
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Vector)) == 1
        counted = {one.lexeme: one.chunks for one in session.scalars(select(Lexeme))}
    assert (counted[""], counted["ship"], counted["day"]) == (1, 1, 0)


def test_the_counts_of_words_stay_right_whatever_path_a_chunk_goes_by(library: Library) -> None:
    library.add(BODY)
    library.add("Bonjour.", slug="fr", language="fr")
    with transaction() as session:
        session.execute(delete(Article))
    with transaction() as session:
        assert set(session.scalars(select(Lexeme.chunks))) == {0}


def test_two_equal_sections_are_two_chunks(library: Library) -> None:
    added = library.add("## Costs\n\nIt costs $5.\n\n## Costs\n\nIt costs $5.")
    assert added.chunks == len(library.chunks(added)) == 2
    assert library.add("## Costs\n\nIt costs $5.").chunks == 1


def test_a_change_of_language_renews_the_words(library: Library) -> None:
    library.add("Wir liefern schnell.")
    added = library.add("Wir liefern schnell.", language="de")
    (chunk,) = library.chunks(added)
    assert chunk.language == "de"
    assert "'lief'" in chunk.search


def test_a_change_of_what_is_around_the_text_is_a_new_version(library: Library, embedded: list[str]) -> None:
    library.add(BODY)
    embedded.clear()
    assert library.add(BODY, audience=Audience.INTERNAL).version == 2
    assert embedded == []


def test_chunks_without_vectors_are_embedded_in_place(library: Library) -> None:
    ids = [chunk.id for chunk in library.chunks(library.add(BODY))]
    with transaction() as session:
        session.execute(delete(Vector))
    seen: list[tuple[int, int]] = []
    assert reindex(progress=lambda done, total: seen.append((done, total))) == 1
    assert seen == [(1, 1)]
    with transaction() as session:
        assert list(session.scalars(select(StoredChunk.id).order_by(StoredChunk.position))) == ids
        assert set(session.scalars(select(Vector.model_id))) == {"all-MiniLM-L6-v2/int8"}


def test_an_article_that_somebody_else_changes_meanwhile_is_not_overwritten_half(library: Library) -> None:
    article = NewArticle(source="test", slug="shipping", title="Shipping", body=BODY)
    add_article(article)
    prepared = preparing.prepare(article)
    library.add("All is new.")
    with pytest.raises(Conflict, match="changed at the same time"), transaction() as session:
        indexing.write(session, prepared)
    with transaction() as session:
        assert list(session.scalars(select(StoredChunk.text))) == ["All is new."]


def test_a_withdrawal_while_somebody_writes_leaves_nothing_to_be_found(library: Library) -> None:
    added = library.add(BODY)
    changed = preparing.prepare(NewArticle("test", "shipping", "Shipping", "All is new."))
    started = threading.Event()

    def withdraw() -> None:
        with transaction() as session:
            article = session.get_one(Article, added.article_id)
            started.set()
            indexing.withdraw(session, article, by="AGENT-1")

    other = threading.Thread(target=withdraw)
    with transaction() as session:
        indexing.write(session, changed)
        other.start()
        assert started.wait(10)
        other.join(0.3)
        assert other.is_alive(), "it waits for the writer"
    other.join(10)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(StoredChunk)) == 0
        article = session.get_one(Article, added.article_id)
        assert (article.body, article.withdrawn_by) == ("All is new.", "AGENT-1")
        assert article.withdrawn_at is not None
