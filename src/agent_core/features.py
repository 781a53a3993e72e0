"""What a classifier sees of a text: its embedding, its words and letters, and the listed words of its language.

Two texts are as alike as the weighted sum of how alike they are in each of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_core import ngrams, word_lists
from agent_core.ngrams import NgramSpace
from llm import local_embedding

Floats = NDArray[np.float32]
Features = Mapping[str, Floats]

MOST_CHARACTERS = 2_000
_MOST_TOKENS = 256


@dataclass(frozen=True)
class Text:
    """`language` chooses the word lists; empty: those of English alone."""

    text: str
    language: str = ""


WORDS_WEIGHT = 0.1  # Beside an embedding, which counts 1.


@dataclass(frozen=True)
class Kernel:
    """How texts are compared: in each part by weight · exp(sharpness · (cosine − 1)).

    Few examples want a blunt eye for embeddings, so that they speak for what is around them; many a sharp one.
    `smoothness` is how far an example may be overruled by the others.
    """

    sharpness: float = 5.0
    listed_words: float = WORDS_WEIGHT
    smoothness: float = 0.1


_NGRAMS = (2.0, 0.5)  # Sharpness and weight.
_WORDS_SHARPNESS = 1.0


@dataclass(frozen=True)
class FeatureSpace:
    """`lists` is the kind of word lists to look words up in; empty: none."""

    ngrams: NgramSpace
    lists: str = ""

    def features(self, texts: Sequence[Text]) -> Features:
        """One row of length 1 a text in each part. The embedding takes nearly all of the time."""
        bare = [one.text[:MOST_CHARACTERS] for one in texts]
        parts = {"embedding": _embedded(bare), "ngrams": self.ngrams.vectors(bare)}
        if self.lists:
            found = [word_lists.vector(self.lists, one.text[:MOST_CHARACTERS], one.language) for one in texts]
            parts["words"] = np.array(found, np.float32)
        return parts


def fit(texts: Sequence[Text], *, lists: str = "") -> FeatureSpace:
    return FeatureSpace(ngrams.fit([one.text[:MOST_CHARACTERS] for one in texts]), lists)


def likeness(some: Features, others: Features, kernel: Kernel) -> Floats:
    """How alike each of `some` is to each of `others`; positive definite."""
    rules = {
        "embedding": (kernel.sharpness, 1.0),
        "ngrams": _NGRAMS,
        "words": (_WORDS_SHARPNESS, kernel.listed_words),
    }
    total = np.zeros((len(some["embedding"]), len(others["embedding"])), np.float32)
    for name in some:
        sharpness, weight = rules[name]
        alike = np.asarray(some[name] @ others[name].T, np.float32)
        alike -= 1
        alike *= sharpness
        np.exp(alike, out=alike)
        alike *= weight
        total += alike
    return total


def _embedded(texts: Sequence[str]) -> Floats:
    if len(texts) == 1:
        return np.asarray(local_embedding.embed_one(texts[0]), np.float32)[None]
    return np.asarray(local_embedding.embed(texts, max_tokens=_MOST_TOKENS), np.float32)
