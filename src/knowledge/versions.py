"""Every version that an article has had. Indexing records them in the transaction of the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from knowledge.models import Article, ArticleVersion
from runtime.errors import NotFound

# What a version holds of its article. The rest of an article is the same in all versions, or says which one it is.
CONTENT = (
    "title", "question", "body", "url", "product", "category", "language", "audience", "valid_from", "valid_until",
)  # fmt: skip


@dataclass(frozen=True)
class Version:
    """A version without its text. `changed_by` is one of the staff, or empty: a file, a ticket or a program."""

    version: int
    title: str
    changed_by: str
    created_at: datetime


def record(session: Session, article: Article, *, by: str) -> None:
    """Keep the article as it is now under its present version."""
    content = {name: getattr(article, name) for name in (*CONTENT, "content_hash", "version")}
    session.execute(insert(ArticleVersion).values(article_id=article.id, changed_by=by, **content))


def list_versions(session: Session, article: Article) -> list[Version]:
    """The newest first."""
    query = (
        select(
            ArticleVersion.version, ArticleVersion.title, ArticleVersion.changed_by, ArticleVersion.created_at
        )
        .where(ArticleVersion.article_id == article.id)
        .order_by(ArticleVersion.version.desc())
    )
    return [Version(*row) for row in session.execute(query)]


def get_version(session: Session, article: Article, number: int) -> ArticleVersion:
    """Raises NotFound."""
    found = session.get(ArticleVersion, (article.id, number))
    if found is None:
        raise NotFound(f"The article {article.public_id} has no version {number}.")
    return found


def content_of(version: ArticleVersion) -> Mapping[str, object]:
    return {name: getattr(version, name) for name in CONTENT}
