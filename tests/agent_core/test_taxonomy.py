"""The default taxonomy and its examples."""

import pytest

from agent_core.taxonomy import FALLBACK, taxonomy
from runtime.language import LANGUAGES


def test_the_default_categories_each_have_a_group() -> None:
    groups = {name: one.group for name, one in taxonomy().categories.items()}
    assert set(groups) == {
        "technical_support", "bug_report", "billing_inquiry", "shipping", "product_question", "feature_request",
        "account_management", "general_inquiry",
    }  # fmt: skip
    assert set(groups.values()) == {"technical", "billing", "general"}
    assert FALLBACK in groups


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_examples_of_every_category_and_mood(language: str) -> None:
    given = taxonomy()
    mine = {one.label for one in given.category_examples() if one.text.language == language}
    assert mine - {None} == set(given.categories)
    moods = {one.label for one in given.sentiment_examples() if one.text.language == language}
    assert moods == {"positive", "neutral", "negative"}


def test_there_are_enough_texts_of_no_category_to_learn_from() -> None:
    assert sum(one.label is None for one in taxonomy().category_examples()) >= 30


def test_no_example_is_given_twice() -> None:
    texts = [one.text.text for one in taxonomy().category_examples()]
    assert len(texts) == len(set(texts))
