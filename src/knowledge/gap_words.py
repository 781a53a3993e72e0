"""Questions by their words: vectors for languages that the embedder does not know, and labels that people read."""

import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge import keyword_search
from llm.local_embedding import Vectors

_DIMENSIONS = 1024
_LABEL_WORDS = 3
_TELLING = 12  # Stems that are looked at for a label.

_COUNTS = text("""
select word.lexeme, count(*), count(*) filter (where gap_questions.gap_id = :gap)
from gap_questions, unnest(gap_questions.lexemes) as word (lexeme)
where gap_questions.language = :language
group by word.lexeme
having count(*) filter (where gap_questions.gap_id = :gap) > 1
""")
_SIZES = text("""
select count(*), count(*) filter (where gap_id = :gap) from gap_questions where language = :language
""")
# Both configurations see the same words at the same places.
_SPOKEN = text("""
select stem.lexeme, spoken.lexeme
from gap_questions
cross join unnest(to_tsvector(cast(:configuration as regconfig), gap_questions.question)) as stem
join unnest(to_tsvector('simple', gap_questions.question)) as spoken on spoken.positions && stem.positions
where gap_questions.gap_id = :gap and stem.lexeme = any(:lexemes)
group by stem.lexeme, spoken.lexeme
order by count(*) desc, spoken.lexeme
""")


def vectors_of(questions: Sequence[Sequence[str]]) -> Vectors:
    """Vectors of length 1 from the stems of each question, rare ones weighing more (feature hashing)."""
    known = Counter(lexeme for lexemes in questions for lexeme in lexemes)
    made = np.zeros((len(questions), _DIMENSIONS), np.float32)
    for row, lexemes in enumerate(questions):
        for lexeme in lexemes:
            hashed = zlib.crc32(lexeme.encode())
            sign = 1 if hashed & 1 else -1
            made[row, (hashed >> 1) % _DIMENSIONS] += sign * _rarity(known[lexeme], len(questions))
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    unit: Vectors = np.divide(made, lengths, out=made, where=lengths > 0)
    return unit


def _rarity(count: int, of: int) -> float:
    return math.log(1 + of / count)


def label_of(session: Session, gap: int, *, language: str) -> str:
    """The words that tell the gap from the other questions (tf-idf), as its customers spell them."""
    of, size = session.execute(_SIZES, {"gap": gap, "language": language}).one()
    counted = session.execute(_COUNTS, {"gap": gap, "language": language}).all()
    # Said by most who ask, and by few others.
    weights = {lexeme: here / size * _rarity(everywhere, of) for lexeme, everywhere, here in counted}
    telling = sorted(weights, key=lambda lexeme: (-weights[lexeme], lexeme))
    telling = [lexeme for lexeme in telling if any(map(str.isalpha, lexeme))][:_TELLING]
    spoken = _spoken(session, gap, telling, language)
    return ", ".join(dict.fromkeys(spoken.get(lexeme, lexeme) for lexeme in telling[:_LABEL_WORDS]))


def _spoken(session: Session, gap: int, lexemes: Sequence[str], language: str) -> Mapping[str, str]:
    """The commonest word of each stem."""
    given = {
        "gap": gap,
        "lexemes": list(lexemes),
        "configuration": keyword_search.configuration(language),
    }
    found: dict[str, str] = {}
    for lexeme, word in session.execute(_SPOKEN, given):
        found.setdefault(lexeme, word)
    return found
