"""Conditions and limits of a source that a claim leaves out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent_core.evidence import Evidence, Proof, keys_of
from agent_core.opposites import loose
from agent_core.quantities import Quantity
from agent_core.readings import Sentence
from agent_core.wording import Term

# A condition is kept when the reply has this share of its words; shares found on the development texts.
_KEPT = 0.3
_KEPT_ONLY = 0.5
_KEPT_ALL = 0.9  # Of a condition with a number of which none is told.
_TOLD = 0.5
_MOST = 0.6
_OR = frozenset(("or", "oder", "ou", "o", "of", "lub", "albo", "veya"))
_LIMITING = frozenset(("#hard", "#only", "#some", "#unless", "#not", "#if", "#un", "#upper", "#lower"))


@dataclass(frozen=True)
class _Told:
    """What the claim, and what the whole reply says: a condition may stand in a sentence of its own."""

    claim: Sentence
    by_claim: frozenset[str]
    by_reply: frozenset[str]
    numbers: tuple[Quantity, ...]

    def has(self, one: Quantity) -> bool:
        return any(one.agrees(number) for number in self.numbers)


def dropped_conditions(
    claim: Sentence, proof: Proof, *, evidence: Evidence, reply: Sequence[Sentence]
) -> Iterator[str]:
    """Those of the sentence that the claim rests on which neither the claim nor the rest of the reply keeps."""
    source = proof.sentence
    told = _Told(
        claim,
        evidence.said(claim.content),
        evidence.said(term for one in reply for term in one.content),
        tuple(number for one in reply for number in one.quantities),
    )
    if _says_all(claim) and not (_says_all(source) or "@daily" in source.labels) and _limits(claim, source):
        yield "condition: the source limits what the claim says of all"
    yield from _only_some(told, evidence)
    if claim.markers.isdisjoint(("#if", "#hard")):
        yield from _bounds(told, source)
        yield from _only(told, source)
        yield from _clauses(told, source)
    yield from _halves(told, source)


def _says_all(claim: Sentence) -> bool:
    all_of = (one for one in claim.segments if "#all" in one.markers or "@atanytime" in one.labels)
    return any(not one.markers & {"#hard", "#not"} for one in all_of)


def _limits(claim: Sentence, source: Sentence) -> bool:
    counted = any(
        one.kind and not one.soft and not any(one.agrees(told) for told in claim.quantities)
        for one in source.quantities
    )
    on_days = any(label.startswith("@week") for label in source.labels)
    at_first = "@first" in source.labels - claim.labels
    return counted or on_days or at_first or bool((source.markers & _LIMITING) - claim.markers)


def _bounds(told: _Told, source: Sentence) -> Iterator[str]:
    """ "Free up to two days before" has become "free"."""
    if any(not one.soft for one in told.claim.quantities):
        return
    for quantity, bound in source.bounds:
        keys = keys_of(next(one for one in source.segments if quantity in one.quantities))
        limits = bound and quantity.kind and not quantity.soft and keys
        if limits and len(told.by_claim & keys) >= _TOLD * len(keys) and not told.has(quantity):
            yield f"condition: {quantity.shown} is left out"


def _only(told: _Told, source: Sentence) -> Iterator[str]:
    """ "Only with our permission" has become "allowed"."""
    if "#only" in told.claim.markers:
        return
    for segment in source.segments:
        only = next((term for term in segment.terms if "#only" in term.labels), None)
        after = [term for term in segment.content if only and term.start > only.start]
        meant = [term for term in after if not term.concepts & loose()]
        names = [term for term in meant if term.name]
        lost = _kept(meant, told) < _KEPT_ONLY or (names and _kept(names, told) < 1)
        lost = lost or (bool(meant) and _adds_another(told.claim, source))
        if meant and not told.by_claim.isdisjoint(keys_of(segment)) and lost:
            yield f"condition: {source.shown(segment)!r} is left out"


def _adds_another(claim: Sentence, source: Sentence) -> bool:
    """ "Only in a branch" has become "online or in a branch": beside its "or" stands what the source does not have."""
    known = keys_of(source)
    for one in (term for term in claim.terms if term.word in _OR):
        beside = (
            term for term in claim.content if min(abs(term.end - one.start), abs(term.start - one.end)) <= 2
        )
        if any(known.isdisjoint(term.keys) for term in beside):
            return True
    return False


def _only_some(told: _Told, evidence: Evidence) -> Iterator[str]:
    """ "Only the host can start it" has become "you can start it"."""
    for proof in evidence.proofs:
        terms = proof.sentence.terms
        if not terms or "#only" not in terms[0].labels or "#only" in told.claim.markers:
            continue
        who, rest = proof.sentence.content[:1], proof.sentence.content[1:]
        told_of = sum(not told.by_claim.isdisjoint(term.keys) for term in rest)
        if rest and told_of >= _MOST * len(rest) and _missing(who, told):
            yield f"condition: {proof.sentence.text[:80]!r}"


def _missing(terms: Sequence[Term], told: _Told) -> bool:
    return all(told.by_claim.isdisjoint(term.keys) for term in terms)


def _clauses(told: _Told, source: Sentence) -> Iterator[str]:
    """ "If it is unused" is gone."""
    for before, segment in pairwise((None, *source.segments)):
        if segment is None or "#hard" not in segment.markers or len(source.segments) == 1:
            continue
        stated = before or next(one for one in source.segments if one is not segment)
        if told.by_claim & keys_of(stated) <= keys_of(segment):
            continue
        numbers = any(told.has(one) for one in segment.quantities)
        counts = any(one.kind and not one.soft for one in segment.quantities)
        if (
            segment.content
            and not numbers
            and _kept(segment.content, told) < (_KEPT_ALL if counts else _KEPT)
        ):
            yield f"condition: {source.shown(segment)!r} is left out"


def _halves(told: _Told, source: Sentence) -> Iterator[str]:
    """ "When you have paid and signed" has become "when you have paid"."""
    if told.claim.markers.isdisjoint(("#if", "#hard")):
        return
    for segment, after in pairwise(source.segments):
        if "#if" not in segment.markers or "#break" not in after.markers or after.strong or not after.content:
            continue
        counts = [one for one in after.quantities if one.kind and not one.soft]
        told_of = not told.by_claim.isdisjoint(keys_of(segment))
        if counts and told_of and not any(map(told.has, counts)) and _kept(after.content, told) < _KEPT:
            yield f"condition: {source.shown(after)!r} is left out"


def _kept(terms: Sequence[Term], told: _Told) -> float:
    return sum(not told.by_reply.isdisjoint(term.keys) for term in terms) / len(terms) if terms else 0.0
