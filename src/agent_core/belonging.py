"""Numbers, links and codes of a claim: that a source has them, and has them of the same thing."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent_core.evidence import Evidence, Proof, keys_of
from agent_core.opposites import loose
from agent_core.quantities import Quantity
from agent_core.readings import Segment, Sentence
from agent_core.wording import Term

# A number belongs to what stands beside it. Shares of the context's weight, found on the development texts.
_SAME_SENTENCE = 0.75
_RIVAL_SEGMENT = 0.15
_SAME_PASSAGE = 0.25
_PRECISION = 0.3
_BESIDE = 0.3
_MARGIN = 0.08
_SPOKEN_OF = 0.6
_ELSEWHERE_MARGIN = 0.3
_LEAST_CONTEXT = 2
_LESS = 0.7
_NOUN_REACH = 12
_UNITS = frozenset(("mb", "gb", "tb", "kg", "km", "USD", "EUR", "GBP", "CHF", "PLN", "BRL"))


@dataclass(frozen=True)
class _Counted:
    """A number of the claim with the words that say of what it is, and how much each of them counts."""

    quantity: Quantity
    claim: Sentence
    segment: Segment
    context: tuple[tuple[Term, float], ...]

    @property
    def beside(self) -> list[Quantity]:
        """The other numbers of the same segment; where it has few words, those of the whole claim."""
        near = self.segment if len(self.segment.content) >= _LEAST_CONTEXT else self.claim
        return [one for one in near.quantities if one is not self.quantity and not one.soft]


def unproven_quantities(claim: Sentence, evidence: Evidence, *, of_another: bool = True) -> Iterator[str]:
    """What no source has, or, where asked for, has about something else."""
    for segment in claim.segments:
        context = _context(claim, segment, evidence)
        for one in segment.quantities:
            if not one.soft:
                yield from _unproven(_Counted(one, claim, segment, context), evidence, of_another=of_another)


def _unproven(counted: _Counted, evidence: Evidence, *, of_another: bool) -> Iterator[str]:
    one = counted.quantity
    agreeing = rival = spoken_of = home = -1.0
    for proof in evidence.proofs:
        near = sum(evidence.nearness(term, proof) * weight for term, weight in counted.context)
        spoken_of = max(spoken_of, near)
        for other in proof.sentence.quantities:
            if _agrees(counted, other) and _same_bound(
                counted.claim.bound_of(one), proof.sentence.bound_of(other)
            ):
                agreeing = max(agreeing, _belongs(counted, other, proof, evidence))
                home = max(home, near)
            elif _rival(counted, other, proof.sentence, evidence):
                rival = max(rival, _belongs(counted, other, proof, evidence))
    total = sum(weight for _, weight in counted.context)
    telling = any(not term.concepts or not term.concepts <= loose() for term, _ in counted.context)
    of_another = of_another and telling and not _named_beside(counted, evidence)
    elsewhere = spoken_of > max(_SPOKEN_OF * total, home + _ELSEWHERE_MARGIN * total)
    if agreeing < 0:
        yield f"{one.kind or 'number'}: {one.shown} is in no source"
    elif of_another and one.kind not in ("link", "code") and (rival > agreeing + _MARGIN or elsewhere):
        yield f"{one.kind or 'number'}: {one.shown} belongs to something else"


def _named_beside(counted: _Counted, evidence: Evidence) -> bool:
    """All words of the number's own segment stand beside it in the source, and beside no other number of the kind."""
    own, one = counted.segment.content, counted.quantity
    beside = [
        (one.agrees(other), evidence.held(own, keys_of(segment)))
        for proof in evidence.proofs
        for segment in proof.sentence.segments
        for other in segment.quantities
        if one.agrees(other) or one.rivals(other)
    ]
    right = max((held for agrees, held in beside if agrees), default=0.0)
    return right == 1.0 and all(held < 1.0 for agrees, held in beside if not agrees)


def _context(claim: Sentence, segment: Segment, evidence: Evidence) -> tuple[tuple[Term, float], ...]:
    """The words beside a number; of a short segment also those of the one before, and the subject of the sentence."""
    own = list(segment.content)
    at = claim.segments.index(segment)
    more = list(claim.segments[at - 1].content if at and len(own) < _LEAST_CONTEXT else ())
    begin = max((n for n in range(at + 1) if claim.segments[n].strong), default=0)
    more += list(claim.segments[begin].content[:2]) if begin < at else []
    if not own and not more:
        more = list(claim.content)
    less = (term for term in dict.fromkeys(more) if term not in own)
    return (
        *((term, evidence.weight(term)) for term in own),
        *((term, _LESS * evidence.weight(term)) for term in less),
    )


def _agrees(counted: _Counted, other: Quantity) -> bool:
    """A hundred users are not a hundred gigabytes or euros, although a number alone may be any of them."""
    one = counted.quantity
    counts = any(0 <= term.start - one.end <= 1 for term in counted.claim.content)
    whole = one.kind == "" and all(number.is_integer() for number in one.numbers)
    return one.agrees(other) and not (whole and counts and other.kind in _UNITS)


def _same_bound(mine: str, theirs: str) -> bool:
    return not (mine and theirs) or mine == theirs


def _belongs(counted: _Counted, other: Quantity, proof: Proof, evidence: Evidence) -> float:
    """How much of a number's context surrounds a number of the source, and how much of its surroundings it tells."""
    own = next(one for one in proof.sentence.segments if other in one.quantities)
    total = sum(weight for _, weight in counted.context)
    found = sum(weight * share for weight, share in _surrounding(counted, other, own, proof, evidence))
    said = evidence.said(term for term, _ in counted.context)
    meant = sum(evidence.weight(term) for term in own.content)
    kept = sum(evidence.weight(term) for term in own.content if not said.isdisjoint(term.keys))
    beside = any(one.agrees(two) for one in counted.beside for two in own.quantities if two is not other)
    return (
        (found / total if total else 0.0) + (_PRECISION * kept / meant if meant else 0.0) + _BESIDE * beside
    )


def _surrounding(
    counted: _Counted, other: Quantity, own: Segment, proof: Proof, evidence: Evidence
) -> Iterator[tuple[float, float]]:
    """For each word of the context its weight and how near to the number the source has it."""
    far = _told_of_rivals(other, own, proof)
    shares = (
        (keys_of(own), 1.0), (far, _RIVAL_SEGMENT), (proof.keys, _SAME_SENTENCE),
        (evidence.keys_of(proof.passage), _SAME_PASSAGE),
    )  # fmt: skip
    for term, weight in counted.context:
        yield weight, next((share for keys, share in shares if evidence.has(term, keys)), 0.0)


def _told_of_rivals(other: Quantity, own: Segment, proof: Proof) -> frozenset[str]:
    """What the sentence tells of other numbers of the kind, without the subject that it tells of all."""
    segments = proof.sentence.segments
    rivals = (one for one in segments if one is not own and any(other.rivals(two) for two in one.quantities))
    far = frozenset[str]().union(*(keys_of(one) for one in rivals))
    first = min((one.start for one in segments[0].quantities if not one.soft), default=segments[0].end)
    before = (term for term in segments[0].content if term.start < min(first, other.start))
    return far if own.strong else far - frozenset(key for term in before for key in term.keys)


def _rival(counted: _Counted, other: Quantity, source: Sentence, evidence: Evidence) -> bool:
    """What the claim's number would be if it were told of the same; not a number that the segment tells as well."""
    one = counted.quantity
    told = any(other.agrees(two) for two in counted.segment.quantities if two is not one)
    if told or not one.rivals(other) or (other.soft and other.kind):
        return False
    if one.kind:
        return True
    mine, theirs = _noun(counted.claim, one), _noun(source, other)
    return mine is not None and theirs is not None and evidence.has(mine, theirs.keys)


def _noun(sentence: Sentence, one: Quantity) -> Term | None:
    """What a bare number counts: the noun after it, or what it is part of the name of."""
    after = next((term for term in sentence.content if 0 <= term.start - one.end <= _NOUN_REACH), None)
    return after or next(
        (term for term in reversed(sentence.content) if 0 <= one.start - term.end <= 2), None
    )
