"""Groups questions that ask for the same. Pure; the memory it needs grows with the questions, not with their pairs.

Questions near the middle of a known group join it; of the others, whoever has most neighbours begins a group.
Repeated on the same questions it changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llm.local_embedding import Vectors

NONE = -1
_BLOCK = 512
_MOST_STEPS = 60
_MOST_ROUNDS = 8

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Limits:
    """Cosines of two questions, and of a question to the middle of its group; the fewest questions and askers."""

    pair: float
    middle: float
    least: int = 3
    least_askers: int = 2


def group(vectors: Vectors, known: Labels, askers: Labels, limits: Limits) -> Labels:
    """The group of each question, or NONE. Groups of `known` keep their numbers, new ones follow them.

    `vectors` have length 1; `known` holds numbers from 0 and NONE; `askers` says who asked.
    """
    first_new = int(known.max(initial=NONE)) + 1
    labels = _settle(vectors, known, limits)
    for _ in range(_MOST_ROUNDS):
        begun = int(labels.max(initial=NONE)) + 1
        tried = _settle(vectors, _dense(vectors, labels, limits, max(begun, first_new)), limits)
        tried = _without_small(vectors, tried, askers, limits, first_new)
        if not np.any(tried >= max(begun, first_new)):
            break
        labels = tried
    return _renumbered(labels, first_new)


def middles(vectors: Vectors, labels: Labels) -> Vectors:
    """The mean direction of each group; zero where a group has no question."""
    count = int(labels.max(initial=NONE)) + 1
    sums = np.zeros((count, vectors.shape[1]), np.float32)
    inside = labels != NONE
    np.add.at(sums, labels[inside], vectors[inside])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    means: Vectors = np.divide(sums, lengths, out=sums, where=lengths > 0)
    return means


def closeness(vectors: Vectors, labels: Labels) -> NDArray[np.float32]:
    """The cosine of each question to the middle of its group; 0 without a group."""
    near = np.zeros(len(labels), np.float32)
    inside = labels != NONE
    if inside.any():
        near[inside] = np.einsum("ij,ij->i", vectors[inside], middles(vectors, labels)[labels[inside]])
    return near


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, count, _BLOCK))


def _settle(vectors: Vectors, labels: Labels, limits: Limits) -> Labels:
    """Everyone to the nearest middle that is near enough, until nobody moves. The sum of cosines only grows."""
    for _ in range(_MOST_STEPS):
        centres = middles(vectors, labels)
        if not len(centres):
            return labels
        moved = np.full_like(labels, NONE)
        for block in _blocks(len(vectors)):
            near = vectors[block] @ centres.T
            best = near.argmax(axis=1)
            moved[block] = np.where(near[np.arange(len(best)), best] >= limits.middle, best, NONE)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _dense(vectors: Vectors, labels: Labels, limits: Limits, number: int) -> Labels:
    """Groups of what has none: the one with most neighbours takes these, again and again."""
    places = np.flatnonzero(labels == NONE)
    loose = vectors[places]
    neighbours = np.zeros(len(places), np.int64)
    for block in _blocks(len(places)):
        neighbours[block] = (loose[block] @ loose.T >= limits.pair).sum(axis=1)
    found = labels.copy()
    free = np.ones(len(places), bool)
    while free.any():
        centre = int(np.where(free, neighbours, 0).argmax())
        if neighbours[centre] < limits.least:
            break
        members = np.flatnonzero(free & (loose @ loose[centre] >= limits.pair))
        found[places[members]] = number
        number += 1
        free[members] = False
        free[centre] = False  # Rounding must not keep it for ever.
        for block in _blocks(len(members)):
            neighbours -= (loose @ loose[members[block]].T >= limits.pair).sum(axis=1)
    return found


def _without_small(
    vectors: Vectors, labels: Labels, askers: Labels, limits: Limits, first_new: int
) -> Labels:
    """Dissolve new groups that came out too small; what they held may join others."""
    for _ in range(_MOST_STEPS):
        small = [
            number
            for number in np.unique(labels[labels >= first_new])
            if (labels == number).sum() < limits.least
            or len(np.unique(askers[labels == number])) < limits.least_askers
        ]
        if not small:
            break
        labels = _settle(vectors, np.where(np.isin(labels, small), NONE, labels), limits)
    return labels


def _renumbered(labels: Labels, first_new: int) -> Labels:
    """New groups numbered without holes, in order of their first question."""
    new = dict.fromkeys(int(one) for one in labels if one >= first_new)
    numbers = {old: first_new + place for place, old in enumerate(new)}
    return np.array([numbers.get(int(one), int(one)) for one in labels], np.int64)
