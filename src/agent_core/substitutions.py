"""One thing in the place of another: two that have changed places, another product, a fact of another passage."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from agent_core.evidence import Tie, keys_of, subject_of
from agent_core.opposites import loose, opposites_of
from agent_core.readings import Segment
from agent_core.wording import Term, wording

# Shares and lengths found on the development texts.
_NEAR_BEST = 0.2
_LEAST_CROSSED = 0.5
_FOREIGN = 0.4
_FOREIGN_SUBJECT = 0.2
_SAME_WORDS = 0.6
_LEAST_SAME = 2
_MOST_REPLACED = 4
# Where an adjective follows its noun.
_VERB_LAST = ("nl",)
_NOUN_FIRST = ("fr", "es", "it", "pt")


def crossed(tie: Tie) -> Iterator[str]:
    """Two things have changed places: each is told of the other, however one pairs the statements."""
    shares = [
        (tie.evidence.held(tie.segment.content, keys_of(one)), one) for one in tie.proof.sentence.segments
    ]
    best = max((share for share, _ in shares), default=0.0)
    found = [_exchanged(tie, one) for share, one in shares if share >= best - _NEAR_BEST]
    if best >= _LEAST_CROSSED and all(found):
        yield f"mixed up: {found[-1]}"


def _exchanged(tie: Tie, against: Segment) -> str:
    """What the claim takes from another segment of the source while another of its own takes what stands here."""
    near, mine = keys_of(against), tie.evidence.said(tie.segment.content)
    for other in tie.proof.sentence.segments:
        far = keys_of(other)
        taken, given = (mine & far) - near, near - far - mine
        if other is against or not taken:
            continue
        for third in tie.claim.segments:
            theirs = tie.evidence.said(third.content)
            if third is not tie.segment and theirs & given and theirs & far and not theirs & taken:
                return f"{', '.join(sorted(taken))} and {', '.join(sorted(theirs & given))}"
    return ""


def other_subject(tie: Tie) -> Iterator[str]:
    """What the source tells of one kind of a thing is told of another kind: Saver tickets, Flex tickets."""
    proof, evidence = tie.proof, tie.evidence
    missing = proof.subject - evidence.said(tie.claim.content)
    if not tie.begins or not missing:
        return
    alone = evidence.said(tie.claim.content).isdisjoint(proof.subject)
    related = [
        one
        for one in evidence.proofs
        if one.passage == proof.passage and (one.subject & proof.subject or alone) and one is not proof
    ]
    for term in subject_of(tie.claim):
        if not evidence.has(term, proof.keys) and any(evidence.has(term, one.subject) for one in related):
            yield f"subject: {term.word}, but the source speaks of {', '.join(sorted(missing))}"


def foreign(tie: Tie) -> Iterator[str]:
    """What one passage tells of a thing is told of a thing of another passage."""
    evidence, content = tie.evidence, tie.segment.content
    passage = evidence.keys_of(tie.proof.passage)
    for term in content:
        known = evidence.has(term, passage) or term.concepts & loose() or passage & opposites_of(term.keys)
        if known or term.stem not in evidence.counts:
            continue
        near = max(
            evidence.held(content, one.keys) for one in evidence.proofs if evidence.has(term, one.keys)
        )
        if near >= (_FOREIGN_SUBJECT if term is tie.claim.content[0] else _FOREIGN):
            yield f"passages: {term.word} is of another passage than the rest"


def unknown_names(tie: Tie) -> Iterator[str]:
    passage = tie.evidence.keys_of(tie.proof.passage)
    for term in tie.segment.content:
        if term.name and not tie.evidence.has(term, passage):
            yield f"name: {term.word} is not in the source"


def replaced(tie: Tie, theirs: tuple[Term, ...]) -> Iterator[str]:
    """A noun that the source does not have here stands in place of another, in otherwise the same words."""
    mine = tie.segment.terms
    unknown = frozenset(term for term in tie.segment.content if not tie.evidence.has(term, tie.proof.keys))
    if not unknown:
        return
    matcher = SequenceMatcher(None, _places(tie, theirs), [*range(len(theirs))], autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    if same < max(_LEAST_SAME, _SAME_WORDS * len(mine)):
        return
    said = tie.evidence.said(tie.segment.content)
    led = 0
    for kind, start, end, from_, to in matcher.get_opcodes():
        new = _telling(term for term in mine[start:end] if term in unknown)
        old = _telling(term for term in theirs[from_:to] if term.content and said.isdisjoint(term.keys))
        short = max(end - start, to - from_) <= _MOST_REPLACED
        if kind == "replace" and new and old and short and (start == led or led >= _LEAST_SAME):
            at = mine.index(new[0])
            if at - start <= 1 and _is_noun(tie, at):
                yield f"word: {new[0].word} for {old[0].word}"
        led = end - start if kind == "equal" else 0


def _telling(terms: Iterator[Term]) -> list[Term]:
    return [term for term in terms if not term.concepts & loose()]


def _is_noun(tie: Tie, at: int) -> bool:
    """By its place: after an article or preposition, at the beginning, or in German by its capital."""
    term, language = tie.segment.terms[at], tie.claim.language
    if at == 0:
        return tie.begins
    before = tie.segment.terms[at - 1]
    by_place = before.word in wording(language).articles or (language in _NOUN_FIRST and before.content)
    by_capital = language == "de" and term.capital
    by_place = by_place or (language in _VERB_LAST and term is not tie.segment.terms[-1])
    return by_place or by_capital or tie.evidence.has(term, tie.evidence.keys_of(tie.proof.passage))


def _places(tie: Tie, theirs: Sequence[Term]) -> list[int]:
    """For each word of the claim the one of the source that it stands for, rather after the last; -1 for none."""
    articles = wording(tie.proof.sentence.language).articles
    places: list[int] = []
    last = -1
    for term in tie.segment.terms:
        order = [*range(last + 1, len(theirs)), *range(last + 1)]
        place = next((at for at in order if _stands_for(term, theirs[at], articles, tie)), -1)
        last = max(last, place)
        places.append(place)
    return places


def _stands_for(term: Term, other: Term, articles: frozenset[str], tie: Tie) -> bool:
    if term.content and other.content:
        return tie.evidence.has(term, other.keys)
    return term.word == other.word or (term.word in articles and other.word in articles)
