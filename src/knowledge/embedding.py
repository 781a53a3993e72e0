"""The embedder in use, the local one or OpenAI's. Everything else in this package comes here for vectors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Protocol

from knowledge import embedder_in_use
from llm import local_embedding
from llm.local_embedding import Vectors
from runtime.settings import settings

DIMENSIONS = local_embedding.DIMENSIONS
_OPENAI = "openai/"
_LOCAL_LANGUAGES = frozenset({"en"})

_chosen: ContextVar[str | None] = ContextVar("chosen_embedder", default=None)


def wanted() -> str:
    """The id of the embedder that the settings name."""
    chosen = settings().knowledge
    if chosen.embedder == "openai":
        return f"{_OPENAI}{chosen.openai_embedding_model}/{DIMENSIONS}"
    return local_embedding.model_id()


def model_id() -> str:
    """Of the embedder in use, kept beside each stored vector; vectors of another id are not searched.

    What the settings name is in use once `knowledge.embedder_switch` has built its vectors.
    """
    return _chosen.get() or embedder_in_use.in_use() or wanted()


def is_building() -> bool:
    """Whether what is stored now is for an embedder that is not in use."""
    return _chosen.get() is not None


@contextmanager
def using(model: str) -> Iterator[None]:
    """Within, this embedder is used: for all steps of a search, or to build what is not in use yet."""
    token = _chosen.set(model)
    try:
        yield
    finally:
        _chosen.reset(token)


def knows(language: str) -> bool:
    """Whether the vectors tell meanings apart in this language."""
    return model_id().startswith(_OPENAI) or language in _LOCAL_LANGUAGES


def embed_passages(texts: Sequence[str]) -> Vectors:
    """One unit vector per text. Slow: never call it with a session open. Raises Unavailable."""
    model = model_id()
    if model.startswith(_OPENAI):
        return _openai().embed(texts, model=_vendors_name(model))
    return local_embedding.embed(texts, model=model)


def embed_question(text: str) -> Vectors:
    """The unit vector of a question. Raises Unavailable."""
    model = model_id()
    if model.startswith(_OPENAI):
        return _openai().embed_one(text, model=_vendors_name(model))
    return local_embedding.embed_one(text, model=model)


def embed_questions(texts: Sequence[str]) -> Vectors:
    """Several questions at once, each as `embed_question` reads it."""
    model = model_id()
    if model.startswith(_OPENAI):
        return _openai().embed(texts, model=_vendors_name(model))
    return local_embedding.embed(texts, max_tokens=local_embedding.QUESTION_TOKENS, model=model)


def count_tokens(text: str) -> int:
    """By the local embedder, whichever is in use: so an article has the same chunks with each."""
    return local_embedding.count_tokens(text)


def _vendors_name(model: str) -> str:
    return model.removeprefix(_OPENAI).rpartition("/")[0]


class _Vendor(Protocol):
    """`llm.openai_embedding`, which is imported when it is needed: LangChain takes seconds."""

    def embed(self, texts: Sequence[str], *, model: str) -> Vectors: ...

    def embed_one(self, text: str, *, model: str) -> Vectors: ...


def _openai() -> _Vendor:
    module: _Vendor = import_module("llm.openai_embedding")
    return module
