"""The sentences of the sources, and how much of a claim's words each of them shares."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from agent_core.opposites import loose
from agent_core.readings import Segment, Sentence, read
from agent_core.wording import Term, wording

# A word in the neighbouring sentence, or elsewhere in the passage, ties a claim less than one in the sentence.
_NEXT = 0.75
_ELSEWHERE = 0.6
_LEAST_FUZZY = 4
_SAME_START = 0.7
_LEAST_INSIDE = 5
_LEAST_WEIGHT = 0.35
_LOOSE = 0.2
_MOST_SUBJECT = 3
_TITLE = -1  # Its number among the sentences of a passage.


@dataclass(frozen=True, eq=False)
class Proof:
    """A sentence of a passage that a claim may rest on. Its subject may be one that it calls "it"."""

    passage: int
    number: int
    sentence: Sentence
    keys: frozenset[str]
    subject: frozenset[str]


@dataclass
class Evidence:
    """All that a reply may rest on. Keys of terms that no source has are matched to none."""

    proofs: tuple[Proof, ...]
    titles: tuple[frozenset[str], ...]
    counts: dict[str, int] = field(default_factory=dict)
    _known: dict[Term, frozenset[str]] = field(default_factory=dict)
    _weights: dict[Term, float] = field(default_factory=dict)

    def matched(self, term: Term) -> frozenset[str]:
        """The keys of the sources that mean what the term means."""
        if term not in self._known:
            exact = term.keys & self.counts.keys()
            self._known[term] = exact or frozenset(
                key for key in self.counts if key[0] != "@" and _alike(term.stem, key)
            )
        return self._known[term]

    def said(self, terms: Iterable[Term]) -> frozenset[str]:
        """All that the terms mean, in the keys of the sources."""
        return frozenset(key for term in terms for key in self.matched(term))

    def weight(self, term: Term) -> float:
        """Rare words tell more; a word that no source has tells most."""
        if term not in self._weights:
            self._weights[term] = self._weigh(term)
        return self._weights[term]

    def _weigh(self, term: Term) -> float:
        if term.concepts and term.concepts <= loose():
            return _LOOSE
        count = max((self.counts[key] for key in self.matched(term)), default=1)
        return max(_LEAST_WEIGHT, 1 / sqrt(count))

    def has(self, term: Term, keys: frozenset[str]) -> bool:
        return not self.matched(term).isdisjoint(keys)

    def share(self, terms: Sequence[Term], proof: Proof) -> float:
        """Of the words' weight, what the sentence and, counted less, its surroundings hold."""
        total = sum(self.weight(term) for term in terms)
        return sum(self.weight(term) * self.nearness(term, proof) for term in terms) / total if total else 0.0

    def held(self, terms: Iterable[Term], keys: frozenset[str], or_of: frozenset[str] = frozenset()) -> float:
        """Of the words' weight, what the keys hold; a word may also be `or_of` others."""
        weights = [
            (self.weight(term), self.has(term, keys) or not or_of.isdisjoint(term.keys)) for term in terms
        ]
        total = sum(weight for weight, _ in weights)
        return sum(weight for weight, has in weights if has) / total if total else 0.0

    def nearness(self, term: Term, proof: Proof) -> float:
        matched = self.matched(term)
        if not matched:
            return 0.0
        if not matched.isdisjoint(proof.keys):
            return 1.0
        beside = (one for one in self.proofs if one.passage == proof.passage)
        nearest = min(
            (abs(one.number - proof.number) for one in beside if not matched.isdisjoint(one.keys)), default=99
        )
        if nearest == 1 or not matched.isdisjoint(self.titles[proof.passage]):
            return _NEXT
        return _ELSEWHERE if nearest < 99 else 0.0

    def keys_of(self, passage: int) -> frozenset[str]:
        return frozenset().union(
            self.titles[passage], *(one.keys for one in self.proofs if one.passage == passage)
        )


@dataclass(frozen=True, eq=False)
class Tie:
    """A segment of a claim and the sentence of the sources that it rests on."""

    claim: Sentence
    segment: Segment
    proof: Proof
    evidence: Evidence

    @property
    def begins(self) -> bool:
        return self.claim.segments[0] is self.segment


def keys_of(part: Sentence | Segment) -> frozenset[str]:
    """What the terms, and the codes among the quantities, are recognised by."""
    return frozenset(key for term in part.terms if term.content for key in term.keys)


def gather(passages: Sequence[str], languages: Sequence[str], titles: Sequence[str] = ()) -> Evidence:
    proofs = [
        proof
        for index, (text, language) in enumerate(zip(passages, languages, strict=True))
        for proof in _proofs(index, read(text, language))
    ]
    proofs += [
        Proof(index, _TITLE, replace(sentence, start=0, end=0), keys_of(sentence), frozenset())
        for index, (title, language) in enumerate(zip(titles, languages, strict=False))
        for sentence in read(title, language)
    ]
    named = [
        frozenset().union(*(keys_of(one) for one in read(title, language)))
        for title, language in zip(titles or [""] * len(passages), languages, strict=True)
    ]
    counts: dict[str, int] = {}
    for keys in (proof.keys for proof in proofs):
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
    return Evidence(tuple(proofs), tuple(named), counts)


def _proofs(passage: int, sentences: tuple[Sentence, ...]) -> Iterator[Proof]:
    before = frozenset[str]()
    for number, sentence in enumerate(sentences):
        subject = frozenset(key for term in subject_of(sentence) for key in term.keys)
        first = sentence.terms[0].word if sentence.terms else ""
        if first in wording(sentence.language).listed("pronouns"):
            subject |= before
        yield Proof(passage, number, sentence, keys_of(sentence) | subject, subject)
        before = subject


def subject_of(sentence: Sentence) -> Iterator[Term]:
    """The first words of content, as far as they stand together."""
    begun = 0
    first = next((one for one in sentence.segments if one.content), None)
    for term in first.terms if first else ():
        if term.content:
            begun += 1
            yield term
        if begun and (not term.content or begun == _MOST_SUBJECT):
            return


def _alike(one: str, other: str) -> bool:
    """Forms of one word share most of their beginning; a compound holds the word. `one` is of the claim."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _LEAST_FUZZY:
        return False
    shared = next(
        (n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(shorter)
    )
    if shared >= max(_LEAST_FUZZY, _SAME_START * len(longer)):
        return True
    # A longer word of the claim would say more than the source.
    if len(one) > len(other):
        return len(other) > _LEAST_INSIDE and one.startswith(other)
    return len(one) >= _LEAST_INSIDE and one in other
