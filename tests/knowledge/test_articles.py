"""Adding, listing and withdrawing articles."""

from pathlib import Path

import pytest

from knowledge import articles
from knowledge.articles import Change, NewArticle
from knowledge.retrieval import search
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from tests.knowledge.conftest import Library

QUESTION = "How long does the delivery take?"
BODY = "The delivery takes three days."


def test_a_folder_is_added_and_added_again_without_change(database: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: Delivery\nurl: /help/delivery\n---\n{BODY}")
    (tmp_path / "b.html").write_text("<title>Refunds</title><p>A refund takes a week.</p>")
    assert [(one.title, one.change) for one in articles.add_path(tmp_path)] == [
        ("Delivery", Change.ADDED),
        ("Refunds", Change.ADDED),
    ]
    assert {one.change for one in articles.add_path(tmp_path)} == {Change.UNCHANGED}
    with transaction() as session:
        assert [one.title for one in articles.list_articles(session)] == ["Delivery", "Refunds"]
    assert search(QUESTION)[0].url == "/help/delivery"


def test_a_file_that_is_no_text_is_named(database: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\x00\x01")
    with pytest.raises(InvalidInput, match=r"a\.md is no text"):
        articles.add_path(tmp_path / "a.md")


@pytest.mark.parametrize(
    ("title", "body", "complaint"),
    [
        (" ", "text", "title of the article is empty"),
        ("t", "\n", "body of the article is empty"),
        ("t", "a\0b", "no text"),
    ],
)
def test_an_article_without_a_title_or_a_text_is_refused(
    database: str, title: str, body: str, complaint: str
) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        articles.add_article(NewArticle(source="s", slug="s", title=title, body=body))


def test_a_withdrawn_article_is_not_found_and_comes_back_when_added_again(library: Library) -> None:
    added = library.add(BODY)
    assert [passage.article_public_id for passage in search(QUESTION)] == [added.public_id]
    with transaction() as session:
        articles.withdraw(session, added.public_id)
    assert search(QUESTION) == []
    with transaction() as session:
        assert articles.list_articles(session) == []
        assert articles.get_article(session, added.public_id).withdrawn_at is not None
    again = library.add(BODY)
    assert (again.change, again.version, again.public_id) == (Change.UPDATED, 1, added.public_id)
    assert len(search(QUESTION)) == 1


def test_an_unknown_article_is_not_found(database: str) -> None:
    with pytest.raises(NotFound, match="There is no article ART-1"), transaction() as session:
        articles.get_article(session, "ART-1")
