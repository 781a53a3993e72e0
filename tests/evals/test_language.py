"""How often the language of short messages of strangers is told right."""

import csv
from typing import Any

import pytest

from deskfleet.commands.evaluate_language import Row, code_of, measure
from tests.evals.public_sets import DATA

POSTS = DATA / "dialogues" / "multilingual_sentiment_12"
FORUM = DATA / "intent" / "sumo_multilingual" / "questions_by_locale_even.csv"


def posts() -> dict[str, Any]:
    """Posts of at least five words, labelled by the language of their collection."""
    rows = []
    for file in sorted(POSTS.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as opened:
            rows += [Row(row["text"], code_of(file.stem)) for row in csv.DictReader(opened)]
    return measure(iter(rows), min_words=5)


def _share(figures: dict[str, Any], language: str) -> float:
    return float(figures["per_language"][language]["accuracy"])


@pytest.mark.skipif(not POSTS.is_dir(), reason="The evaluation data is not on this machine.")
def test_posts_of_five_words_are_told_right() -> None:
    figures = posts()
    print(f"\nlanguage of posts: {figures}")
    assert figures["accuracy"] >= 0.97
    # Some posts of every language are in English, or are a few names.
    assert min(_share(figures, language) for language in figures["per_language"]) >= 0.95
    assert figures["p50_ms"] < 5


@pytest.mark.skipif(not FORUM.is_file(), reason="The evaluation data is not on this machine.")
def test_questions_of_a_forum_are_in_its_language_or_in_english() -> None:
    """The label is the forum; many ask in English there, so only what is in neither language is a mistake."""
    with FORUM.open(encoding="utf-8", newline="") as opened:
        rows = [Row(row["text"], code_of(row["forum_locale"])) for row in csv.DictReader(opened)]
    own = [row for row in rows if row.label in ("en", "es", "it", "pt", "nl", "tr")]
    figures: dict[str, Any] = measure((row for row in own), min_words=5)
    either: dict[str, Any] = measure((Row(row.text, "en") for row in own if row.label != "en"), min_words=5)
    others: dict[str, Any] = measure(row for row in rows if row.label in ("cs", "hu", "fi", "sl", "sr"))
    in_english = either["accuracy"] * either["n"]
    in_own = sum(one["accuracy"] * one["n"] for name, one in figures["per_language"].items() if name != "en")
    share = (in_english + in_own) / either["n"]
    told = others["other_languages"]["told"] / others["other_languages"]["n"]
    print(f"\nforum: own language or English {share:.4f}; {figures['per_language']}; others told {told:.3f}")
    assert share >= 0.97
    assert told >= 0.6
