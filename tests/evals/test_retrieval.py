"""How well the search answers labelled questions about the demo's articles, and leaves others unanswered."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from knowledge.articles import NewArticle, add_article, add_path
from knowledge.relevance import Signals, score_all
from knowledge.retrieval import search
from runtime.database import transaction
from runtime.settings import settings
from tests.evals.relevance_fit import ARTICLES, Labelled, fit, rank_all, rows_of, sections

OTHER_LANGUAGES = json.loads(Path(__file__).with_name("other_languages.json").read_text())
_MISSED_COUNTS = 3.5


@pytest.fixture
def ranked(database: str) -> Iterator[tuple[list[Labelled], dict[int, str]]]:
    add_path(ARTICLES)
    with transaction() as session:
        yield rank_all(session), sections(session)


def _shown(case: Labelled, names: dict[int, str]) -> list[str]:
    least = settings().knowledge.min_relevance
    return [names[one.chunk_id] for one in case.candidates if one.relevance >= least][:5]


def shares(labelled: list[Labelled], names: dict[int, str]) -> tuple[float, float, float]:
    """Of what is shown: the right section first, among five; and how many that nothing answers show any."""
    shown = [(case, _shown(case, names)) for case in labelled]
    answerable = [(case.answers, found) for case, found in shown if case.answers]
    first = np.mean([bool(found) and found[0] in answers for answers, found in answerable])
    among_five = np.mean([bool(answers & set(found)) for answers, found in answerable])
    false_alarms = np.mean([bool(found) for case, found in shown if not case.answers])
    return float(first), float(among_five), float(false_alarms)


def test_questions_find_their_section_and_unanswerable_ones_find_nothing(
    ranked: tuple[list[Labelled], dict[int, str]],
) -> None:
    labelled, names = ranked
    answerable = [case for case in labelled if case.answers]
    assert len(answerable) >= 150
    assert len(labelled) - len(answerable) >= 70
    assert {answer for case in answerable for answer in case.answers} <= set(names.values())
    first, among_five, false_alarms = shares(labelled, names)
    print(f"\nretrieval: first {first:.3f}, among five {among_five:.3f}, false alarms {false_alarms:.3f}")
    assert first >= 0.74
    assert among_five >= 0.83
    assert false_alarms <= 0.08


def test_the_weights_of_the_product_suit_the_labelled_questions(
    ranked: tuple[list[Labelled], dict[int, str]],
) -> None:
    labelled, names = ranked
    model = fit(labelled, names)
    for leave_out in (False, True):
        signals, answers = rows_of(labelled, names, leave_out=leave_out)
        ours = np.array(
            [
                score_all([Signals(chunk=c, coverage=s), Signals(chunk=c - gap)], known_language=True)[
                    0
                ].relevance
                for c, s, gap in signals
            ]
        )
        odds = np.log(ours / (1 - ours)) - math.log(_MISSED_COUNTS)
        fitted = log_loss(answers, model.predict_proba(signals)[:, 1])
        assert log_loss(answers, 1 / (1 + np.exp(-odds))) < 1.1 * fitted, model.coef_


def test_a_late_order_finds_the_tracking_article(database: str) -> None:
    add_path(ARTICLES)
    found = search("Order hasn't arrived")
    assert found[0].title == "Track an order"
    assert search("What is the capital of Peru?") == []


def test_other_languages_are_found_by_their_words_and_stay_apart(database: str) -> None:
    add_path(ARTICLES)
    right = wrong = alarms = 0
    for article in OTHER_LANGUAGES:
        language = article["language"]
        add_article(
            NewArticle(
                source="eval", slug=language, title=article["title"], body=article["body"], language=language
            )
        )
    cases = [(article["language"], case) for article in OTHER_LANGUAGES for case in article["questions"]]
    for language, case in cases:
        found = search(case["question"], language=language)
        if case["answer"] is None:
            alarms += bool(found)
        else:
            right += bool(found) and found[0].heading == case["answer"]
            wrong += bool(found) and found[0].heading != case["answer"]
    answerable = sum(case["answer"] is not None for _language, case in cases)
    print(f"\nother languages: right {right}/{answerable}, wrong {wrong}, false alarms {alarms}")
    assert right >= 0.65 * answerable
    assert wrong <= 2
    assert alarms <= 1
