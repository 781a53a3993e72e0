"""What a claim denies, or says with an opposite word, of what its source says."""

from collections.abc import Iterator

from agent_core.evidence import Tie, keys_of
from agent_core.opposites import flips, loose, opposites_of, rivals
from agent_core.readings import Segment, Sentence
from agent_core.wording import Term

# Polarity is compared where the claim's words are mostly those of one segment. Shares found on the development texts.
_ALIGNED = 0.6
_MOST_OF_IT = 0.6
_CLEARLY = 0.4
_CURRENCIES = frozenset(
    ("USD", "EUR", "GBP", "CHF", "PLN", "JPY", "CNY", "TRY", "BRL", "AED", "SAR", "CAD", "AUD", "INR", "SEK")
)
# "Only if unused" is "not unless unused".
_EXCEPTIONS = frozenset(("#unless", "#until", "#un"))


def aligned(segment: Segment, tie: Tie) -> Segment | None:
    """The segment of the source's sentence that has most of the claim's words, if it has enough."""
    best, found = 0.0, None
    for one in tie.proof.sentence.segments:
        keys = keys_of(one)
        shares = not one.strong and tie.evidence.held(segment.content, keys) > 0
        known = keys | tie.proof.subject if shares else keys
        opposed = tie.evidence.held(segment.content, known, opposites_of(known))
        exact = sum(term.stem in keys for term in segment.content) / max(1, len(segment.content))
        # Where two hold as much, the one in the same words and the shorter one.
        held = (tie.evidence.held(segment.content, known) + opposed) / 2 + 0.02 * exact - 0.001 * len(keys)
        if held > best:
            best, found = held, one
    return found if best >= _ALIGNED else None


def denials(tie: Tie, against: Segment) -> Iterator[str]:
    """One side denies what the other states."""
    segment, source = tie.segment, tie.proof.sentence
    shared = _denying_words(segment) & _denying_words(against) | _both_places(tie.claim, source)
    flipped = sum(_flips(tie, against, pair) for pair in flips())
    differ = _negative(segment, shared) != _negative(against, shared)
    same = _only_if(tie.claim, source) or _told_in_two(tie, against) or _no_more(segment, against)
    same = same or _denied_together(tie, against)
    if differ != bool(flipped % 2) and not same:
        yield f"negation: {tie.claim.shown(segment)!r} against {source.shown(against)!r}"
    yield from _denied_member(tie, against)


def _denying_words(sentence: Segment) -> frozenset[str]:
    return frozenset(term.stem[:6] for term in sentence.terms if "#un" in term.labels)


def _both_places(claim: Sentence, source: Sentence) -> frozenset[str]:
    """Words such as "outside" and "elsewhere" of both, which deny where something holds, not that it does."""
    mine, theirs = (
        [term for term in one.terms if "#un" in term.labels and term.concepts] for one in (claim, source)
    )
    if not {key for term in mine for key in term.concepts} & {
        key for term in theirs for key in term.concepts
    }:
        return frozenset()
    return frozenset(term.stem[:6] for term in (*mine, *theirs))


def _negative(segment: Segment, shared: frozenset[str]) -> bool:
    """Whether it denies; a word such as "outside" that both sides have denies nothing between them."""
    un = any(_denies(term) and term.stem[:6] not in shared for term in segment.terms)
    return ("#not" in segment.markers) != un


def _denies(term: Term) -> bool:
    """Turkish says "free" as "without a fee", which denies nothing."""
    return "#un" in term.labels and "@free" not in term.concepts


def _flips(tie: Tie, against: Segment, pair: tuple[str, ...]) -> bool:
    """The claim has one word of the pair, the source the other, and nowhere the claim's."""
    both = frozenset(pair)
    mine, theirs = tie.segment.labels & both, against.labels & both
    if len(mine) != 1 or len(theirs) != 1 or mine == theirs:
        return False
    rest = [term for term in tie.segment.content if mine.isdisjoint(term.concepts)]
    subject = tie.proof.subject
    least = tie.evidence.held(rest, keys_of(against) | subject)
    others = (one for one in tie.proof.sentence.segments if mine & one.labels)
    return not any(tie.evidence.held(rest, keys_of(one) | subject) >= least for one in others)


def _only_if(claim: Sentence, source: Sentence) -> bool:
    sides = ((claim.markers, source.markers), (source.markers, claim.markers))
    return any(
        "#only" in one and "#not" in other and not other.isdisjoint(_EXCEPTIONS) for one, other in sides
    )


def _no_more(segment: Segment, against: Segment) -> bool:
    """ "Not more than one" is "only one" and "up to one"."""
    sides = ((segment.markers, against.markers), (against.markers, segment.markers))
    return any(
        {"#not", "#lower"} <= one and not other.isdisjoint(("#only", "#upper")) for one, other in sides
    )


def _denied_together(tie: Tie, against: Segment) -> bool:
    """The claim denies at once what the source denies in two segments, with the word for it in the second."""
    segments = tie.proof.sentence.segments
    after = segments[segments.index(against) + 1 :][:1]
    if not after or "#break" not in after[0].markers or after[0].strong or "#but" in after[0].markers:
        return False
    said, keys = tie.evidence.said(tie.segment.content), keys_of(after[0]) - loose()
    return after[0].negative == tie.segment.negative and len(said & keys) >= _MOST_OF_IT * len(keys) > 0


def _told_in_two(tie: Tie, against: Segment) -> bool:
    """The claim tells in two segments what the source denies in one."""
    others = (one for one in tie.claim.segments if one is not tie.segment and one.negative)
    return against.negative and any(aligned(one, tie) is against for one in others)


def _denied_member(tie: Tie, against: Segment) -> Iterator[str]:
    """A member of the claim's list of which another segment of the source says the contrary."""
    segment = tie.segment
    if "#hard" in segment.markers:
        return
    said = tie.evidence.said(segment.content)
    for other in tie.proof.sentence.segments:
        excepts = segment.negative and "#hard" in other.markers
        own = keys_of(other) - keys_of(against)
        if other is against or other.negative == segment.negative or excepts or not own:
            continue
        if len(said & own) >= max(1, _MOST_OF_IT * len(own)):
            yield f"negation: {', '.join(sorted(said & own))}"


def opposites(tie: Tie, against: Segment | None) -> Iterator[str]:
    """A word of a group of alternatives where the source has another of the group."""
    source = tie.proof.sentence
    for group in rivals():
        mine = tie.segment.labels.intersection(group)
        other = (against or source).labels.intersection(group)
        if not mine or not other or mine & other or ("@before" in group and _turned(tie)):
            continue
        absent = mine.isdisjoint(source.labels) and other.isdisjoint(tie.claim.labels)
        if absent or (against is not None and _told_of_less(mine, tie, against)):
            yield f"opposite: {', '.join(sorted(mine))} for {', '.join(sorted(other))}"


def priced(tie: Tie) -> Iterator[str]:
    """Free of charge, where the source names a price."""
    source = tie.proof.sentence
    if "@free" not in tie.segment.labels or "@free" in source.labels or "#not" in tie.segment.markers:
        return
    prices = [one for one in source.quantities if one.kind in _CURRENCIES]
    if prices and not any(one.kind in _CURRENCIES for one in tie.claim.quantities):
        yield f"opposite: free, but the source says {prices[0].shown}"


def _told_of_less(mine: frozenset[str], tie: Tie, against: Segment) -> bool:
    """Where the source has the claim's word, it speaks of something else."""
    rest = [term for term in tie.segment.content if mine.isdisjoint(term.concepts)]
    segments = (one for one in tie.proof.sentence.segments if mine & one.labels)
    there = max((tie.evidence.held(rest, keys_of(one)) for one in segments), default=1.0)
    return tie.evidence.held(rest, keys_of(against)) > there + _CLEARLY


def _turned(tie: Tie) -> bool:
    """ "Clean it after switching it off" is "switch it off before you clean it"."""
    source = tie.proof.sentence
    mine, theirs = _after_order(tie.claim), _after_order(source)
    before = frozenset(key for term in source.content if term not in theirs for key in term.keys)
    after = frozenset(key for term in theirs for key in term.keys)
    return bool(mine) and tie.evidence.held(mine, before) > tie.evidence.held(mine, after)


def _after_order(sentence: Sentence) -> list[Term]:
    """What follows the word of order."""
    at = next((term.end for term in sentence.terms if term.labels & {"@before", "@after"}), 0)
    return [term for term in sentence.content if term.start >= at and not term.concepts & loose()]
