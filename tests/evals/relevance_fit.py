"""Fits the relevance of `knowledge.relevance` on the labelled questions about the demo's articles.

Each row is a passage among the best of its question. Besides the questions that nothing answers, some are made
unanswerable by leaving sections out, because those are the hardest: all around them is about their topic.
The product's weights are the fit of these rows joined with those of a public set of paraphrased questions.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.embedding import embed_question
from knowledge.models import Article, StoredChunk
from knowledge.passages import Candidate
from knowledge.retrieval import CANDIDATES, Asked, rank
from knowledge.stores import store
from knowledge.vector_store import Filters

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = ROOT / "src/deskfleet/demo_data/articles"
QUESTIONS = Path(__file__).with_name("knowledge_questions.jsonl")
_BEST = 6
_LEFT_OUT = 0.4


@dataclass(frozen=True)
class Labelled:
    """A question, the sections that answer it (`slug#heading`; none: nothing does), and what was ranked."""

    question: str
    answers: frozenset[str]
    candidates: tuple[Candidate, ...]


def sections(session: Session) -> dict[int, str]:
    """Chunk id → `slug#heading`."""
    query = select(StoredChunk.id, Article.slug, StoredChunk.heading).join(Article)
    return {chunk: f"{slug}#{heading}" for chunk, slug, heading in session.execute(query)}


def rank_all(session: Session) -> list[Labelled]:
    labelled = []
    for line in QUESTIONS.read_text().splitlines():
        case = json.loads(line)
        vector = embed_question(case["question"])
        nearest = store.query(vector, Filters(), limit=CANDIDATES)
        found = rank(session, Asked(case["question"], "en", vector), nearest, filters=Filters())
        labelled.append(Labelled(case["question"], frozenset(case["answers"]), tuple(found)))
    return labelled


def rows_of(
    labelled: list[Labelled], names: dict[int, str], *, leave_out: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Signals (cosine, coverage, gap) and whether the passage answers."""
    draw = np.random.default_rng(1)
    gone = {name for name in sorted(set(names.values())) if leave_out and draw.random() < _LEFT_OUT}
    signals, answers = [], []
    for case in labelled:
        left = [one for one in case.candidates if names[one.chunk_id] not in gone]
        nearest = max(one.signals.chunk for one in left)
        left.sort(key=lambda one: -one.score)
        for one in left[:_BEST]:
            near = one.signals.chunk
            signals.append((near, one.signals.coverage, near - nearest))
            answers.append(names[one.chunk_id] in case.answers)
    return np.array(signals), np.array(answers)


def fit(labelled: list[Labelled], names: dict[int, str]) -> LogisticRegression:
    """Coefficients in the order cosine, coverage, gap."""
    parts = [rows_of(labelled, names, leave_out=leave_out) for leave_out in (False, True)]
    signals = np.concatenate([part[0] for part in parts])
    answers = np.concatenate([part[1] for part in parts])
    return LogisticRegression(C=1e6, max_iter=5000).fit(signals, answers)
