"""How an article is cut."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.chunking import MAX_TOKENS, Chunk, chunk_article


def words(text: str) -> int:
    """A stand-in for the embedder's tokenizer: words and marks."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def cut(body: str, title: str = "Shipping", *, question: str = "", limit: int = MAX_TOKENS) -> list[Chunk]:
    return chunk_article(title, body, count_tokens=words, question=question, max_tokens=limit)


def test_each_section_is_a_chunk_under_its_headings() -> None:
    chunks = cut(
        "# Shipping\n\nWe ship.\n\n## Costs\n\nIt costs $5.\n\n### Abroad\n\nIt costs $20.\n\n## Times\n\nFast."
    )
    assert [(chunk.heading, chunk.text) for chunk in chunks] == [
        ("", "We ship."),
        ("Costs", "It costs $5."),
        ("Costs > Abroad", "It costs $20."),
        ("Times", "Fast."),
    ]
    assert chunks[2].breadcrumb == "Shipping > Costs > Abroad"
    assert [chunk.position for chunk in chunks] == [0, 1, 2, 3]


def test_the_breadcrumb_is_embedded_and_not_displayed() -> None:
    (chunk,) = cut("## Costs\n\nIt costs **$5**, see [the table](https://shop.example.com/costs).")
    assert chunk.embedded == "Shipping > Costs\nIt costs $5, see the table."
    assert chunk.text.startswith("It costs **$5**, see [the table](https")


def test_a_heading_without_text_lives_on_in_the_path_of_its_children() -> None:
    chunks = cut("## Delivery\n\n### Express\n\nOne day.")
    assert [chunk.heading for chunk in chunks] == ["Delivery > Express"]


def test_a_list_a_table_and_code_stay_whole_when_they_fit() -> None:
    body = "## Steps\n\n1. One\n2. Two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n# no heading\nx = 1\n```"
    (chunk,) = cut(body)
    assert chunk.text == body.removeprefix("## Steps\n\n")


def test_prose_that_is_too_long_is_cut_at_sentences_with_an_overlap() -> None:
    sentences = [f"Sentence number {number} says something about parcels." for number in range(40)]
    chunks = cut(" ".join(sentences), limit=100)
    assert len(chunks) > 3
    for before, after in itertools.pairwise(chunks):
        last = re.findall(r"[^.]+\.", before.text)[-1].strip()
        assert last in after.text.split("\n\n")[0]


def test_a_long_table_repeats_its_header_in_every_part() -> None:
    rows = "\n".join(f"| country {number} | {number} dollars |" for number in range(60))
    chunks = cut(f"| Country | Price |\n|---|---|\n{rows}", limit=120)
    assert len(chunks) > 2
    assert all(chunk.text.startswith("| Country | Price |\n|---|---|\n| country") for chunk in chunks)


def test_long_code_keeps_its_fences_in_every_part() -> None:
    lines = "\n".join(f"call({number})" for number in range(120))
    chunks = cut(f"```python\n{lines}\n```", limit=120)
    assert len(chunks) > 2
    assert all(chunk.text.startswith("```python\n") and chunk.text.endswith("\n```") for chunk in chunks)


def test_a_long_list_is_cut_between_its_items() -> None:
    items = "\n".join(f"- item {number} with a line\n  that goes on" for number in range(40))
    chunks = cut(items, limit=80)
    assert len(chunks) > 2
    assert all(chunk.text.startswith("- item") and chunk.text.endswith("goes on") for chunk in chunks)


def test_a_question_is_embedded_with_its_answer_in_place_of_the_title() -> None:
    (chunk,) = cut("Press the button.", title="Re: help", question="How do I open the lid?")
    assert chunk.embedded == "How do I open the lid?\nPress the button."
    assert chunk.text == "Press the button."


@pytest.mark.parametrize("body", ["", "\n\n", "# Only a heading", "---", "<!-- nothing -->"])
def test_what_says_nothing_gives_no_chunk(body: str) -> None:
    assert cut(body) == []


def test_the_hash_changes_with_the_text_and_with_the_headings() -> None:
    first, second, third = (cut(body)[0] for body in ("## A\n\nText.", "## A\n\nText!", "## B\n\nText."))
    assert len({first.content_hash, second.content_hash, third.content_hash}) == 3
    assert cut("## A\n\nText.")[0].content_hash == first.content_hash


_MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# Title\n",
            "## Head\n",
            "- item\n",
            "1. step\n",
            "| a | b |\n|---|---|\n",
            "| c | d |\n",
            "```\n",
            "\n",
        ]
    )
    | st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=300),
    max_size=20,
).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(_MARKDOWN, st.text(max_size=400))
def test_any_text_is_cut_the_same_twice_and_never_above_the_limit(body: str, title: str) -> None:
    chunks = cut(body, title, limit=256)
    assert chunks == cut(body, title, limit=256)
    assert all(chunk.tokens <= 256 and chunk.text.strip() for chunk in chunks)
