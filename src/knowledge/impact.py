"""Which past answers an article carries, and what would become of them if it read otherwise or were withdrawn."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge import foresight
from knowledge.articles import Article, NewArticle, get_article, get_version
from knowledge.contradictions import Contradiction, contradictions
from knowledge.foresight import Found
from knowledge.preparing import as_new
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from runtime.redaction import redact

__all__ = [
    "Contradiction",
    "Effect",
    "Found",
    "Impact",
    "Outcome",
    "Use",
    "Uses",
    "contradictions_between",
    "contradictions_of_last_change",
    "foresee",
    "read_uses",
    "with_text",
]

_MOST_TRIED = 500
_USED = """
from messages join tickets on tickets.id = messages.ticket_id
where messages.citations <> '[]'::jsonb and messages.citations @> cast(:citation as jsonb)
    and messages.kind = 'outbound' and messages.delivery is distinct from 'failed'
"""
_COUNT = text(f"select count(*), count(distinct messages.ticket_id) {_USED}")
_PAGE = text(f"""
select messages.id, messages.seq, messages.author, messages.created_at, messages.text, messages.citations,
    tickets.public_id, tickets.subject, tickets.language
{_USED} and messages.id < :before
order by messages.id desc limit :limit
""")
# What the customer wrote since the reply before this one.
_QUESTIONS = text("""
select answers.id, string_agg(asked.text, E'\\n\\n' order by asked.seq)
from messages as answers
join messages as asked on asked.ticket_id = answers.ticket_id and asked.kind = 'inbound'
    and asked.author = 'customer' and asked.seq < answers.seq
    and asked.seq > coalesce((
        select max(earlier.seq) from messages as earlier
        where earlier.ticket_id = answers.ticket_id and earlier.kind = 'outbound' and earlier.seq < answers.seq
    ), 0)
where answers.id = any(cast(:messages as bigint[]))
group by answers.id
""")


@dataclass(frozen=True)
class Use:
    """An answer that a customer got and that cites the article in a certain version. `question` is redacted."""

    message_id: int
    ticket: str
    seq: int
    author: str
    answered_at: datetime
    version: int
    answer: str
    question: str
    language: str


@dataclass(frozen=True)
class Uses:
    """A page of answers, the newest first; `next_before` asks for the next page."""

    count: int
    tickets: int
    uses: list[Use]
    next_before: int | None


class Outcome(StrEnum):
    """What a search for the question of a past answer would find."""

    SAME = "same"
    REWORDED = "reworded"  # The article still, in its new words.
    OTHERS = "others"  # Other passages, without the article.
    NOTHING = "nothing"


@dataclass(frozen=True)
class Effect:
    use: Use
    outcome: Outcome
    before: list[Found]
    after: list[Found]


@dataclass(frozen=True)
class Impact:
    """`effects` are of the newest answers, `tried` of `count`; `contradicting` learned answers hold old values."""

    article: str
    count: int
    tried: int
    effects: list[Effect]
    contradicting: list[Contradiction]

    @property
    def outcomes(self) -> dict[Outcome, int]:
        counted = Counter(one.outcome for one in self.effects)
        return {outcome: counted[outcome] for outcome in Outcome}

    @property
    def changed(self) -> list[Effect]:
        return [one for one in self.effects if one.outcome is not Outcome.SAME]


def read_uses(session: Session, public_id: str, *, limit: int = 50, before: int | None = None) -> Uses:
    """The answers that used an article. Raises NotFound when there is no such article."""
    article = get_article(session, public_id)
    given = {"citation": f'[{{"article": "{article.public_id}"}}]'}
    count, tickets = session.execute(_COUNT, given).one()
    rows = session.execute(_PAGE, {**given, "before": before or 2**62, "limit": limit + 1}).all()
    shown = rows[:limit]
    questions = {
        message: asked
        for message, asked in session.execute(_QUESTIONS, {"messages": [row.id for row in shown]})
    }
    uses = [
        Use(
            row.id,
            row.public_id,
            row.seq,
            row.author,
            row.created_at,
            _version(row.citations, article.public_id),
            row.text,
            redact(f"{row.subject}\n{questions.get(row.id, '')}".strip()),
            row.language or "en",
        )
        for row in shown
    ]
    return Uses(count, tickets, uses, shown[-1].id if len(rows) > limit else None)


def _version(citations: Sequence[dict[str, object]], article: str) -> int:
    return next((int(str(one.get("version", 0))) for one in citations if one.get("article") == article), 0)


def foresee(
    public_id: str,
    new: NewArticle | None,
    *,
    limit: int = _MOST_TRIED,
    progress: Callable[[int, int], None] | None = None,
) -> Impact:
    """Search again for the questions of past answers, with the article in its new words or, for None, without it.

    Nothing is changed. Raises NotFound, and InvalidInput for an empty text.
    """
    if new is not None and not (new.title.strip() and new.body.strip()):
        raise InvalidInput(
            "The new text is empty: to see what a withdrawal would do, give none.", field="body"
        )
    with transaction() as session:
        article = get_article(session, public_id)
        found = read_uses(session, public_id, limit=limit)
    rewritten = foresight.prepare(new)
    effects = []
    for use in found.uses:
        effects.append(_effect(use, article, rewritten))
        if progress is not None:
            progress(len(effects), len(found.uses))
    flagged = [] if new is None else contradictions_between(article, new)
    return Impact(article.public_id, found.count, len(effects), effects, flagged)


def with_text(article: Article, title: str, body: str) -> NewArticle:
    """The stored article with another title and text, all else as it is."""
    return replace(as_new(article), title=title, body=body)


def _effect(use: Use, article: Article, new: foresight.Rewritten) -> Effect:
    before, after = foresight.compare(
        use.question, language=use.language, article_id=article.id, public_id=article.public_id, new=new
    )
    return Effect(use, _outcome(article.public_id, before, after), before, after)


def _outcome(article: str, before: Sequence[Found], after: Sequence[Found]) -> Outcome:
    if [(one.article, one.text) for one in before] == [(one.article, one.text) for one in after]:
        return Outcome.SAME
    if not after:
        return Outcome.NOTHING
    return Outcome.REWORDED if any(one.article == article for one in after) else Outcome.OTHERS


def contradictions_between(article: Article, new: NewArticle) -> list[Contradiction]:
    """Learned answers that hold a number, date or amount which the new text changes."""
    return contradictions(as_new(article).body, new.body, language=article.language)


def contradictions_of_last_change(article: Article) -> list[Contradiction]:
    """Learned answers that hold what the present version changed of the one before; none for a first version."""
    if article.version < 2 or article.withdrawn_at is not None:
        return []
    with transaction() as session:
        try:
            before = get_version(session, article, article.version - 1)
        except NotFound:
            return []
    return contradictions(before.body, article.body, language=article.language)
