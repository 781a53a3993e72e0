"""The embedder that the knowledge uses, now the local one. Everything else in this package comes here for vectors."""

from collections.abc import Sequence

from llm import local_embedding
from llm.local_embedding import Vectors

DIMENSIONS = local_embedding.DIMENSIONS
KNOWN_LANGUAGES = frozenset({"en"})  # In these the vectors tell meanings apart.


def model_id() -> str:
    """Kept beside each stored vector; vectors of another id are not searched."""
    return local_embedding.model_id()


def embed_passages(texts: Sequence[str]) -> Vectors:
    """One unit vector per text. Slow: never call it with a session open."""
    return local_embedding.embed(texts)


def embed_question(text: str) -> Vectors:
    """The unit vector of a question."""
    return local_embedding.embed_one(text)


def embed_questions(texts: Sequence[str]) -> Vectors:
    """Several questions at once, each as `embed_question` reads it."""
    return local_embedding.embed(texts, max_tokens=local_embedding.QUESTION_TOKENS)


def count_tokens(text: str) -> int:
    return local_embedding.count_tokens(text)
