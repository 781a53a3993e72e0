"""A message is cut into few pieces, each with its place, and nothing of it is lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent_core.segments import segments


def test_sentences_are_pieces_and_short_ones_go_with_the_next() -> None:
    text = (
        "Hi. My lamp arrived broken last week.\nHow do I send it back to you? "
        "送料はいくらですか？返品したいのですがどうすれば良いですか。"
    )
    assert [piece.text.strip() for piece in segments(text)] == [
        "Hi. My lamp arrived broken last week.",
        "How do I send it back to you?",
        "送料はいくらですか？返品したいのですがどうすれば良いですか。",
    ]


def test_a_suspicious_sentence_of_a_long_text_stays_alone() -> None:
    filler = "This sentence is of no interest to anybody. " * 40
    pieces = segments(
        f"{filler}\nHere the odd word is found at last.\n{filler}", suspicious=lambda text: "odd" in text
    )
    assert "Here the odd word is found at last." in [piece.text for piece in pieces]
    assert len(pieces) <= 30


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=3000))
def test_every_character_but_white_space_is_in_one_piece(text: str) -> None:
    pieces = segments(text)
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
    assert all(before.end <= after.start for before, after in pairwise(pieces))
    covered = "".join(piece.text for piece in pieces)
    assert "".join(covered.split()) == "".join(text.split())


@given(st.integers(min_value=0, max_value=60_000))
def test_there_are_never_many_pieces(length: int) -> None:
    assert len(segments("One more sentence for you. " * (length // 27))) <= 37
