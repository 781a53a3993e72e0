"""What speaks against a claim in the sentences that it rests on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from agent_core.comparisons import aligned, denials, opposites, priced
from agent_core.evidence import Proof, Tie
from agent_core.readings import Segment, Sentence
from agent_core.substitutions import crossed, foreign, other_subject, replaced, unknown_names

_EQUAL = 0.1
_ALSO_HELD = 0.6


def contradictions(ties: list[Tie]) -> Iterator[str]:
    """In the order in which they tell most."""
    yield from filter(None, (_against(tie, _first) for tie in ties))
    yield from filter(None, (_against(tie, _replaced) for tie in _as_whole(ties)))
    for tie in ties[:1]:
        yield from _of_another(tie)


def _against(tie: Tie, first: Callable[[Tie], str]) -> str:
    """What speaks against the segment in the sentence it rests on, unless another that holds it as well agrees."""
    problem = first(tie)
    if not problem:
        return ""
    others = (replace(tie, proof=other) for other in tie.evidence.proofs if other is not tie.proof)
    return "" if any(_holds_as_well(other, tie) and not first(other) for other in others) else problem


def _as_whole(ties: list[Tie]) -> list[Tie]:
    """The claim as one segment, against the sentence that holds most of it."""
    if len(ties) < 2:
        return []
    claim, evidence = ties[0].claim, ties[0].evidence
    best = max((tie.proof for tie in ties), key=lambda proof: evidence.held(claim.content, proof.keys))
    return [replace(ties[0], segment=claim.as_segment, proof=best)]


def _of_another(tie: Tie) -> Iterator[str]:
    """Every sentence that has a number of the claim tells it of another kind of the thing."""
    for one in tie.segment.quantities:
        homes = [
            proof
            for proof in tie.evidence.proofs
            if one.kind and not one.soft and any(one.agrees(two) for two in proof.sentence.quantities)
        ]
        found = [
            ""
            if "#if" in proof.sentence.segments[0].markers
            else next(other_subject(replace(tie, proof=proof)), "")
            for proof in homes
        ]
        if found and all(found):
            yield found[0]


def _replaced(tie: Tie) -> str:
    return next(replaced(tie, tie.proof.sentence), "")


def _holds_as_well(other: Tie, tie: Tie) -> bool:
    if "#hard" in tie.claim.markers and other.proof.passage != tie.proof.passage:
        return False
    held, content = tie.evidence.held, tie.segment.content
    part = held(content, other.proof.keys) >= max(_ALSO_HELD, held(content, tie.proof.keys) - _EQUAL)
    whole = held(tie.claim.content, other.proof.keys) >= held(tie.claim.content, tie.proof.keys) - _EQUAL
    return part and whole and _tells_numbers(tie.segment, other.proof)


def _tells_numbers(segment: Segment, proof: Proof) -> bool:
    hard = [one for one in segment.quantities if not one.soft]
    return all(any(one.agrees(other) for other in proof.sentence.quantities) for one in hard)


def _first(tie: Tie) -> str:
    """The first of what the segment says otherwise than the sentence."""
    against = aligned(tie.segment, tie)
    parts: tuple[Segment | Sentence, ...] = (*tie.proof.sentence.segments, tie.proof.sentence)
    found = chain(
        denials(tie, against) if against else (),
        crossed(tie) if against else (),
        opposites(tie, against),
        priced(tie),
        other_subject(tie),
        unknown_names(tie),
        *(replaced(tie, one) for one in parts),
        foreign(tie),
    )
    return next(iter(found), "")
