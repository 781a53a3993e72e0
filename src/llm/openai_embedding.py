"""OpenAI's embedder through LangChain: texts to unit vectors as long as the local ones, for `knowledge.embedding`.

Importing LangChain takes seconds, so this is imported when the settings or the index name this embedder.
"""

import logging
import os
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import openai
from langchain_openai import OpenAIEmbeddings

from llm.local_embedding import DIMENSIONS, Vectors
from runtime.errors import SettingError, Unavailable
from runtime.settings import settings

# At lower levels these log whole requests.
for _name in ("openai", "httpx", "langchain_openai"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_QUESTION_S = 2.0  # A customer waits; without a vector the words alone are searched.
_PASSAGES_S = 60.0
_AT_ONCE = 256  # Of at most 512 tokens, which is below what one request may hold.
_MOST_CHARACTERS = 8_000  # Below the 8,191 tokens that the models read.


def embed(texts: Sequence[str], *, model: str) -> Vectors:
    """One unit vector per text. `model` is the vendor's name. Raises Unavailable, SettingError without a key."""
    return _asked(_client(model, _PASSAGES_S, 3), texts)


def embed_one(text: str, *, model: str) -> Vectors:
    """The vector of a question, tried once and shortly."""
    vector: Vectors = _asked(_client(model, _QUESTION_S, 0), [text])[0]
    return vector


def _asked(client: OpenAIEmbeddings, texts: Sequence[str]) -> Vectors:
    if not texts:
        return np.zeros((0, DIMENSIONS), np.float32)
    try:
        found = client.embed_documents([text[:_MOST_CHARACTERS] or " " for text in texts])
    except openai.OpenAIError as error:
        # Its words may repeat what was sent, so they are not passed on.
        raise Unavailable(f"OpenAI's embedder does not answer ({type(error).__name__}).") from None
    vectors = np.array(found, np.float32)
    if vectors.shape != (len(texts), DIMENSIONS):
        raise Unavailable(f"OpenAI's embedder answered with other than {DIMENSIONS} numbers a text.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-9)
    return unit


@lru_cache(maxsize=8)
def _client(model: str, timeout_s: float, retries: int) -> OpenAIEmbeddings:
    group = settings().llm
    if not group.openai_api_key.get_secret_value():
        raise SettingError("The setting OPENAI_API_KEY is not set, and the embedder openai needs it.")
    return OpenAIEmbeddings(
        model=model,
        dimensions=DIMENSIONS,
        openai_api_key=group.openai_api_key,
        openai_api_base=group.openai_base_url,
        chunk_size=_AT_ONCE,
        request_timeout=timeout_s,
        max_retries=retries,
        check_embedding_ctx_length=False,  # It would fetch a tokenizer from elsewhere; texts are cut by us.
    )


def forget() -> None:
    """Drop the clients, with their connections: a forked child must not use its parent's."""
    _client.cache_clear()


os.register_at_fork(after_in_child=forget)
