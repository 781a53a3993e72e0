"""A text's words and pieces of words as one vector of length 1: what embeddings blur, such as names and typing errors.

Called by `features`, for training and for every question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer

Floats = NDArray[np.float32]

_BUCKETS = 2**18
# The buckets are folded into so few numbers with random signs: the angle between two texts survives that.
_FOLDED = 512
_WORD = re.compile(r"\w+")
_MIXER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class NgramSpace:
    """How rare each bucket was in the texts it was fitted on, once for words and once for letters."""

    rarity: tuple[Floats, ...]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 a text; a row of zeros where there is nothing to count."""
        parts = [
            _fold(_counted(hasher, texts), rarity)
            for hasher, rarity in zip(_hashers(), self.rarity, strict=True)
        ]
        return _unit(np.hstack(parts))


def fit(texts: Sequence[str]) -> NgramSpace:
    """The rarities (inverse document frequency, smoothed) of these texts."""
    return NgramSpace(tuple(_rarity(_counted(hasher, texts)) for hasher in _hashers()))


@lru_cache(maxsize=1)
def _hashers() -> tuple[HashingVectorizer, HashingVectorizer]:
    words = HashingVectorizer(
        ngram_range=(1, 2),
        tokenizer=_WORD.findall,
        token_pattern=None,
        n_features=_BUCKETS,
        alternate_sign=False,
        norm=None,
    )
    letters = HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), n_features=_BUCKETS, alternate_sign=False, norm=None
    )
    return words, letters


def _counted(hasher: HashingVectorizer, texts: Sequence[str]) -> csr_matrix:
    return csr_matrix(hasher.transform(texts), dtype=np.float32)


def _rarity(counts: csr_matrix) -> Floats:
    texts_with = np.bincount(counts.indices, minlength=_BUCKETS)
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + texts_with)) + 1, np.float32)


def _fold(counts: csr_matrix, rarity: Floats) -> Floats:
    weights = (np.log(counts.data) + 1) * rarity[counts.indices]
    mixed = counts.indices.astype(np.uint64) * _MIXER
    signs = np.where((mixed >> np.uint64(40)) & np.uint64(1), 1, -1)
    places = (mixed >> np.uint64(48)) % np.uint64(_FOLDED)
    folded = csr_matrix(
        (weights * signs, places.astype(np.int32), counts.indptr),
        (counts.shape[0], _FOLDED),
        dtype=np.float32,
    )
    return _unit(folded.toarray())


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)
