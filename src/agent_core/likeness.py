"""Whether a source says what a claim says, where nothing in it speaks against the claim.

A word may be left out or be another one for the same; a policy that nobody wrote shares few words and means other
things. `tests/evals/grounding_fit.py` finds the weights.
"""

from math import exp

from agent_core.evidence import Evidence
from agent_core.readings import Sentence
from llm import local_embedding

_NEAREST = 4
_WEIGHTS = (-7.44, -6.59, -10.73, 1.68, -3.21)
_BIAS = 4.00
# Where an error costs as much as the other, a half; here what nobody wrote costs more than a reply that staff write.
MOST_DOUBT = 0.35


def doubt(claim: Sentence, score: float, evidence: Evidence) -> float:
    """How likely it is that no source says it, 0 to 1; `score` is the share of its words that they hold."""
    return _weighed(signs(claim, score, evidence))


def is_said(claim: Sentence, score: float, evidence: Evidence) -> bool:
    """The words alone are enough where no meaning, however far, could raise a doubt; the model takes time."""
    words_alone = _weighed((score, 0.0, 0.0, 1.0, _numbers(claim))) if claim.language == "en" else 1.0
    return words_alone <= MOST_DOUBT or doubt(claim, score, evidence) <= MOST_DOUBT


def signs(claim: Sentence, score: float, evidence: Evidence) -> tuple[float, ...]:
    """What the weights are for. The model tells meanings of English only: the other languages rest on words alone."""
    if claim.language != "en":
        return 0.0, 0.0, score, 0.0, _numbers(claim)
    return score, _nearness(claim, evidence), 0.0, 1.0, _numbers(claim)


def _weighed(told: tuple[float, ...]) -> float:
    return 1 / (1 + exp(-_BIAS - sum(weight * sign for weight, sign in zip(_WEIGHTS, told, strict=True))))


def _numbers(claim: Sentence) -> float:
    return float(any(not one.soft for one in claim.quantities))


def _nearness(claim: Sentence, evidence: Evidence) -> float:
    """Cosine of the claim and the nearest of the sentences that share its words."""
    nearest = sorted(evidence.proofs, key=lambda proof: -evidence.share(claim.content, proof))[:_NEAREST]
    vector = local_embedding.embed_one(claim.text)
    return max((float(local_embedding.embed_one(one.sentence.text) @ vector) for one in nearest), default=0.0)
