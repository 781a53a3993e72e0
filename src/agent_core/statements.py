"""Checks one statement of a reply: every number of it, what speaks against it, and whether a source says it at all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from agent_core.belonging import unproven_quantities
from agent_core.claims import Promise, Statement
from agent_core.conditions import dropped_conditions
from agent_core.contradictions import contradictions
from agent_core.evidence import Evidence, Proof, Tie
from agent_core.likeness import doubt, is_said
from agent_core.readings import Sentence
from agent_core.ties import ties_of

# A promise must be nearer to its source than a fact.
_PROMISE_SHARE = 0.7
_PROMISE_DOUBT = 0.1
# Below these shares it is told in words of its own, of which one cannot tell what a number or word stands for.
_NUMBER_SHARE = 0.7
_SAME_WORDS = 0.4


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


def check_statement(statement: Statement, evidence: Evidence, reply: tuple[Sentence, ...]) -> SentenceSupport:
    """`reply` is the whole one: a condition may stand in a sentence of its own."""
    claim = statement.sentence
    for proof in evidence.proofs:
        if claim.text == proof.sentence.text:
            return SentenceSupport(claim.text, claim.start, 1.0, "", proof.passage, _place(proof))
    ties, score = ties_of(claim, evidence)
    problem = _problem(statement, ties, score, evidence, reply)
    found = SentenceSupport(claim.text, claim.start, 0.0 if problem else round(score, 3), problem)
    if not ties:
        return found
    best = max((tie.proof for tie in ties), key=lambda proof: evidence.share(claim.content, proof))
    return replace(found, source=best.passage, span=_place(best))


def _place(proof: Proof) -> tuple[int, int]:
    return proof.sentence.start, proof.sentence.end


def _problem(
    statement: Statement, ties: list[Tie], score: float, evidence: Evidence, reply: tuple[Sentence, ...]
) -> str:
    """Why the statement may not be sent; empty when it may."""
    claim = statement.sentence
    if statement.promise is Promise.DEED:
        return "promise: no source can say what was done for this customer"
    if statement.promise and not _is_told(statement, score, evidence):
        return "promise: no source makes it"
    if problem := next(against(claim, ties, score, evidence, reply), ""):
        return problem
    if statement.bare or is_said(claim, score, evidence):
        return ""
    return f"no source says it: {score:.2f} of its words"


def against(
    claim: Sentence, ties: list[Tie], score: float, evidence: Evidence, reply: tuple[Sentence, ...]
) -> Iterator[str]:
    """All that speaks against the claim, as far as it is told in words of the sources."""
    proofs = dict.fromkeys(tie.proof for tie in ties)
    return chain(
        unproven_quantities(claim, evidence, of_another=score >= _NUMBER_SHARE),
        contradictions(ties) if score >= _SAME_WORDS else (),
        *(dropped_conditions(claim, proof, evidence=evidence, reply=reply) for proof in proofs),
    )


def _is_told(statement: Statement, score: float, evidence: Evidence) -> bool:
    """What the company does may be told as "we will", what a person is going to do only in the source's words."""
    claim = statement.sentence
    if statement.promise is Promise.COMPANY and doubt(claim, score, evidence) <= _PROMISE_DOUBT:
        return True
    return score >= _PROMISE_SHARE
