"""An article's short pieces say how near it is."""

import numpy as np
import pytest
from sqlalchemy import delete, func, select

from knowledge import articles, embedding, pieces, preparing
from knowledge.models import ArticlePiece
from knowledge.stores import store
from runtime.database import transaction
from tests.knowledge.conftest import Library

LONG = "\n\n".join(
    f"The {thing} of the tent is {state}. Wash it by hand with cold water and let it dry in the shade before "
    f"you fold it. The warranty of the {thing} ends {years} years after you have bought the tent."
    for years, (thing, state) in enumerate(
        (("floor", "grey"), ("roof", "green"), ("door", "red"), ("pole", "long"), ("bag", "black")), start=2
    )
)


def count(article_id: int) -> int:
    with transaction() as session:
        query = select(func.count()).where(ArticlePiece.article_id == article_id)
        return session.scalars(query).one()


def test_a_long_section_is_one_chunk_and_several_pieces(library: Library) -> None:
    added = library.add(LONG, title="The tent")
    assert len(library.chunks(added)) == 1
    assert count(added.article_id) == len(pieces.piece_texts("The tent", LONG)) >= 3


def test_pieces_hold_the_question_that_the_article_answers() -> None:
    texts = pieces.piece_texts("Tent", "Air it.", "My tent smells of mould. What helps?")
    assert list(texts.values()) == ["Tent\nMy tent smells of mould. What helps?\nAir it."]
    assert pieces.piece_texts("Tent", "Air it.", "My tent smells of mould. What helps?") == texts


def test_a_title_leaves_room_for_the_text() -> None:
    texts = pieces.piece_texts("Very long title " * 40, " ".join(f"It has {n} pegs." for n in range(120)))
    assert 3 < len(texts) < 30
    assert all(embedding.count_tokens(text) + 2 <= pieces.PIECE_TOKENS for text in texts.values())


def test_nearness_is_the_mean_of_the_best_three_pieces(library: Library) -> None:
    added = library.add(LONG, title="The tent")
    asked = embedding.embed_question("How do I wash the door of my tent?")
    cosines = embedding.embed_passages(list(pieces.piece_texts("The tent", LONG).values())) @ asked
    chunk = library.chunks(added)[0].id
    with transaction() as session:
        near = store.nearness(session, asked, [chunk])[chunk]
    assert near.pieces == pytest.approx(np.sort(cosines)[-3:].mean(), abs=2e-3)


def test_an_article_without_pieces_is_as_near_as_its_chunk(library: Library) -> None:
    added = library.add(LONG, title="The tent")
    asked = embedding.embed_question("How do I wash the door of my tent?")
    chunk = library.chunks(added)[0].id
    with transaction() as session:
        session.execute(delete(ArticlePiece))
        near = store.nearness(session, asked, [chunk])[chunk]
    assert near.pieces == near.chunk


def test_only_new_pieces_are_embedded_and_gone_ones_deleted(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = library.add(LONG, title="The tent")
    embedded: list[str] = []

    def counted(texts: list[str]) -> object:
        embedded.extend(texts)
        return embedding.embed_passages(texts)

    monkeypatch.setattr(preparing, "embed_passages", counted)
    library.add(LONG, title="The tent")
    assert embedded == []
    before = count(added.article_id)
    shorter = LONG.rsplit("\n\n", 2)[0]
    library.add(shorter, title="The tent")
    assert count(added.article_id) < before
    assert 0 < len(embedded) < before


def test_what_is_withdrawn_has_no_pieces_and_what_comes_back_has_them(library: Library) -> None:
    added = library.add(LONG, title="The tent")
    before = count(added.article_id)
    with transaction() as session:
        articles.withdraw(session, added.public_id)
    assert count(added.article_id) == 0
    library.add(LONG, title="The tent")
    assert count(added.article_id) == before


def test_indexing_anew_makes_the_pieces_that_are_missing(library: Library) -> None:
    added = library.add(LONG, title="The tent")
    before = count(added.article_id)
    with transaction() as session:
        session.execute(delete(ArticlePiece))
    articles.reindex()
    assert count(added.article_id) == before
