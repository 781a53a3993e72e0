"""Keeps Pinecone in step with the table `vectors`. What is to be pushed or deleted is computed from rows.

Claim, send, record: a row of `pushed_vectors` is written before Pinecone is told anything, so whatever may be there is
known. While a claim holds nobody else sends the same vector, so an old one cannot arrive after a new one.
"""

import json
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from knowledge import pinecone_rows, pinecone_store
from knowledge.pinecone_metadata import metadata
from knowledge.pinecone_store import Refused
from runtime.errors import Unavailable

_MOST_BYTES = 2_000_000  # Pinecone takes 2 MB.
_ENVELOPE = 1_000  # What stands around the vectors.
_TRIES = 4
_MOST_WAIT_S = 30.0


@dataclass(frozen=True)
class Synced:
    """How many vectors Pinecone was told to keep, and to delete."""

    pushed: int = 0
    deleted: int = 0

    def __add__(self, other: "Synced") -> "Synced":
        return Synced(self.pushed + other.pushed, self.deleted + other.deleted)


def sync(
    *, article: int | None = None, push: bool = True, progress: Callable[[int], None] | None = None
) -> Synced:
    """Tell Pinecone what it lacks, of one article or of all; `progress` hears how many more were pushed.

    Several processes may do so at once. Raises Unavailable when Pinecone does not take it; calling again goes on.
    """
    deleted = sum(_in_steps(lambda: _delete_some(article)))
    pushed = 0
    walk = _Walk()
    for count in _in_steps(lambda: _push_some(article, walk)) if push else ():
        pushed += count
        if progress is not None:
            progress(count)
    return Synced(pushed, deleted)


def _in_steps(step: Callable[[], int]) -> Iterator[int]:
    """Repeats the step until there is nothing left to do; what fails is tried again after a pause."""
    failed: list[Unavailable] = []
    while True:
        try:
            done = step()
        except Unavailable as error:
            failed.append(error)
            if len(failed) == _TRIES or (isinstance(error, Refused) and not error.may_pass):
                raise
            time.sleep(_pause_s(error, len(failed)))
            continue
        if not done and failed:
            raise failed[-1]  # What it was about is still claimed, because it may have arrived.
        if not done:
            return
        failed.clear()
        yield done


def _pause_s(error: Unavailable, failures: int) -> float:
    asked = error.retry_after_s if isinstance(error, Refused) else None
    return min(_MOST_WAIT_S, asked or 0.25 * 2**failures * random.uniform(0.5, 1.0))  # noqa: S311  # no secret


@dataclass
class _Walk:
    """How far the chunks were looked through: otherwise each step would look through all of them."""

    after: int = 0


def _push_some(article: int | None, walk: _Walk) -> int:
    token = secrets.token_hex(8)
    while True:
        due = pinecone_rows.claim_due(token, article, after=walk.after)
        if due.claimed:
            break
        if due.last is None and not walk.after:
            return 0
        walk.after = (
            due.last or 0
        )  # At the end once more from the start: something may have changed behind us.
    for batch in _batches([_as_vector(row) for row in due.claimed]):
        with _released_when_refused(token):
            pinecone_store.send(pinecone_store.namespace(), batch)
    pinecone_rows.record(token, due.claimed)
    walk.after = due.last or 0
    return len(due.claimed)


def _as_vector(row: Row[Any]) -> dict[str, Any]:
    """A vector in the form that the SDK takes."""
    named = metadata(
        audience=row.audience,
        product=row.product,
        category=row.category,
        kind=row.kind,
        updated_at=row.updated_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
    return {"id": str(row.chunk_id), "values": json.loads(row.embedding), "metadata": named}


def _batches(vectors: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """As many at once as a request may hold."""
    batch: list[Mapping[str, Any]] = []
    size = 0
    for vector in vectors:
        weight = len(json.dumps(vector)) + 1
        if batch and size + weight > _MOST_BYTES - _ENVELOPE:
            yield batch
            batch, size = [], 0
        batch.append(vector)
        size += weight
    if batch:
        yield batch


@contextmanager
def _released_when_refused(token: str) -> Iterator[None]:
    """Without an answer the request may still arrive: then the claim holds until it surely does not."""
    try:
        yield
    except Refused:
        pinecone_rows.release(token)
        raise


def _delete_some(article: int | None) -> int:
    token = secrets.token_hex(8)
    gone = sorted(pinecone_rows.claim_gone(token, article), key=attrgetter("namespace"))
    for namespace, some in groupby(gone, key=attrgetter("namespace")):
        with _released_when_refused(token):
            pinecone_store.remove(namespace, [row.chunk_id for row in some])
    if gone:
        pinecone_rows.forget(token)
    return len(gone)
