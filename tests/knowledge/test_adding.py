"""Articles are added many at once, and all of them or none."""

import pytest
from sqlalchemy import func, select

from knowledge import adding
from knowledge.models import Article, StoredChunk
from knowledge.preparing import NewArticle
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput


def _new(number: int, body: str = "Text.") -> NewArticle:
    return NewArticle("test", f"{number}", f"Title {number}", body)


def _stored() -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(Article)) or 0


def test_one_wrong_article_keeps_the_others_out(database: str) -> None:
    with pytest.raises(InvalidInput, match="body of the article is empty"):
        adding.add_all([_new(1), _new(2, " ")])
    with pytest.raises(InvalidInput, match=r"longer than 2,000,000"):
        adding.add_all([_new(1), _new(2, "x" * 2_000_001)])
    assert _stored() == 0


def test_many_are_added_in_steps_that_are_told(database: str) -> None:
    seen: list[tuple[int, int]] = []
    added = adding.add_all(
        [_new(number) for number in range(40)], progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(32, 40), (40, 40)]
    assert [one.title for one in added] == [f"Title {number}" for number in range(40)]


def test_what_must_be_new_does_not_replace_what_is_there(database: str) -> None:
    adding.add_article(_new(1))
    with pytest.raises(Conflict, match="it is now version 1"):
        adding.add_article(_new(1, "Other."), seen_version=0)
    with transaction() as session:
        assert list(session.scalars(select(StoredChunk.text))) == ["Text."]
