"""Full-text search: which chunks hold the words of a question, the rare words counting most.

Postgres' own rank functions know no rarity; with them the fusion measured worse than the vectors alone.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

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
_MATCHES = """
select chunks.id
from unnest(cast(:queries as text[]), cast(:weights as float8[])) as term (query, weight)
join chunks on chunks.search @@ cast(term.query as tsquery) and chunks.language = :language
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
    rows = session.execute(_TERMS, values).all()
    rarity = [math.log(1 + (total - known + 0.5) / (known + 0.5)) for _lexeme, known, total in rows]
    whole = sum(rarity) or 1.0
    words = (
        Term(_quoted(lexeme), known, weight / whole)
        for (lexeme, known, _total), weight in zip(rows, rarity, strict=True)
    )
    return Terms(language, tuple(sorted(words, key=lambda word: word.chunks)))


def find(session: Session, terms: Terms, filters: Filters, *, limit: int) -> list[int]:
    """Chunks that cover most of the question's rarer words, the best first."""
    rare = [word for word in _rarest(terms.words) if word.chunks]
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


def _rarest(words: tuple[Term, ...]) -> list[Term]:
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


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
