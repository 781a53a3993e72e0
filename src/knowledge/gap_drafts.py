"""Drafts an article for a gap out of what staff answered, word for word; without answers, an outline to fill in.

Nothing that the agent wrote by itself is read: only replies that staff sent on tickets that are resolved.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge.embedding import embed_passages
from knowledge.staff_answers import essence, teaches
from knowledge.stated_values import differing
from llm.local_embedding import Vectors
from runtime.redaction import PLACEHOLDER, redact

_MOST_ANSWERS = 20
_MOST_STATEMENTS = 15  # Of one answer.
_MOST_ADDED = 5
_TITLE_CHARACTERS = 120
_MOST_QUESTIONS = 8
# Cosines of two statements, chosen on the answers in tests/knowledge/test_gap_drafts.py.
_SAME_STATEMENT = 0.72
_ON_THE_SUBJECT = 0.2  # To the nearest question: below are wishes for a nice day.

_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[^\W\d_a-z])|(?<=[。！？])")
_LIST_LINE = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s+")
_ANSWERS = text("""
select tickets.public_id, string_agg(messages.text, E'\\n\\n' order by messages.seq) as answer
from gap_questions
join tickets on tickets.id = gap_questions.ticket_id
join messages on messages.ticket_id = tickets.id
where gap_questions.gap_id = :gap and tickets.status in ('resolved', 'closed')
    and messages.kind = 'outbound' and messages.author = 'staff'
    and not exists (
        select from actions where actions.ticket_id = tickets.id and actions.answer = messages.text
    )
group by tickets.id, tickets.public_id, tickets.resolved_at
order by tickets.resolved_at desc nulls last, tickets.id desc
limit :limit
""")


class Origin(StrEnum):
    ANSWERS = "answers"
    OUTLINE = "outline"


@dataclass(frozen=True)
class StaffAnswer:
    """What staff told one customer, redacted, without greeting. `ticket` is the public id."""

    ticket: str
    text: str


@dataclass(frozen=True)
class Draft:
    """`sources` are the tickets whose answers it was made from; `disagreements` what these say differently."""

    title: str
    body: str
    origin: Origin
    sources: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Statement:
    answer: int
    paragraph: int
    text: str


def answers_of(session: Session, gap: int) -> list[StaffAnswer]:
    """What staff answered to the questions of a gap, the newest first, where it teaches something."""
    rows = session.execute(_ANSWERS, {"gap": gap, "limit": _MOST_ANSWERS}).all()
    found = [StaffAnswer(row.public_id, essence(redact(row.answer))) for row in rows]
    return [one for one in found if teaches(one.text)]


def make_draft(questions: Sequence[str], answers: Sequence[StaffAnswer]) -> Draft:
    """The draft for questions, the most typical first. Embeds: never call it with a session open."""
    title = title_of(questions[0]) if questions else ""
    statements = [one for index, answer in enumerate(answers) for one in _statements(index, answer.text)]
    if not statements:
        return Draft(title, outline(questions), Origin.OUTLINE)
    asked = embed_passages(list(questions[:_MOST_QUESTIONS]))
    vectors = embed_passages([one.text for one in statements])
    on_subject = (vectors @ asked.T).max(axis=1) >= _ON_THE_SUBJECT
    if not on_subject.any():
        on_subject[:] = True  # The embedder may not know the language.
    chosen = _chosen(statements, vectors, on_subject)
    return Draft(
        title,
        _body([statements[index] for index in chosen]),
        Origin.ANSWERS,
        tuple(answer.ticket for answer in answers),
        tuple(_disagreements(statements, vectors)),
    )


def outline(questions: Sequence[str]) -> str:
    """What an article must answer, when staff have answered it to nobody yet."""
    listed = "\n".join(f"- {title_of(one)}" for one in questions[:_MOST_QUESTIONS])
    return f"## What customers ask\n\n{listed}\n\n## Answer\n"


def title_of(question: str) -> str:
    """The first question of a text, or its first line; without what was redacted."""
    lines = [" ".join(PLACEHOLDER.sub(" ", line).split()) for line in question.splitlines()]
    sentences = [sentence for line in lines if line for sentence in _SENTENCE.split(line)]
    asked = next((one for one in sentences if one.rstrip().endswith(("?", "？", "؟"))), "")
    return (asked or next(iter(sentences), ""))[:_TITLE_CHARACTERS].strip()


def _statements(answer: int, said: str) -> Iterator[_Statement]:
    """Its sentences and lists, in their order."""
    found = (
        _Statement(answer, paragraph, statement)
        for paragraph, block in enumerate(re.split(r"\n\s*\n", said))
        for statement in _pieces(block)
    )
    return islice(found, _MOST_STATEMENTS)


def _pieces(block: str) -> Iterator[str]:
    lines: list[str] = []
    for line in [*block.splitlines(), ""]:
        if _LIST_LINE.match(line):
            lines.append(line.rstrip())
            continue
        if lines:
            yield "\n".join(lines)
            lines = []
        yield from (one.strip() for one in _SENTENCE.split(line) if one.strip())


def _chosen(statements: Sequence[_Statement], vectors: Vectors, on_subject: NDArray[np.bool_]) -> list[int]:
    """The answer that agrees most with the others, and what at least two others add to it."""
    answers = np.array([one.answer for one in statements])
    same = vectors @ vectors.T >= _SAME_STATEMENT
    support = np.array([len(set(answers[row]) - {answers[index]}) for index, row in enumerate(same)])
    best = max(
        dict.fromkeys(int(one) for one in answers[on_subject]),
        key=lambda answer: support[(answers == answer) & on_subject].sum(),
    )
    chosen = [int(index) for index in np.flatnonzero((answers == best) & on_subject)]
    others = np.flatnonzero((answers != best) & on_subject & (support > 0))
    for index in sorted((int(one) for one in others), key=lambda one: (-support[one], one))[
        : 4 * _MOST_ADDED
    ]:
        if len(chosen) < _MOST_STATEMENTS + _MOST_ADDED and not same[index, chosen].any():
            chosen.append(index)
    return chosen


def _body(statements: Sequence[_Statement]) -> str:
    """One paragraph of an answer stays one paragraph; a list stands by itself."""
    blocks: list[tuple[tuple[int, int], str]] = []
    for one in statements:
        place = (one.answer, one.paragraph)
        is_list = _LIST_LINE.match(one.text) is not None
        if blocks and blocks[-1][0] == place and not is_list:
            blocks[-1] = (place, f"{blocks[-1][1]} {one.text}")
        else:
            blocks.append(((-1, -1) if is_list else place, one.text))
    return "\n\n".join(block for _place, block in blocks) + "\n"


def _disagreements(statements: Sequence[_Statement], vectors: Vectors) -> Iterator[str]:
    """Pairs of statements that say nearly the same with another number, date or amount; the first of the two."""
    near = vectors @ vectors.T >= _SAME_STATEMENT
    told: set[tuple[str, str]] = set()
    for first, second in np.argwhere(np.triu(near, 1)):
        one, other = statements[first], statements[second]
        pair = differing(one.text, other.text) if one.answer != other.answer else None
        if pair and pair not in told and pair[::-1] not in told:
            told.add(pair)
            yield f"{pair[0]} / {pair[1]}: {one.text}"
