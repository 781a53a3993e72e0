"""A desk that looks its vectors up in Pinecone, and many chunks at once for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from sqlalchemy import text

from knowledge import embedding, pinecone_store
from knowledge.stores import store
from llm import breaker
from runtime.database import transaction
from runtime.settings import settings
from tests.knowledge.conftest import Library
from tests.stubs.pinecone_stub import PineconeStub

_CHUNKS = text("""
insert into chunks (article_id, position, heading, text, content_hash, tokens, language, search)
select :article, number, '', 'Words.', cast(number as text), 1, 'en', cast('' as tsvector)
from generate_series(1, :count) as number
returning id
""")


@contextmanager
def desk_with_pinecone(monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeStub]:
    """The settings point at a stub that starts empty."""
    breaker.forget()
    with PineconeStub() as stub:
        for name, value in stub.settings.items():
            monkeypatch.setenv(name, value)
        # A busy machine is no outage.
        monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PINECONE_TIMEOUT_S", "10")
        settings.cache_clear()
        try:
            yield stub
        finally:
            pinecone_store.close()
            breaker.forget()


def fill(library: Library, count: int) -> list[int]:
    """So many chunks of one article, with vectors; their ids."""
    article = library.add("Words.", slug="long", product="lamp").article_id
    vectors = np.random.default_rng(7).normal(size=(count, embedding.DIMENSIONS)).astype(np.float32)
    with transaction() as session:
        added = list(session.scalars(_CHUNKS, {"article": article, "count": count - 1}))
        first = session.scalars(
            text("select min(id) from chunks where article_id = :article"), {"article": article}
        ).one()
        store.upsert(session, dict(zip([first, *added], vectors, strict=True)))
    return [first, *added]


def lapse() -> None:
    """Every claim on a vector is as old as that of a process that died."""
    with transaction() as session:
        session.execute(text("update pushed_vectors set claimed_at = claimed_at - interval '1 hour'"))


def push_rows() -> list[tuple[int, bool, bool]]:
    """Of each row: its chunk, whether it is known to be in Pinecone, and whether somebody claims it."""
    with transaction() as session:
        rows = session.execute(
            text(
                "select chunk_id, fingerprint is not null, claim_token is not null "
                "from pushed_vectors order by chunk_id"
            )
        )
        return [(chunk, known, claimed) for chunk, known, claimed in rows]
