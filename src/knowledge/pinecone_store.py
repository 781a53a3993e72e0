"""The store of vectors with Pinecone: it names candidates; PostgreSQL keeps every vector and says what is true.

The only file that knows Pinecone's SDK, which is imported when it is first needed. What Pinecone holds is kept in
step by `pinecone_sync`: writing here only asks for that.
"""

import importlib
import os
import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge import pgvector_store, pinecone_hits
from knowledge.embedding import model_id
from knowledge.pinecone_guard import guarded
from knowledge.pinecone_metadata import condition, safe_name
from knowledge.vector_store import Filters
from llm.local_embedding import Vectors
from runtime import jobs
from runtime.errors import SettingError, Unavailable
from runtime.settings import settings

if TYPE_CHECKING:
    from pinecone import Index

nearness = pgvector_store.nearness

MOST_DELETED = 1_000  # Ids in one request.
_MOST_FETCHED = 50  # The ids stand in the address, whose length is limited.
_PUSH_JOB = "knowledge.tasks.push_article"
_OF_A_GATEWAY = {502, 504}  # What stands behind it may still take the request.
_MOST_SAID = 200
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_ASKED_FOR = "pushes asked for"
_ARTICLES = text("select distinct article_id from chunks where id = any(cast(:chunks as bigint[]))")


class Refused(Unavailable):
    """Pinecone answered, and did not take it; `retry_after_s` is what it asked for."""

    def __init__(self, detail: str, *, may_pass: bool, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.may_pass = may_pass
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Stored:
    """A vector as Pinecone holds it."""

    values: Sequence[float]
    metadata: Mapping[str, object]


@dataclass(frozen=True)
class _Patience:
    """How long one request may take, and how often and after which pause at most it is repeated."""

    timeout_s: float
    retries: int
    most_wait_s: float


# One attempt: `pinecone_sync` repeats it, and must know when none is under way any more.
_WRITING = _Patience(timeout_s=10.0, retries=0, most_wait_s=0.0)


def query(vector: Vectors, filters: Filters, *, limit: int) -> dict[int, float]:
    found = _ask(vector, condition(filters, at=filters.valid_at or datetime.now(UTC)), limit)
    place = {"host": host(), "namespace": namespace()}
    return pinecone_hits.confirmed(found, vector, filters, limit=limit, place=place)


def _ask(vector: Vectors, narrowed: dict[str, Any], limit: int) -> dict[int, float]:
    patience = _Patience(settings().knowledge.pinecone_timeout_s, retries=1, most_wait_s=0.2)
    values = [float(value) for value in vector]
    with guarded(), _answering():
        answer = _client(patience).query(top_k=limit, vector=values, namespace=namespace(), filter=narrowed)
        return {int(match.id): float(match.score) for match in answer.matches}


def upsert(session: Session, vectors: Mapping[int, Vectors]) -> None:
    pgvector_store.upsert(session, vectors)
    _ask_to_push(session, _articles_of(session, vectors))


def upsert_article(session: Session, article: int, lead: Vectors | None) -> None:
    pgvector_store.upsert_article(session, article, lead)
    _ask_to_push(session, [article])


def delete(session: Session, chunks: Collection[int]) -> None:
    """Called before the chunks are gone: afterwards nobody knows whose they were."""
    pgvector_store.delete(session, chunks)
    _ask_to_push(session, _articles_of(session, chunks))


def _articles_of(session: Session, chunks: Collection[int]) -> list[int]:
    return list(session.scalars(_ARTICLES, {"chunks": list(chunks)})) if chunks else []


def _ask_to_push(session: Session, articles: Collection[int]) -> None:
    """One job for each article and transaction."""
    asked: set[int] = session.info.setdefault(_ASKED_FOR, set())
    for article in sorted(set(articles) - asked):
        jobs.request(session, _PUSH_JOB, article)
        asked.add(article)


def host() -> str:
    """Raises SettingError when Pinecone is not set up, whichever store is in use."""
    chosen = settings().knowledge
    for name, value in (("HOST", chosen.pinecone_host), ("KEY", chosen.pinecone_key.get_secret_value())):
        if not value:
            variable = f"DESKFLEET_KNOWLEDGE_PINECONE_{name}"
            raise SettingError(f"The setting {variable} is not set, and Pinecone needs it.", field=variable)
    return chosen.pinecone_host


def is_set_up() -> bool:
    chosen = settings().knowledge
    return bool(chosen.pinecone_host and chosen.pinecone_key.get_secret_value())


def namespace() -> str:
    """Where the vectors of the present embedder are: another embedder's are never compared with them."""
    return f"{settings().knowledge.pinecone_namespace}-{safe_name(model_id())}"


def send(into: str, vectors: Sequence[Mapping[str, Any]]) -> None:
    """Write vectors (`id`, `values`, `metadata`) into a namespace; there already, they are replaced."""
    with _answering():
        _client(_WRITING).upsert(vectors=vectors, namespace=into)


def remove(out_of: str, chunks: Sequence[int]) -> None:
    """Delete vectors; what is not there is as good as deleted."""
    for start in range(0, len(chunks), MOST_DELETED):
        ids = [str(chunk) for chunk in chunks[start : start + MOST_DELETED]]
        with _answering(), _absent_is_fine():
            _client(_WRITING).delete(ids=ids, namespace=out_of)


def drop(name: str) -> None:
    """Delete a whole namespace."""
    with _answering(), _absent_is_fine():
        _client(_WRITING).delete_namespace(name=name)


def count(name: str) -> int:
    """Vectors in a namespace; Pinecone counts with some delay."""
    with _answering():
        counted = _client(_WRITING).describe_index_stats().namespaces.get(name)
        return counted.vector_count if counted else 0


def fetch(name: str, chunks: Sequence[int]) -> dict[int, Stored]:
    """What is stored of these; absent ones are left out."""
    found: dict[int, Stored] = {}
    for start in range(0, len(chunks), _MOST_FETCHED):
        ids = [str(chunk) for chunk in chunks[start : start + _MOST_FETCHED]]
        with _answering():
            answer = _client(_WRITING).fetch(ids=ids, namespace=name)
            found |= {int(key): Stored(one.values, one.metadata or {}) for key, one in answer.vectors.items()}
    return found


def chunk_ids(name: str) -> Iterator[int]:
    """The ids of all vectors in a namespace."""
    with _answering(), _absent_is_fine():
        for page in _client(_WRITING).list(namespace=name):
            yield from (int(one.id) for one in page.vectors if one.id)


@contextmanager
def _answering() -> Iterator[None]:
    """The SDK's errors as ours."""
    errors = importlib.import_module("pinecone.errors")
    try:
        yield
    except errors.ApiError as error:
        raise _told(error.status_code, error) from None
    except (errors.PineconeError, ValueError, OSError) as error:
        raise Unavailable(f"Pinecone does not answer ({type(error).__name__}).") from None


def _told(status: int, error: Any) -> Unavailable:  # noqa: ANN401  # the SDK is imported later
    if status in _OF_A_GATEWAY:
        return Unavailable(f"Pinecone does not answer ({status}).")
    if status in {401, 403}:
        detail = f"Pinecone refuses the setting DESKFLEET_KNOWLEDGE_PINECONE_KEY ({status})."
        return Refused(detail, may_pass=False)
    said = f": {error.message[:_MOST_SAID]}" if status == 400 else "."
    return Refused(
        f"Pinecone answers with an error ({status}){said}",
        may_pass=status >= 500 or status in {408, 429},
        retry_after_s=_seconds((error.headers or {}).get("retry-after")),
    )


def _seconds(stated: str | None) -> float | None:
    return float(stated) if stated and _NUMBER.fullmatch(stated) else None


@contextmanager
def _absent_is_fine() -> Iterator[None]:
    try:
        yield
    except importlib.import_module("pinecone.errors").NotFoundError:
        return


_opened: "dict[tuple[str, str, _Patience], Index]" = {}
_opening = threading.Lock()


def _client(patience: _Patience) -> "Index":
    key = settings().knowledge.pinecone_key.get_secret_value()
    place = (host(), key, patience)
    with _opening:
        if place not in _opened:
            _opened[place] = _open(*place)
        return _opened[place]


def _open(address: str, key: str, patience: _Patience) -> "Index":
    sdk = importlib.import_module("pinecone")
    index: Index = sdk.Index(host=address, api_key=key, timeout=patience.timeout_s)
    # For an index the SDK offers no public way to say how often it tries: without this a search could wait for
    # minutes when it is told to come back later. Tests of both show that it works.
    transport: Any = index._http._client._transport
    transport._config = replace(
        transport._config, max_retries=patience.retries, max_wait=patience.most_wait_s
    )
    return index


def close() -> None:
    """Close the connections of this process."""
    with _opening:
        while _opened:
            _opened.popitem()[1].close()


def _forget_after_fork() -> None:
    global _opening  # The parent may have held it.
    _opening = threading.Lock()
    _opened.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
