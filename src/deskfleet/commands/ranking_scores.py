"""Figures of ranked lists, as trec_eval defines them: nDCG with linear gains, recall, MRR, accuracy at one."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

_DEEP = 10


def figures(
    found: Sequence[Sequence[str]], grades: Sequence[Mapping[str, float]], seconds: Sequence[float]
) -> dict[str, float | int | None]:
    """Means over questions; `found` are the documents of each, the best first."""
    pairs = [(list(ranked[:_DEEP]), judged) for ranked, judged in zip(found, grades, strict=True)]
    return {
        "ndcg@10": _mean([_ndcg(ranked, judged) for ranked, judged in pairs]),
        "recall@10": _mean([len(set(ranked) & set(judged)) / len(judged) for ranked, judged in pairs]),
        "mrr@10": _mean([_reciprocal(ranked, judged) for ranked, judged in pairs]),
        "acc@1": _mean([bool(ranked) and ranked[0] in judged for ranked, judged in pairs]),
        "p50_ms": round(float(np.percentile(seconds, 50)) * 1000, 2),
        "p99_ms": round(float(np.percentile(seconds, 99)) * 1000, 2),
    }


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """The chance that a positive scores higher than a negative; a draw counts half."""
    ordered = np.sort(np.asarray(negatives))
    below = np.searchsorted(ordered, positives, side="left")
    upto = np.searchsorted(ordered, positives, side="right")
    return round(float(np.mean((below + upto) / 2) / len(ordered)), 4)


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)


def _ndcg(ranked: Sequence[str], judged: Mapping[str, float]) -> float:
    gains = [judged.get(document, 0.0) for document in ranked]
    return _gain(gains) / _gain(sorted(judged.values(), reverse=True)[:_DEEP])


def _gain(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def _reciprocal(ranked: Sequence[str], judged: Collection[str]) -> float:
    return next((1 / place for place, one in enumerate(ranked, start=1) if one in judged), 0.0)
