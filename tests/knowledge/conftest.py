"""Articles that the tests of the knowledge start from."""

from typing import Any

import pytest
from sqlalchemy import select

from knowledge.articles import Added, NewArticle, add_article
from knowledge.models import StoredChunk
from runtime.database import transaction


class Library:
    """Adds articles and reads what is stored of them."""

    def add(self, body: str, **changes: Any) -> Added:
        values: dict[str, Any] = {"source": "test", "slug": "shipping", "title": "Shipping", "body": body}
        return add_article(NewArticle(**(values | changes)))

    def chunks(self, added: Added) -> list[StoredChunk]:
        query = select(StoredChunk).where(StoredChunk.article_id == added.article_id)
        with transaction() as session:
            return list(session.scalars(query.order_by(StoredChunk.position)))


@pytest.fixture
def library(database: str) -> Library:
    return Library()
