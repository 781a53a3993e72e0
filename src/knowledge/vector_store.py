"""What a store of vectors must do. A store is a module; `mypy` checks it against `VectorStore`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy.orm import Session

from llm.local_embedding import Vectors


class Audience(StrEnum):
    """Who may read an article. Whoever may read internal ones may read public ones too."""

    PUBLIC = "public"
    INTERNAL = "internal"


class Kind(StrEnum):
    ARTICLE = "article"
    LEARNED = "learned"


@dataclass(frozen=True)
class Filters:
    """Which chunks may be found; what is None does not narrow."""

    audience: Audience = Audience.PUBLIC
    product: str | None = None
    category: str | None = None
    kind: Kind | None = None
    updated_since: datetime | None = None
    valid_at: datetime | None = None  # None: now.


@dataclass(frozen=True)
class Nearness:
    """Cosines of a question to a chunk, to its article's title with its beginning, to the whole article, and the mean
    of those to its article's best three pieces. `since` is when the article became valid, if that was said; `named`
    whether another article names it, or staff answered with it.
    """

    article_id: int
    chunk: float
    lead: float
    whole: float
    pieces: float
    since: datetime | None
    named: bool


class VectorStore(Protocol):
    """Vectors by the id of their chunk. Only vectors of the present embedder are ever compared."""

    def query(self, vector: Vectors, filters: Filters, *, limit: int) -> dict[int, float]:
        """The nearest chunks with their cosines, the nearest first. Call it with no session open: it may ask a
        service. Raises Unavailable or DBAPIError while it cannot answer.
        """
        ...

    def nearness(self, session: Session, vector: Vectors, chunks: Collection[int]) -> dict[int, Nearness]:
        """The exact cosines of chunks that are known by id."""
        ...

    def upsert(self, session: Session, vectors: Mapping[int, Vectors]) -> None: ...

    def upsert_article(self, session: Session, article: int, lead: Vectors | None) -> None:
        """Record what an article is about, once its chunks are stored; without `lead` that one is kept."""
        ...

    def delete(self, session: Session, chunks: Collection[int]) -> None: ...
