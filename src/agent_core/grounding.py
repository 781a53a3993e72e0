"""Ties every sentence of fact to a span of its sources. What they do not hold is dropped, or sends the ticket to staff.

Numbers, dates, links, names, negations and conditions must be those of the span; the rest must share its words with it,
or say the same as it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from agent_core.belonging import unproven_quantities
from agent_core.claims import Promise, Statement, depends_on_previous, statements_of
from agent_core.comparisons import aligned, denials, opposites, priced
from agent_core.conditions import dropped_conditions
from agent_core.drafts import Claim, Draft, Source
from agent_core.evidence import Evidence, Proof, Tie, gather
from agent_core.readings import Segment, Sentence, read
from agent_core.sentences import readable, units
from agent_core.substitutions import crossed, foreign, other_subject, replaced, unknown_names
from llm import local_embedding
from runtime.language import language_of

# Share of a sentence's words, weighed by how rare they are, that its source must have.
_LEAST_SHARE = 0.45
# English is asked for more, or for the meaning of a source's sentence: cosines of MiniLM on the development texts,
# where paraphrases have 0.6 and more, and invented policies that share half of their words hardly 0.5.
_PLENTY = 0.65
_LEAST_HINT = 0.3
_SAME_MEANING = 0.68
_SIMILAR = 0.55
_NEAREST = 6
_PROMISE_SHARE = 0.7
_EQUAL = 0.1
_QUOTED = 120
_ALSO_HELD = 0.6
# What tells which sentence a segment rests on, beside its words.
_WHOLE = 0.6
_NUMBER = 0.5
_SUBJECT = 0.3


@dataclass(frozen=True)
class SentenceSupport:
    """A sentence of fact, where it stands in the reply or claim, and what it rests on: a span of a source's plain text.

    `score` is 0 to 1, and 0 where something contradicts the source; `problem` says what.
    """

    text: str
    start: int
    score: float
    problem: str = ""
    source: int = -1
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Support:
    """The draft without what the sources do not hold, and the share of its claims that they did."""

    draft: Draft
    share: float
    dropped: tuple[str, ...]
    sentences: tuple[SentenceSupport, ...] = ()

    @property
    def notes(self) -> list[str]:
        """For the record of the decision: on which passage each sentence rests, and why others were dropped."""
        return [self._note(one) for one in self.sentences]

    def _note(self, one: SentenceSupport) -> str:
        if one.problem or one.source < 0:
            return f"unsupported: {one.text[:_QUOTED]} ({one.problem})"
        source = self.draft.sources[one.source]
        place = f"{source.article} v{source.version}, characters {one.span[0]}-{one.span[1]}"
        return f"rests on {place}, score {one.score:.2f}: {one.text[:_QUOTED]}"


def check_grounding(draft: Draft) -> Support:
    """`share` is 1 for a draft without claims: whether it may be sent is another rule's matter.

    With a claim goes the next one if it follows from it, and with a step all steps.
    """
    if not draft.claims:
        return Support(draft, 1.0, ())
    language = language_of(" ".join(claim.text for claim in draft.claims))
    reply = tuple(sentence for claim in draft.claims for sentence in read(claim.text, language))
    checked = [_check_claim(claim, draft.sources, language, reply) for claim in draft.claims]
    held = [not any(one.problem for one in found) for found in checked]
    kept = tuple(
        claim for claim, stands in zip(draft.claims, _standing(draft, held, language), strict=True) if stands
    )
    dropped = tuple(claim.text for claim in draft.claims if claim not in kept)
    sentences = tuple(one for found in checked for one in found)
    return Support(draft.only(kept), len(kept) / len(draft.claims), dropped, sentences)


def _standing(draft: Draft, held: list[bool], language: str) -> list[bool]:
    """Which claims still mean what they say when those that are not held are gone."""
    steps = all(stands for claim, stands in zip(draft.claims, held, strict=True) if claim.step)
    standing: list[bool] = []
    for claim, stands in zip(draft.claims, held, strict=True):
        alone = not standing or standing[-1] or not depends_on_previous(claim.text, language)
        standing.append(stands and alone and (steps or not claim.step))
    return standing


def check_reply(reply: str, passages: Sequence[str], *, language: str = "") -> tuple[SentenceSupport, ...]:
    """Every sentence of fact of a whole reply against passages; greetings, thanks and questions are left out."""
    language = language or language_of(reply)
    sources = tuple(Source("", passage, "", "", 0, 0, 1.0) for passage in passages)
    return _check_text(reply, sources, language, read(reply, language))


def _check_claim(
    claim: Claim, sources: tuple[Source, ...], language: str, reply: tuple[Sentence, ...]
) -> tuple[SentenceSupport, ...]:
    cited = [index for index in claim.sources if 0 <= index < len(sources)]
    if not cited:
        return (SentenceSupport(claim.text, 0, 0.0, "it names no source"),)
    for index in cited:
        if _stands_in(claim.text, sources[index]):
            return (
                SentenceSupport(claim.text, 0, 1.0, source=index, span=_span(claim.text, sources[index])),
            )
    found = _check_text(claim.text, tuple(sources[index] for index in cited), language, reply)
    return tuple(replace(one, source=cited[one.source]) if one.source >= 0 else one for one in found)


def _stands_in(text: str, source: Source) -> bool:
    """A whole sentence, step or table row of the source, word for word."""
    return text == source.text or any(text == unit.text for unit in units(source.text))


def _span(text: str, source: Source) -> tuple[int, int]:
    start = source.text.find(text)
    return (start, start + len(text)) if start >= 0 else (0, len(source.text))


def _check_text(
    text: str, sources: tuple[Source, ...], language: str, reply: tuple[Sentence, ...]
) -> tuple[SentenceSupport, ...]:
    texts = [readable(source.text) for source in sources]
    languages = [language_of(one) if len(one) > 40 else language for one in texts]
    evidence = gather(texts, languages, ["" if source.learned else source.title for source in sources])
    return tuple(_check_statement(one, evidence, reply) for one in statements_of(text, language))


def _check_statement(
    statement: Statement, evidence: Evidence, reply: tuple[Sentence, ...]
) -> SentenceSupport:
    claim = statement.sentence
    for proof in evidence.proofs:
        if claim.text == proof.sentence.text:
            return SentenceSupport(claim.text, claim.start, 1.0, "", proof.passage, _place(proof))
    ties, score = _ties(claim, evidence)
    problem = _problem(statement, ties, score, evidence, reply)
    found = SentenceSupport(claim.text, claim.start, 0.0 if problem else round(score, 3), problem)
    if not ties:
        return found
    best = max((tie.proof for tie in ties), key=lambda proof: evidence.share(claim.content, proof))
    return replace(found, source=best.passage, span=_place(best))


def _place(proof: Proof) -> tuple[int, int]:
    return proof.sentence.start, proof.sentence.end


def _ties(claim: Sentence, evidence: Evidence) -> tuple[list[Tie], float]:
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


def _problem(
    statement: Statement, ties: list[Tie], score: float, evidence: Evidence, reply: tuple[Sentence, ...]
) -> str:
    """Why the statement may not be sent; empty when it may."""
    claim = statement.sentence
    if statement.promise is Promise.DEED:
        return "promise: no source can say what was done for this customer"
    if statement.promise and not _is_told(statement, score, evidence):
        return "promise: no source makes it"
    found = chain(
        unproven_quantities(claim, evidence),
        filter(None, (_against(tie, _first) for tie in ties)),
        filter(None, (_against(tie, _replaced) for tie in _as_whole(ties))),
        *(_of_another(tie) for tie in ties[:1]),
        (
            problem
            for proof in dict.fromkeys(tie.proof for tie in ties)
            for problem in dropped_conditions(claim, proof, evidence=evidence, reply=reply)
        ),
    )
    if problem := next(found, ""):
        return problem
    if statement.bare or _shares_enough(claim, score, evidence):
        return ""
    return f"no source says it: {score:.2f} of its words"


def _is_told(statement: Statement, score: float, evidence: Evidence) -> bool:
    """What the company does may be told as "we will", what a person is going to do only in the source's words."""
    claim = statement.sentence
    if statement.promise is Promise.COMPANY and claim.language == "en" and score >= _LEAST_SHARE:
        return _nearness(claim, evidence) >= _SAME_MEANING
    return score >= _PROMISE_SHARE


def _shares_enough(claim: Sentence, score: float, evidence: Evidence) -> bool:
    """Few words in common are enough where the meaning is near, which the model tells of English only."""
    leads = any(one.kind in ("link", "mail") for one in claim.quantities)
    if claim.language != "en" or leads:
        told = leads or _tells_two_numbers(claim, evidence)
        return score >= (_LEAST_HINT if told else _LEAST_SHARE)
    return score >= _PLENTY or (
        score >= _LEAST_HINT
        and _nearness(claim, evidence) >= (_SIMILAR if score >= _LEAST_SHARE else _SAME_MEANING)
    )


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


def _tells_two_numbers(claim: Sentence, evidence: Evidence) -> bool:
    """Of one sentence of the sources: two that agree are no accident."""
    hard = [one for one in claim.quantities if one.kind and not one.soft]
    told = (
        sum(any(one.agrees(two) for two in proof.sentence.quantities) for one in hard)
        for proof in evidence.proofs
    )
    return max(told, default=0) >= 2


def _nearness(claim: Sentence, evidence: Evidence) -> float:
    """Cosine of the claim and the nearest of the sentences that share its words."""
    nearest = sorted(evidence.proofs, key=lambda proof: -evidence.share(claim.content, proof))[:_NEAREST]
    vectors = local_embedding.embed([proof.sentence.text for proof in nearest])
    return float((vectors @ local_embedding.embed_one(claim.text)).max())
