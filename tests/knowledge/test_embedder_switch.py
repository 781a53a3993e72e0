"""From one embedder to another while customers ask and staff write."""

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import select, text

from knowledge import embedder_in_use, embedder_switch, embedding, past_questions, pgvector_store
from knowledge.articles import Answer, NewArticle, add_all, remember_answers
from knowledge.models import PastQuestion, StoredChunk, Vector
from knowledge.retrieval import search
from knowledge.vector_store import Filters
from llm import openai_embedding
from runtime import database
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings
from tests.knowledge.conftest import Library
from tests.stubs.embedding_stub import EmbeddingStub
from tests.stubs.vendor_stub import Answer as VendorsAnswer

LOCAL, OPENAI = "all-MiniLM-L6-v2/int8", "openai/text-embedding-3-small/384"
QUESTION = "How long does delivery take?"


@pytest.fixture
def openai(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingStub]:
    """A desk on the local embedder; `want_openai` changes what the settings name."""
    monkeypatch.setattr(embedder_switch, "_GRACE_S", 0.0)
    with EmbeddingStub() as running:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("DESKFLEET_OPENAI_URL", f"{running.url}/v1")
        openai_embedding.forget()
        yield running
    openai_embedding.forget()


def want(monkeypatch: pytest.MonkeyPatch, embedder: str) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_EMBEDDER", embedder)
    settings.cache_clear()


def stock(library: Library, count: int = 3) -> int:
    """Articles, and a question that the first has answered; the first one's id."""
    first = library.add("We deliver within three working days.")
    for number in range(1, count):
        library.add(
            f"Refunds of kind {number} take a week.", slug=f"refunds-{number}", title=f"Refunds {number}"
        )
    remember_answers([Answer("TKT-1", "When will my parcel come?", first.article_id)])
    return first.article_id


def models() -> dict[str, set[str]]:
    with transaction() as session:
        return {
            table: set(session.scalars(text(f"select distinct model_id from {table}")))
            for table in ("vectors", "article_vectors", "article_pieces", "past_questions")
        }


def test_the_first_vectors_say_which_embedder_is_in_use(library: Library) -> None:
    assert embedder_in_use.in_use() is None
    library.add("We deliver within three working days.")
    embedder_in_use.forget()
    assert embedder_in_use.in_use() == LOCAL == embedding.model_id()


def test_while_the_database_is_away_the_one_that_was_in_use_is_used(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("We deliver within three working days.")
    monkeypatch.setattr(embedder_in_use, "LIFETIME_S", 0.0)
    assert embedder_in_use.in_use() == LOCAL
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PRECISION", "fp32")
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    settings.cache_clear()
    database.dispose()
    try:
        assert embedder_in_use.in_use() == LOCAL
        embedder_in_use.forget()
        assert embedder_in_use.in_use() is None
        assert embedding.model_id() == "all-MiniLM-L6-v2/fp32"
    finally:
        database.dispose()


def test_naming_another_embedder_changes_nothing_until_its_vectors_are_built(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library)
    want(monkeypatch, "openai")
    assert embedder_switch.is_due()
    assert [passage.title for passage in search(QUESTION)][:1] == ["Shipping"]
    assert openai.received == []


def test_all_vectors_are_built_beside_the_old_ones_and_swapped(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library)
    want(monkeypatch, "openai")
    told: list[int] = []
    assert embedder_switch.waiting() == 4
    switched = embedder_switch.switch(progress=told.append)
    assert (switched.before, switched.after) == (LOCAL, OPENAI)
    assert (switched.articles, switched.questions, sum(told)) == (3, 1, 4)
    assert all(found == {LOCAL, OPENAI} for found in models().values()), (
        "the old ones are there for who still asks"
    )
    openai.received.clear()
    found = search(QUESTION)
    assert found[0].title == "Shipping"
    assert openai.texts == [QUESTION]
    assert found[0].dense > 0.3
    embedder_switch.clean_up()
    assert all(found == {OPENAI} for found in models().values())
    assert not embedder_switch.is_due()


def test_what_is_written_while_it_is_built_is_found_before_and_after(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library)
    want(monkeypatch, "openai")

    def write_meanwhile(_more: int) -> None:
        if not openai_wrote:
            openai_wrote.append(True)
            library.add("Gift cards are sent by mail.", slug="gifts", title="Gift cards")
            assert search("How do I get a gift card?")[0].title == "Gift cards", (
                "with the embedder still in use"
            )

    openai_wrote: list[bool] = []
    switched = embedder_switch.switch(progress=write_meanwhile)
    assert switched.articles >= 3
    embedder_switch.clean_up()
    assert search("How do I get a gift card?")[0].title == "Gift cards"
    assert search("How do I get a gift card?")[0].dense > 0.3


def test_an_article_that_is_edited_while_it_is_built_keeps_the_edit(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library, 1)
    want(monkeypatch, "openai")
    real = openai_embedding.embed
    edited: list[bool] = []

    def embed_slowly(texts: list[str], *, model: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        vectors = real(texts, model=model)
        if not edited:
            edited.append(True)
            with embedding.using(LOCAL):
                library.add("We deliver within nine working days.")
        return vectors

    monkeypatch.setattr(openai_embedding, "embed", embed_slowly)
    embedder_switch.switch()
    embedder_switch.clean_up()
    assert "nine" in search(QUESTION)[0].text
    with transaction() as session:
        chunks = set(session.scalars(select(StoredChunk.id)))
        assert set(session.scalars(select(Vector.chunk_id).where(Vector.model_id == OPENAI))) == chunks


def test_a_service_that_fails_half_way_leaves_the_old_vectors_in_use_and_is_asked_for_the_rest(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder_switch, "_ARTICLES", 2)
    stock(library, 5)
    want(monkeypatch, "openai")

    def fail_after_the_first(_more: int) -> None:
        openai.then(*[VendorsAnswer(400, {"error": {"message": "no"}})] * 8)

    with pytest.raises(Unavailable):
        embedder_switch.switch(progress=fail_after_the_first)
    assert embedding.model_id() == LOCAL
    assert search(QUESTION)[0].title == "Shipping"
    openai.script.clear()
    switched = embedder_switch.switch()
    assert switched.articles == 3, "two of five were there"
    assert embedding.model_id() == OPENAI


def test_back_to_the_local_one_and_to_another_precision_of_it(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library)
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PRECISION", "fp32")
    settings.cache_clear()
    embedder_switch.switch()
    embedder_switch.clean_up()
    assert all(found == {"all-MiniLM-L6-v2/fp32"} for found in models().values())
    assert search(QUESTION)[0].title == "Shipping"
    assert openai.received == []


def test_while_openai_does_not_answer_the_words_are_searched(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library)
    want(monkeypatch, "openai")
    embedder_switch.switch()
    openai.then(VendorsAnswer(500))
    found = search("Which working days do you deliver within?", min_relevance=0.0)
    assert found[0].title == "Shipping"
    assert found[0].dense == 0.0


def test_what_the_old_and_the_new_embedder_store_does_not_hide_one_another(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both precisions give nearly the same vectors: half of what is nearest is of the one that is not asked."""
    texts = [f"How do I change part {number} of machine {number % 37}?" for number in range(150)]
    add_all(
        [
            NewArticle(source="test", slug=f"{number}", title=f"Part {number}", body=body)
            for number, body in enumerate(texts)
        ]
    )
    with embedding.using("all-MiniLM-L6-v2/fp32"):
        embedder_switch._build_articles(LOCAL, "all-MiniLM-L6-v2/fp32", lambda _more: None)
    vector = embedding.embed_question("How do I change part 17 of machine 17?")
    exact = select(Vector.chunk_id).where(Vector.model_id == LOCAL)
    with transaction() as session:
        session.execute(text("set local enable_indexscan = off"))
        truth = session.scalars(exact.order_by(Vector.embedding.op("<=>")(vector.tolist())).limit(10)).all()
    found = pgvector_store.query(vector, Filters(), limit=10)
    assert len(set(truth) & set(found)) >= 9


def test_chunks_that_an_earlier_version_cut_otherwise_are_cut_anew(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library, 2)
    with transaction() as session:
        session.execute(
            text("update chunks set content_hash = 'of another time' where id = (select min(id) from chunks)")
        )
    want(monkeypatch, "openai")
    embedder_switch.switch()
    embedder_switch.clean_up()
    with transaction() as session:
        assert (
            session.scalars(select(StoredChunk.id).where(StoredChunk.content_hash == "of another time")).all()
            == []
        )
    assert search(QUESTION)[0].title == "Shipping"


def test_remembered_questions_are_told_once_while_both_embedders_have_them(
    library: Library, openai: EmbeddingStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(library)
    want(monkeypatch, "openai")
    embedder_switch.switch()
    with transaction() as session:
        assert len(session.scalars(select(PastQuestion)).all()) == 2
        [known] = past_questions.remembered(session)
        assert known.source == "TKT-1"
        past_questions.forget(session, ["TKT-1"])
    with transaction() as session:
        assert session.scalars(select(PastQuestion)).all() == []
