"""An article cut into chunks and pieces, with the vectors of what is new. Nothing is embedded in a transaction."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import pieces, stored_chunks
from knowledge.chunking import Chunk, chunk_article
from knowledge.embedding import count_tokens, embed_passages, model_id
from knowledge.markdown_text import plain
from knowledge.models import Article, ArticleVector
from knowledge.vector_store import Audience, Kind
from llm.local_embedding import Vectors
from runtime.database import transaction

_LEAD_CHARACTERS = 500
_MOST_OF_A_BEGINNING = 5_000


@dataclass(frozen=True)
class NewArticle:
    """An article as it comes in; (source, slug) says which one it is. `question` is for learned ones."""

    source: str
    slug: str
    title: str
    body: str
    question: str = ""
    url: str = ""
    product: str = ""
    category: str = ""
    language: str = "en"
    audience: Audience = Audience.PUBLIC
    kind: Kind = Kind.ARTICLE
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Prepared:
    """An article cut into chunks, with the vectors of those that are new, by content hash.

    `lead` is the vector of its beginning; None when that is stored already. `pieces` are the hashes of all its short
    pieces, `piece_vectors` the vectors of the new ones.
    """

    article: NewArticle
    chunks: tuple[Chunk, ...]
    vectors: dict[str, Vectors]
    lead: Vectors | None
    pieces: tuple[str, ...] = ()
    piece_vectors: Mapping[str, Vectors] = field(default_factory=dict)


def prepare(article: NewArticle) -> Prepared:
    """Cut and embed, in no transaction but a short one that reads what is embedded already."""
    return prepare_all([article])[0]


def prepare_all(articles: Sequence[NewArticle]) -> list[Prepared]:
    """Several articles, whose new texts are embedded together."""
    cut = [_cut(article) for article in articles]
    with transaction() as session:
        plans = [_plan(session, one) for one in cut]
    texts = dict.fromkeys(text for plan in plans for text in plan.texts)
    vectors = dict(zip(texts, embed_passages(list(texts)), strict=True))
    return [
        Prepared(
            one.article,
            one.chunks,
            {content: vectors[text] for content, text in plan.chunks.items()},
            vectors[plan.lead] if plan.lead else None,
            tuple(one.pieces),
            {content: vectors[text] for content, text in plan.pieces.items()},
        )
        for one, plan in zip(cut, plans, strict=True)
    ]


@dataclass(frozen=True)
class _Cut:
    article: NewArticle
    chunks: tuple[Chunk, ...]
    pieces: Mapping[str, str]


@dataclass(frozen=True)
class _Plan:
    """Texts to be embedded, by content hash; `lead` is empty when it is not among them."""

    chunks: Mapping[str, str]
    pieces: Mapping[str, str]
    lead: str

    @property
    def texts(self) -> Iterator[str]:
        yield from self.chunks.values()
        yield from self.pieces.values()
        if self.lead:
            yield self.lead


def _cut(article: NewArticle) -> _Cut:
    chunks = chunk_article(article.title, article.body, count_tokens=count_tokens, question=article.question)
    return _Cut(
        article,
        tuple(chunks),
        pieces.piece_texts(article.title, article.body, article.question) if chunks else {},
    )


def _plan(session: Session, cut: _Cut) -> _Plan:
    """What has no vector of the present embedder yet."""
    new = cut.article
    known = stored_chunks.embedded_hashes(session, source=new.source, slug=new.slug, language=new.language)
    known_pieces = pieces.stored(session, source=new.source, slug=new.slug)
    begins_anew = bool(cut.chunks) and not _lead_is_stored(session, new)
    return _Plan(
        {one.content_hash: one.embedded for one in cut.chunks if one.content_hash not in known},
        {content: text for content, text in cut.pieces.items() if content not in known_pieces},
        lead(new) if begins_anew else "",
    )


def lead(article: NewArticle) -> str:
    """What an article is about in a few words: its question, or its title and its first paragraph."""
    if article.question.strip():
        return article.question.strip()[:_LEAD_CHARACTERS]
    first = next((line for line in plain(article.body[:_MOST_OF_A_BEGINNING]).splitlines() if line), "")
    return f"{article.title.strip()}\n{first[:_LEAD_CHARACTERS]}"


def as_new(article: Article) -> NewArticle:
    """A stored article as if it came in now."""
    names = [field.name for field in fields(NewArticle)]
    values = {name: getattr(article, name) for name in names}
    return NewArticle(**{**values, "audience": Audience(article.audience), "kind": Kind(article.kind)})


def _lead_is_stored(session: Session, article: NewArticle) -> bool:
    """Whether the stored article begins in the same way, and has a vector of the present embedder."""
    query = (
        select(Article)
        .join(ArticleVector, Article.id == ArticleVector.article_id)
        .where(
            Article.source == article.source,
            Article.slug == article.slug,
            ArticleVector.model_id == model_id(),
        )
    )
    stored = session.scalars(query).first()
    return stored is not None and lead(as_new(stored)) == lead(article)
