"""Full-text search: which chunks hold the words of a question, the rare words counting most.

Postgres' own rank functions know no rarity; with them the fusion measured worse than the vectors alone.
"""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge.pgvector_store import conditions, filtered
from knowledge.vector_store import Filters

# Postgres' configurations by ISO code; other languages are split into words and not stemmed.
_CONFIGURATIONS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "it": "italian",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_MOST_CHARACTERS = 8_000
_MOST_ROWS = 1_500  # Common words are left to the re-ranking once the rarer ones bring so many chunks.

# A hyphen would make one word of "two-step" and a negative number of the digits in "A-10423".
_JOINT = re.compile(r"(?<=\w)[-–/_](?=\w)")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]{2,}")

_TERMS = text("""
select word.lexeme, coalesce(known.chunks, 0), coalesce(total.chunks, 0)
from unnest(to_tsvector(cast(:configuration as regconfig), :text)) as word
left join lexemes known on known.language = :language and known.lexeme = word.lexeme
left join lexemes total on total.language = :language and total.lexeme = ''
""")
_TERMS_OF_MANY = text("""
select asked.place, word.lexeme, coalesce(known.chunks, 0), coalesce(total.chunks, 0)
from unnest(cast(:configurations as text[]), cast(:languages as text[]), cast(:texts as text[]))
    with ordinality as asked (configuration, language, text, place)
cross join lateral unnest(to_tsvector(cast(asked.configuration as regconfig), asked.text))
    with ordinality as word (lexeme, positions, weights, number)
left join lexemes known on known.language = asked.language and known.lexeme = word.lexeme
left join lexemes total on total.language = asked.language and total.lexeme = ''
order by asked.place, word.number
""")
# Each word by itself, from the index: `offset 0` keeps the planner from joining the words to a scan of all chunks,
# which it takes for cheaper when there are many short ones.
_MATCHES = """
select chunks.id
from unnest(cast(:queries as text[]), cast(:weights as float8[])) as term (query, weight)
cross join lateral (
    select id, article_id from chunks
    where search @@ cast(term.query as tsquery) and language = :language
    offset 0
) as chunks
join articles on articles.id = chunks.article_id
where {conditions}
group by chunks.id
order by sum(term.weight) desc, chunks.id
limit :limit
"""
_COVERAGE = text("""
select
    chunks.id,
    sum(term.weight),
    coalesce(sum(term.weight) filter (where chunks.search @@ cast(term.query || '\\:A' as tsquery)), 0)
from unnest(cast(:queries as text[]), cast(:weights as float8[])) as term (query, weight)
join chunks on chunks.search @@ cast(term.query as tsquery)
where chunks.id = any(cast(:chunks as bigint[])) and chunks.language = :language
group by chunks.id
""")


@dataclass(frozen=True)
class Term:
    """A word of the question as the index knows it. `weight` is its share of the question; all sum to 1."""

    query: str
    chunks: int
    weight: float


@dataclass(frozen=True)
class Terms:
    language: str
    words: tuple[Term, ...]


@dataclass(frozen=True)
class Matches:
    """What the words of a question find: chunks, the best first."""

    terms: Terms
    chunks: list[int]


@dataclass(frozen=True)
class Coverage:
    """Shares of a question: what a chunk holds, and what the titles above it hold."""

    all: float = 0.0
    titles: float = 0.0


def configuration(language: str) -> str:
    """The text-search configuration of a language, for to_tsvector."""
    return _CONFIGURATIONS.get(language, "simple")


def searchable(words: str) -> str:
    """A text as the index takes it. Languages without spaces are cut into overlapping pairs of characters."""
    return _UNSPACED.sub(_pairs, _JOINT.sub(" ", words.replace("\0", " ")))


def _pairs(run: re.Match[str]) -> str:
    characters = run.group()
    pairs = (characters[start : start + 2] for start in range(len(characters) - 1))
    return f" {' '.join(pairs)} "


def match(session: Session, question: str, *, language: str, filters: Filters, limit: int) -> Matches:
    """The words of a question, and the chunks that hold them."""
    terms = terms_of(session, question, language=language)
    return Matches(terms, find(session, terms, filters, limit=limit))


def terms_of(session: Session, question: str, *, language: str) -> Terms:
    """The words of a question that carry meaning, weighted by how rare they are (inverse document frequency)."""
    values = {
        "configuration": configuration(language),
        "language": language,
        "text": searchable(question[:_MOST_CHARACTERS]),
    }
    return weighed(session.execute(_TERMS, values).all(), language)


def terms_of_many(session: Session, questions: Collection[tuple[str, str]]) -> dict[tuple[str, str], Terms]:
    """What `terms_of` says of each question, its words and its language, read in one go."""
    asked = list(questions)
    values = {
        "configurations": [configuration(language) for _words, language in asked],
        "languages": [language for _words, language in asked],
        "texts": [searchable(words[:_MOST_CHARACTERS]) for words, _language in asked],
    }
    rows: dict[int, list[Sequence[Any]]] = {place: [] for place in range(len(asked))}
    for place, *word in session.execute(_TERMS_OF_MANY, values):
        rows[place - 1].append(word)
    return {question: weighed(rows[place], question[1]) for place, question in enumerate(asked)}


def weighed(rows: Sequence[Sequence[Any]], language: str) -> Terms:
    """Of words, each with the number of chunks that hold it and of all chunks of the language."""
    rarity = [math.log(1 + (total - known + 0.5) / (known + 0.5)) for _lexeme, known, total in rows]
    whole = sum(rarity) or 1.0
    words = (
        Term(quoted(lexeme), known, weight / whole)
        for (lexeme, known, _total), weight in zip(rows, rarity, strict=True)
    )
    return Terms(language, tuple(sorted(words, key=lambda word: word.chunks)))


def find(session: Session, terms: Terms, filters: Filters, *, limit: int) -> list[int]:
    """Chunks that cover most of the question's rarer words, the best first."""
    rare = [word for word in rarest(terms.words) if word.chunks]
    if not rare:
        return []
    where, values = conditions(filters)
    return list(
        session.scalars(filtered(_MATCHES, where), {**values, **_arrays(terms, rare), "limit": limit})
    )


def coverage(session: Session, terms: Terms, chunks: Collection[int]) -> dict[int, Coverage]:
    """Which share of the question, 0–1, the words of each chunk cover; absent: none."""
    if not chunks or not terms.words:
        return {}
    rows = session.execute(_COVERAGE, {**_arrays(terms, terms.words), "chunks": list(chunks)}).all()
    return {chunk: Coverage(*shares) for chunk, *shares in rows}


def rarest(words: tuple[Term, ...]) -> list[Term]:
    taken: list[Term] = []
    for word in words:
        if taken and sum(one.chunks for one in taken) + word.chunks > _MOST_ROWS:
            break
        taken.append(word)
    return taken


def _arrays(terms: Terms, words: Collection[Term]) -> dict[str, object]:
    return {
        "queries": [word.query for word in words],
        "weights": [word.weight for word in words],
        "language": terms.language,
    }


def quoted(lexeme: str) -> str:
    """As `Term.query` has it."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
