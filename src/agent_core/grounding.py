"""Ties every sentence of fact to a span of its sources. What they do not hold is dropped, or sends the ticket to staff.

Numbers, dates, links, names, negations and conditions must be those of the span; the rest must share its words with it,
or say the same as it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from agent_core.belonging import unproven_quantities
from agent_core.claims import Promise, Statement, depends_on_previous, statements_of
from agent_core.comparisons import aligned, denials, opposites
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
# Below it, the meaning must be that of a source's sentence (cosine of MiniLM on English paraphrases).
_LEAST_HINT = 0.3
_SAME_MEANING = 0.75
_NEAREST = 3
_PROMISE_SHARE = 0.7
_EQUAL = 0.1
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
    if statement.promise and score < _PROMISE_SHARE:
        return "promise: no source makes it"
    found = chain(
        unproven_quantities(claim, evidence),
        filter(None, map(_against, ties)),
        (
            problem
            for proof in dict.fromkeys(tie.proof for tie in ties)
            for problem in dropped_conditions(claim, proof, evidence=evidence, reply=reply)
        ),
    )
    if problem := next(found, ""):
        return problem
    if statement.bare or score >= _LEAST_SHARE or (score >= _LEAST_HINT and _means_the_same(claim, evidence)):
        return ""
    return f"no source says it: {score:.2f} of its words"


def _against(tie: Tie) -> str:
    """What speaks against the segment in the sentence it rests on, unless another that holds it as well agrees."""
    problem = _first(tie)
    if not problem:
        return ""
    others = (replace(tie, proof=other) for other in tie.evidence.proofs if other is not tie.proof)
    return "" if any(_holds_as_well(other, tie) and not _first(other) for other in others) else problem


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
    found = chain(
        denials(tie, against) if against else (),
        crossed(tie) if against else (),
        opposites(tie, against),
        other_subject(tie),
        unknown_names(tie),
        replaced(tie, (against or tie.proof.sentence).terms),
        replaced(tie, tie.proof.sentence.terms),
        foreign(tie),
    )
    return next(iter(found), "")


def _means_the_same(claim: Sentence, evidence: Evidence) -> bool:
    """The model knows English only."""
    if claim.language != "en":
        return False
    nearest = sorted(evidence.proofs, key=lambda proof: -evidence.share(claim.content, proof))[:_NEAREST]
    vectors = local_embedding.embed([proof.sentence.text for proof in nearest])
    return bool((vectors @ local_embedding.embed_one(claim.text)).max() >= _SAME_MEANING)
