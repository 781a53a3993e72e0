"""One thing in the place of another: two that have changed places, another product, a fact of another passage."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from agent_core.evidence import Tie, keys_of, subject_of
from agent_core.opposites import loose, opposites_of
from agent_core.readings import Segment, Sentence
from agent_core.wording import Term, wording
from llm import local_embedding

# Shares and lengths found on the development texts.
_NEAR_BEST = 0.2
_LEAST_CROSSED = 0.5
_FOREIGN = 0.4
_FOREIGN_SUBJECT = 0.2
_SAME_WORDS = 0.75
_LEAST_SAME = 2
_MOST_REPLACED = 4
_MOSTLY_SAME = 0.75
# Cosines of MiniLM between two words: hold and pause, photo and receipt.
_SYNONYM = 0.72
_STRANGER = 0.45
_PREDICATING = frozenset(("is", "are", "be", "was", "were", "will", "can", "may", "must", "not"))
_BESIDE = 2
# Where an adjective follows its noun.
_NOUN_FIRST = ("fr", "es", "it", "pt", "ar")
_VERB_FIRST = ("ar",)
_KATAKANA = re.compile("[\u30a1-\u30fa]")


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
        named = not term.concepts & loose() and not evidence.has(term, proof.keys)
        if named and any(evidence.has(term, one.subject) for one in related):
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
        if term.name and not term.concepts and not tie.evidence.has(term, passage):
            yield f"name: {term.word} is not in the source"


def replaced(tie: Tie, other: Segment | Sentence) -> Iterator[str]:
    """A noun that the source does not have here stands in place of another, in otherwise the same words."""
    mine, theirs = tie.segment.terms, other.terms
    unknown = frozenset(term for term in tie.segment.content if not tie.evidence.has(term, tie.proof.keys))
    if not unknown:
        return
    matcher = SequenceMatcher(None, _places(tie, theirs), [*range(len(theirs))], autojunk=False)
    numbers = [one for one in tie.segment.quantities if not one.soft and one.kind != "code"]
    same = sum(block.size for block in matcher.get_matching_blocks())
    same += sum(any(one.agrees(told) for told in other.quantities) for one in numbers)
    if same < _LEAST_SAME:
        return
    words = len(mine) + len(numbers)
    led = 0
    for kind, start, end, from_, to in matcher.get_opcodes():
        new = _telling(term for term in mine[start:end] if term in unknown)
        old = [term for term in theirs[from_:to] if term.content and _is_left_out(term, mine, theirs, tie)]
        old = old if any(not tie.evidence.matched(term) for term in new) else _telling(old)
        short = max(end - start, to - from_) <= _MOST_REPLACED
        alone = unknown <= frozenset(
            mine[start:end]
        )  # With more of its own words it rather says the same otherwise.
        alone = alone and same >= _SAME_WORDS * words
        if kind == "replace" and new and old and short and alone and (start == led or led >= _LEAST_SAME):
            at = mine.index(new[0])
            if at - start <= 1 and _is_another(tie, at, old, alike=same / words):
                yield f"word: {new[0].word} for {old[0].word}"
        led = end - start if kind == "equal" else 0


def _is_left_out(term: Term, mine: Sequence[Term], theirs: Sequence[Term], tie: Tie) -> bool:
    """The claim tells it less often than the source."""
    told = sum(one.content and tie.evidence.has(one, term.keys) for one in mine)
    return told < sum(not one.keys.isdisjoint(term.keys) for one in theirs if one.content)


def _is_another(tie: Tie, at: int, old: Sequence[Term], *, alike: float) -> bool:
    """Not a word for the same. In English the model tells, as far as words alone can: cosine of their meanings."""
    if tie.claim.language != "en":
        return _is_noun(tie, at)
    term = tie.segment.terms[at]
    near = _nearness(term.word, " ".join(one.word for one in old))
    if _is_noun(tie, at):
        # Whoever wrote the sources and uses both words means two things.
        return near < _SYNONYM or term.stem in tie.evidence.counts
    told_of = at > 0 and tie.segment.terms[at - 1].word in _PREDICATING
    return near < _STRANGER and alike >= _MOSTLY_SAME and not term.concepts and not told_of


@lru_cache(maxsize=4096)
def _nearness(word: str, other: str) -> float:
    return float(local_embedding.embed_one(word) @ local_embedding.embed_one(other))


def _telling(terms: Iterable[Term]) -> list[Term]:
    return [term for term in terms if not term.concepts & loose()]


def _is_noun(tie: Tie, at: int) -> bool:
    """By its place: after an article or preposition, at the beginning, or in German by its capital."""
    term, language = tie.segment.terms[at], tie.claim.language
    if any(one.terms[:1] == (term,) for one in tie.claim.segments):
        return language not in _VERB_FIRST and tie.claim.segments[0].terms[0] is term
    if language == "ja":
        return bool(_KATAKANA.match(term.word))
    if any(0 <= one.start - term.end <= _BESIDE for one in tie.segment.quantities if not one.soft):
        return language not in _NOUN_FIRST and tie.evidence.has(term, tie.evidence.keys_of(tie.proof.passage))
    before = tie.segment.terms[at - 1]
    by_place = before.word in wording(language).articles or (language in _NOUN_FIRST and before.content)
    by_place = by_place or (
        language == "en" and _ends_noun_phrase(tie.segment.terms, at, wording(language).articles)
    )
    by_capital = language == "de" and term.capital
    return by_place or by_capital or tie.evidence.has(term, tie.evidence.keys_of(tie.proof.passage))


def _ends_noun_phrase(terms: Sequence[Term], at: int, articles: frozenset[str]) -> bool:
    """ "The soft cloth": an article, one word of content and this one, before anything else than a word of content."""
    led = at >= _LEAST_SAME and terms[at - 1].content and terms[at - 2].word in articles
    return led and not (at + 1 < len(terms) and terms[at + 1].content)


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
