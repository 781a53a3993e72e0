"""Which store of vectors is in use: the setting DESKFLEET_KNOWLEDGE_STORE chooses it."""

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from knowledge import pgvector_store, pinecone_guard, pinecone_store
from knowledge.vector_store import Filters, Nearness, VectorStore
from llm.local_embedding import Vectors
from runtime.knowledge_settings import Store
from runtime.settings import settings

_STORES: Mapping[Store, VectorStore] = {Store.PGVECTOR: pgvector_store, Store.PINECONE: pinecone_store}


def chosen() -> VectorStore:
    """The store that the settings name now."""
    return _STORES[settings().knowledge.store]


def is_alive() -> bool:
    """Whether the nearest vectors can be looked up; with pgvector they are where everything is."""
    return settings().knowledge.store is not Store.PINECONE or pinecone_guard.is_alive()


class _Chosen:
    """Asks the settings at each call, so that who imports `store` needs not."""

    def query(self, vector: Vectors, filters: Filters, *, limit: int) -> dict[int, float]:
        return chosen().query(vector, filters, limit=limit)

    def nearness(self, session: Session, vector: Vectors, chunks: Collection[int]) -> dict[int, Nearness]:
        return chosen().nearness(session, vector, chunks)

    def upsert(self, session: Session, vectors: Mapping[int, Vectors]) -> None:
        chosen().upsert(session, vectors)

    def upsert_article(self, session: Session, article: int, lead: Vectors | None) -> None:
        chosen().upsert_article(session, article, lead)

    def delete(self, session: Session, chunks: Collection[int]) -> None:
        chosen().delete(session, chunks)


store: VectorStore = _Chosen()
