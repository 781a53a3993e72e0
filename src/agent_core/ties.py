"""Which sentences of the sources each segment of a claim rests on."""

from agent_core.evidence import Evidence, Proof, Tie
from agent_core.readings import Segment, Sentence

# What tells which sentence a segment rests on, beside its words.
_WHOLE = 0.6
_NUMBER = 0.5
_SUBJECT = 0.3


def ties_of(claim: Sentence, evidence: Evidence) -> tuple[list[Tie], float]:
    """The best sentence of the sources for each segment, and the share of the claim that these hold."""
    proofs = evidence.proofs
    if "#hard" in claim.markers and proofs:
        # What holds under a condition holds where the condition stands.
        best = max(proofs, key=lambda one: (evidence.share(claim.content, one), -one.number))
        proofs = tuple(one for one in proofs if one.passage == best.passage)
    ties = [
        Tie(
            claim,
            segment,
            max(proofs, key=lambda one: (_fit(claim, segment, one, evidence), -one.number)),
            evidence,
        )
        for segment in claim.segments
        if segment.content and proofs
    ]
    weights = [sum(evidence.weight(term) for term in tie.segment.content) for tie in ties]
    held = sum(
        weight * evidence.share(tie.segment.content, tie.proof)
        for weight, tie in zip(weights, ties, strict=True)
    )
    # A number is as good as a word; whether it is right is another question.
    proven = sum(not one.soft for one in claim.quantities)
    total = sum(weights) + proven
    return ties, (held + proven) / total if total and proofs else 0.0


def _fit(claim: Sentence, segment: Segment, proof: Proof, evidence: Evidence) -> float:
    """How well a sentence of the sources suits a segment of the claim."""
    words = evidence.held(segment.content, proof.keys) + evidence.share(segment.content, proof)
    numbers = any(
        one.agrees(other) for one in segment.quantities if not one.soft for other in proof.sentence.quantities
    )
    subject = any(evidence.has(term, proof.subject) for term in claim.content[:1])
    return words + _WHOLE * evidence.share(claim.content, proof) + _NUMBER * numbers + _SUBJECT * subject
