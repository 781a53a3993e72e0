"""Search at 10,000 passages: how long it takes, and how much the dense stage finds beside exact search."""

import random
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from sqlalchemy import func, select, text

from knowledge.articles import NewArticle, add_article
from knowledge.embedding import embed_question
from knowledge.models import StoredChunk, Vector
from knowledge.retrieval import Filters, search
from knowledge.stores import store
from llm.local_embedding import Vectors
from runtime.database import engine, transaction

PASSAGES = 10_000
_SECTIONS = 25
_ASKED = 200
_LONG = 60
_SUBJECTS = (
    "parcel",
    "invoice",
    "password",
    "kettle",
    "tent",
    "backpack",
    "voucher",
    "account",
    "courier",
    "lamp",
)
_VERBS = ("arrives", "changes", "breaks", "expires", "returns", "renews", "ships", "closes", "opens", "fails")
_PLACES = (
    "warehouse",
    "kitchen",
    "garden",
    "office",
    "station",
    "depot",
    "shop",
    "basement",
    "airport",
    "attic",
)
_MORE = (
    "yesterday",
    "slowly",
    "twice",
    "again",
    "never",
    "quickly",
    "overnight",
    "abroad",
    "monthly",
    "online",
)


def _sentence(draw: random.Random) -> str:
    words = (draw.choice(_SUBJECTS), draw.choice(_VERBS), draw.choice(_PLACES), draw.choice(_MORE))
    return f"The {words[0]} {words[1]} near the {words[2]} {words[3]} after {draw.randint(1, 400)} days."


def _fill(draw: random.Random) -> None:
    with transaction() as session:
        present = session.scalar(select(func.count()).select_from(StoredChunk)) or 0
    for number in range((PASSAGES - present) // _SECTIONS + 1):
        sections = [
            f"## Part {n}: {_sentence(draw)}\n\n{' '.join(_sentence(draw) for _ in range(4))}"
            for n in range(_SECTIONS)
        ]
        add_article(
            NewArticle(
                source="bench", slug=f"bench-{number}", title=f"Guide {number}", body="\n\n".join(sections)
            )
        )
        if number % 50 == 0:
            print(f"  {number * _SECTIONS} passages", file=sys.stderr, flush=True)
    _settle()


def _settle() -> None:
    """Do at once what the database does by itself some minutes after a load, lest its work be measured."""
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze)"))


def _times_ms(questions: list[str]) -> list[float]:
    times = []
    for question in questions:
        started = time.perf_counter()
        search(question)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _beside_exact(questions: list[str], embed: Callable[[str], Vectors] = embed_question) -> dict[str, float]:
    """Share of the exact ten nearest that the index returns, and how long embedding and numpy's search take."""
    with transaction() as session:
        rows = session.execute(select(Vector.chunk_id, Vector.embedding)).all()
    ids = np.array([row[0] for row in rows])
    vectors = np.array([row[1] for row in rows], np.float32)
    found = 0
    embedding_ms, exact_ms = [], []
    for question in questions:
        started = time.perf_counter()
        # With a word more, since a question's vector is remembered.
        vector = embed(f"{question} Please.")
        embedded = time.perf_counter()
        exact = set(ids[np.argsort(-(vectors @ vector))[:10]].tolist())
        embedding_ms.append((embedded - started) * 1000)
        exact_ms.append((time.perf_counter() - embedded) * 1000)
        found += len(exact & set(store.query(vector, Filters(), limit=10)))
    return {
        "retrieval_recall_at_10": round(found / (10 * len(questions)), 4),
        "retrieval_embedding_p50_ms": round(statistics.median(embedding_ms), 1),
        "retrieval_exact_p50_ms": round(statistics.median(exact_ms), 1),
    }


def measure() -> dict[str, float]:
    draw = random.Random(11)
    _fill(draw)
    short = [
        f"Why does the {draw.choice(_SUBJECTS)} fail at the {draw.choice(_PLACES)}? {_sentence(draw)}"
        for _ in range(_ASKED)
    ]
    long = [" ".join(_sentence(draw) for _ in range(17)) for _ in range(_LONG)]
    _times_ms(["warm up please"] * 5)
    times, long_times = _times_ms(short), _times_ms(long)
    return {
        "retrieval_p50_ms": round(statistics.median(times), 1),
        "retrieval_p99_ms": round(statistics.quantiles(times, n=100)[98], 1),
        "retrieval_long_p50_ms": round(statistics.median(long_times), 1),
        "retrieval_long_p99_ms": round(statistics.quantiles(long_times, n=100)[98], 1),
        **_beside_exact(short[:100]),
    }
