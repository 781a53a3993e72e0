"""A store of vectors for a desk of its own: in Pinecone a namespace that is deleted again."""

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from knowledge import pinecone_store, reindexing
from runtime.errors import Unavailable
from runtime.knowledge_settings import Store
from runtime.settings import settings


@contextmanager
def own_store(store: Store) -> Iterator[None]:
    """Raises SettingError where Pinecone is not set up."""
    os.environ["DESKFLEET_KNOWLEDGE_STORE"] = store
    os.environ["DESKFLEET_KNOWLEDGE_PINECONE_NAMESPACE"] = f"own-{secrets.token_hex(6)}"
    settings.cache_clear()
    settings()
    try:
        yield
    finally:
        if store is Store.PINECONE:
            _drop(pinecone_store.namespace())


def fill_own_store(*, progress: Callable[[int], None]) -> None:
    """Pinecone gets what was indexed; raises Unavailable when it does not hold all of it then."""
    if settings().knowledge.store is not Store.PINECONE:
        return
    filled = reindexing.reindex(Store.PINECONE, progress=progress)
    if not filled.is_verified:
        raise Unavailable(f"Pinecone counts {filled.counted} of {filled.vectors} vectors.")


def _drop(namespace: str) -> None:
    try:
        pinecone_store.drop(namespace)
    except Unavailable as error:
        print(f"The namespace {namespace} is left in Pinecone: {error.detail}", file=sys.stderr)
