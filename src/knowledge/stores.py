"""Which store of vectors is in use."""

from knowledge import pgvector_store
from knowledge.vector_store import VectorStore

store: VectorStore = pgvector_store
