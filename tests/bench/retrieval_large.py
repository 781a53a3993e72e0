"""Search at 100,000 passages, each about words of its article's own subject, with vectors of the product's embedder."""

import random
import statistics
import sys

from sqlalchemy import func, select, text

from knowledge.articles import NewArticle, add_all
from knowledge.models import StoredChunk
from llm import local_embedding
from runtime.database import engine, transaction
from tests.bench.retrieval import _beside_exact, _times_ms

_PASSAGES = 100_000
_SECTIONS = 25
_AT_ONCE = 20
_ASKED = 200
_SUBJECT_WORDS = 30
_INDEX = (
    "create index ix_vectors_embedding on vectors using hnsw (embedding halfvec_cosine_ops) "
    "with (m = 16, ef_construction = 128)"
)


def _sentence(draw: random.Random, subject: list[str]) -> str:
    a, b, c, d, e, f = draw.sample(subject, 6)
    return f"The {a} {b} near the {c} {d} after {draw.randint(1, 400)} days, {e} or {f}."


def _article(draw: random.Random, number: int, subject: list[str]) -> NewArticle:
    parts = (f"## {draw.choice(subject)} {part}\n\n{_sentence(draw, subject)}" for part in range(_SECTIONS))
    return NewArticle(
        source="bench-large",
        slug=f"large-{number}",
        title=f"Guide {number}: {subject[0]}",
        body="\n\n".join(parts),
    )


def _fill(draw: random.Random) -> list[list[str]]:
    """Returns each article's subject. The index is built at the end, as one does for so many."""
    known = sorted(local_embedding._model().tokenizer.get_vocab())
    words = [word for word in known if word.isalpha() and word.isascii() and 4 <= len(word) <= 9]
    with transaction() as session:
        present = session.scalar(select(func.count()).select_from(StoredChunk)) or 0
        session.execute(text("drop index ix_vectors_embedding"))
    subjects = [draw.sample(words, _SUBJECT_WORDS) for _ in range((_PASSAGES - present) // _SECTIONS + 1)]
    for first in range(0, len(subjects), _AT_ONCE):
        some = subjects[first : first + _AT_ONCE]
        add_all([_article(draw, first + number, subject) for number, subject in enumerate(some)])
        if first % 400 == 0:
            print(f"  {present + first * _SECTIONS} passages", file=sys.stderr, flush=True)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set maintenance_work_mem = '1GB'"))
        connection.execute(text(_INDEX))
        connection.execute(text("vacuum (analyze)"))
    return subjects


def measure() -> dict[str, float]:
    draw = random.Random(12)
    subjects = _fill(draw)
    questions = [f"Why did it fail? {_sentence(draw, draw.choice(subjects))}" for _ in range(_ASKED)]
    _times_ms(questions[:5])
    times = _times_ms(questions[5:])
    figures = {
        "p50_ms": round(statistics.median(times), 1),
        "p99_ms": round(statistics.quantiles(times, n=100)[98], 1),
        "again_p50_ms": round(statistics.median(_times_ms(questions[5:])), 2),
    }
    beside = _beside_exact(questions[:100])
    return {
        f"retrieval_large_{name.removeprefix('retrieval_')}": value
        for name, value in (figures | beside).items()
    }
