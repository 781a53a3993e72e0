"""How well the weekly job groups questions, on labelled ones; and what HDBSCAN makes of the same vectors.

HDBSCAN needs no threshold, but forgets its groups from week to week, and lumps together what is grouped by words.
"""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import HDBSCAN
from sqlalchemy import text

from knowledge.embedding import embed_questions
from knowledge.gap_clusters import NONE, Labels, Limits, group
from knowledge.gap_finding import BY_MEANING, BY_WORDS
from knowledge.gap_words import vectors_of
from llm.local_embedding import Vectors
from runtime.database import transaction

_FILE = Path(__file__).with_name("gap_questions.toml")
_STEMS = text("select tsvector_to_array(to_tsvector(cast(:configuration as regconfig), :question))")


def labelled(language: str) -> tuple[list[str], Labels]:
    with _FILE.open("rb") as opened:
        read: dict[str, Any] = tomllib.load(opened)
    groups = [one["questions"] for one in read["subject"] if one["language"] == language]
    questions = [question for one in groups for question in one] + read["single"][language]
    truth = [place for place, one in enumerate(groups) for _ in one] + [NONE] * len(read["single"][language])
    return questions, np.array(truth, np.int64)


def pairs(labels: Labels) -> set[tuple[int, int]]:
    return {
        (first, second)
        for first in range(len(labels))
        for second in range(first + 1, len(labels))
        if labels[first] == labels[second] != NONE
    }


def agreement(found: Labels, truth: Labels) -> tuple[float, float]:
    """Precision and recall of pairs that are in one group."""
    ours, theirs = pairs(found), pairs(truth)
    both = len(ours & theirs)
    return both / max(len(ours), 1), both / max(len(theirs), 1)


def grouped(vectors: Vectors, limits: Limits) -> Labels:
    count = len(vectors)
    return group(vectors, np.full(count, NONE, np.int64), np.arange(count), limits)


def by_words(questions: list[str], configuration: str) -> Vectors:
    with transaction() as session:
        stems = [
            session.scalars(_STEMS, {"configuration": configuration, "question": question}).one()
            for question in questions
        ]
    return vectors_of(stems)


@pytest.mark.parametrize(
    ("language", "limits", "least_precision", "least_recall"),
    [("en", BY_MEANING, 0.95, 0.85), ("de", BY_WORDS, 0.9, 0.7)],
)
def test_questions_are_grouped_by_what_they_ask_for(
    database: str, language: str, limits: Limits, least_precision: float, least_recall: float
) -> None:
    questions, truth = labelled(language)
    vectors = embed_questions(questions) if language == "en" else by_words(questions, "german")
    precision, recall = agreement(grouped(vectors, limits), truth)
    other = agreement(HDBSCAN(min_cluster_size=3, copy=True).fit_predict(vectors).astype(np.int64), truth)
    print(f"{language}: precision {precision:.3f} recall {recall:.3f}; HDBSCAN {other[0]:.3f} {other[1]:.3f}")
    assert precision >= least_precision
    assert recall >= least_recall
