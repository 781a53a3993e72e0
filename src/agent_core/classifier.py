"""A text classifier that knows what it does not know: trained in seconds, honest in its confidence, deterministic.

The agent's triage and `deskfleet evaluate triage` are the same code. `classifier_file` keeps what was trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent_core import features, kernel_solver, out_of_scope, reliability
from agent_core.features import WORDS_WEIGHT, Features, FeatureSpace, Kernel, Text
from agent_core.kernel_solver import OUTSIDE, Solution
from agent_core.out_of_scope import OUTSIDE_SHARE
from agent_core.reliability import Claims, Honesty
from runtime.errors import InvalidInput

# The matrix of likenesses of so many texts takes 1 GB; of more, every class gives its share.
MOST_TEXTS = 16_000
# With so few examples the way to compare texts is chosen by how well held-out ones are told; else it is the sharp one.
_FEW = 2_000
_FOR_FEW = tuple(
    Kernel(sharpness, smoothness=smoothness)
    for sharpness in (0.5, 1.0, 2.0, 5.0)
    for smoothness in (0.1, 0.5)
)
_SHARP = Kernel()


@dataclass(frozen=True)
class Example:
    """A text with its class; `label` is None for a text that belongs to none."""

    text: Text
    label: str | None


@dataclass(frozen=True)
class Guess:
    """Probabilities by name, given that the text belongs to one of them; `confidence` is that `best` is right."""

    probabilities: dict[str, float]
    confidence: float
    in_scope: bool

    @property
    def best(self) -> str:
        return max(self.probabilities, key=self.probabilities.__getitem__)


@dataclass(frozen=True)
class HeldOut:
    """What the training says of itself, each text seen by a model that had not learnt it."""

    accuracy: float
    ece: float
    bins: tuple[reliability.Bin, ...]


@dataclass(frozen=True)
class Classifier:
    """`threshold` is the energy below which a text belongs to no class."""

    names: tuple[str, ...]
    space: FeatureSpace
    kernel: Kernel
    examples: Features
    weights: NDArray[np.float32]
    scale: float
    honesty: Honesty
    threshold: float
    held_out: HeldOut

    def with_threshold(self, energy: float) -> "Classifier":
        """The same one, refusing texts below another energy."""
        return replace(self, threshold=energy)

    def guess(self, text: Text) -> Guess:
        return self.guesses([text])[0]

    def guesses(self, texts: Sequence[Text]) -> list[Guess]:
        scores = features.likeness(self.space.features(texts), self.examples, self.kernel) @ self.weights
        chances = reliability.probabilities(scores, self.scale)
        energies = out_of_scope.energy(scores)
        confidences = self.honesty.confidence(chances.max(axis=1), energies)
        return [
            Guess(
                {name: float(chance) for name, chance in zip(self.names, row, strict=True)},
                float(confidence),
                bool(energy >= self.threshold),
            )
            for row, confidence, energy in zip(chances, confidences, energies, strict=True)
        ]


@dataclass(frozen=True)
class Checked:
    """A classifier, and of each text of a class whether it is told right by one that had not learnt it."""

    classifier: Classifier
    right: dict[Text, bool]


def train(
    examples: Sequence[Example],
    *,
    lists: str = "",
    scoped: bool = True,
    outside_share: float = OUTSIDE_SHARE,
    doubt_share: float = OUTSIDE_SHARE,
    words_weight: float = WORDS_WEIGHT,
) -> Classifier:
    """Raises InvalidInput when there are not two classes. Without `scoped` every text belongs to some class.

    `outside_share` of all texts are taken to belong to no class where it is decided whether to refuse one, and
    `doubt_share` where the confidence is made honest. `words_weight` is what the listed words count for.
    """
    shares = (outside_share, doubt_share) if scoped else None
    return _trained(examples, lists=lists, shares=shares, words_weight=words_weight).classifier


def train_checked(
    examples: Sequence[Example],
    *,
    lists: str = "",
    scoped: bool = True,
    outside_share: float = OUTSIDE_SHARE,
    doubt_share: float = OUTSIDE_SHARE,
    words_weight: float = WORDS_WEIGHT,
) -> Checked:
    """Like `train`, with what came of each text; no text may be given twice."""
    shares = (outside_share, doubt_share) if scoped else None
    return _trained(examples, lists=lists, shares=shares, words_weight=words_weight)


def _trained(
    examples: Sequence[Example], *, lists: str, shares: tuple[float, float] | None, words_weight: float
) -> Checked:
    used = _ordered(examples)
    names = tuple(sorted({one.label for one in used if one.label is not None}))
    if len(names) < 2:
        raise InvalidInput("A classifier needs examples of at least two classes.")
    labels = np.array([OUTSIDE if one.label is None else names.index(one.label) for one in used], np.int64)
    space = features.fit([one.text for one in used], lists=lists)
    seen = space.features([one.text for one in used])
    kernel, solution = _solved(seen, labels, len(names), words_weight=words_weight)
    judged = _judged(solution, labels, shares)
    classifier = Classifier(
        names=names,
        space=space,
        kernel=kernel,
        examples=seen,
        weights=solution.weights,
        scale=judged.scale,
        honesty=judged.honesty,
        threshold=judged.threshold,
        held_out=judged.held_out,
    )
    inside = [one.text for one in used if one.label is not None]
    return Checked(classifier, dict(zip(inside, judged.right.tolist(), strict=True)))


def _solved(
    seen: Features, labels: NDArray[np.int64], classes: int, *, words_weight: float
) -> tuple[Kernel, Solution]:
    inside = labels != OUTSIDE

    def solved(kernel: Kernel) -> Solution:
        alike = features.likeness(seen, seen, kernel)
        return kernel_solver.solve(alike, labels, classes=classes, smoothness=kernel.smoothness)

    if len(labels) > _FEW:
        sharp = replace(_SHARP, listed_words=words_weight)
        return sharp, solved(sharp)
    kernels = [replace(one, listed_words=words_weight) for one in _FOR_FEW]
    tried = [(kernel, solved(kernel)) for kernel in kernels]
    return min(tried, key=lambda one: reliability.surprise(one[1].without_row[inside], labels[inside]))


@dataclass(frozen=True)
class _Judged:
    scale: float
    honesty: Honesty
    threshold: float
    held_out: HeldOut
    right: NDArray[np.bool_]


def _judged(solution: Solution, labels: NDArray[np.int64], shares: tuple[float, float] | None) -> _Judged:
    """What can be learnt from scores that each text got from a model that did not know it."""
    inside = labels != OUTSIDE
    scores = solution.without_row[inside]
    scale = reliability.fitted_scale(scores, labels[inside])
    claims = _claims(scores, scale, scores.argmax(axis=1) == labels[inside])
    if shares is None:
        honesty = reliability.fitted_honesty(claims, None, outside_share=0.0)
        return _Judged(scale, honesty, float("-inf"), _held_out(claims, honesty), claims.right)
    strangers = out_of_scope.witnesses(
        left_out=solution.without_class[inside], outsiders=solution.without_row[~inside]
    )
    outside = [_claims(kind, scale, np.zeros(len(kind), np.bool_)) for kind in strangers]
    outside_share, doubt_share = shares
    honesty = reliability.fitted_honesty(claims, outside[-1], outside_share=doubt_share)
    seen = out_of_scope.Seen(claims.energy, claims.right, tuple(kind.energy for kind in outside))
    threshold = out_of_scope.threshold(seen, outside_share=outside_share)
    return _Judged(scale, honesty, threshold, _held_out(claims, honesty), claims.right)


def _claims(scores: NDArray[np.float32], scale: float, right: NDArray[np.bool_]) -> Claims:
    chances = reliability.probabilities(scores, scale)
    return Claims(chances.max(axis=1), out_of_scope.energy(scores), right)


def _held_out(claims: Claims, honesty: Honesty) -> HeldOut:
    confidence = honesty.confidence(claims.probability, claims.energy)
    counted = reliability.bins(confidence, claims.right)
    return HeldOut(float(claims.right.mean()), reliability.ece(counted), tuple(counted))


def _ordered(examples: Sequence[Example]) -> Sequence[Example]:
    """In the order of the classes, as the solver wants them; of too many every k-th, so that no class is lost."""
    ordered = sorted(examples, key=lambda one: one.label or "")
    if len(ordered) <= MOST_TEXTS:
        return ordered
    step = len(ordered) / MOST_TEXTS
    return [ordered[int(number * step)] for number in range(MOST_TEXTS)]
