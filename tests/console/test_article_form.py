"""Writing and editing articles: effective at once, nothing typed is lost, and two editors do not collide unseen."""

import re

import pytest

from accounts.permissions import Role
from knowledge import articles
from knowledge.retrieval import search
from llm import local_embedding
from runtime.database import transaction
from runtime.errors import Unavailable
from tests.console.desk import Member, member
from tests.console.test_articles import LIST, QUESTION, added, read
from tests.jobs import CollectedJobs

FIELDS = {
    "title": "Delivery",
    "body": "The delivery takes three days.",
    "language": "en",
    "audience": "public",
    "product": "shop",
    "category": "shipping_delivery",
}


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> Member:
    return member(role=Role.MANAGER)


def stored(public_id: str) -> articles.Article:
    with transaction() as session:
        return articles.get_article(session, public_id)


def test_a_written_article_is_found_at_once(carol: Member) -> None:
    assert 'name="title"' in read(carol, f"{LIST}/new")
    done = carol.post(LIST, **FIELDS, valid_from="2026-01-02T03:04", seen_version=0)
    assert done.status_code == 303
    assert "The AI finds it from now on" in read(carol, done.headers["location"])
    passage = search(QUESTION)[0]
    article = stored(passage.article_public_id)
    assert (article.product, article.category, article.url) == ("shop", "shipping_delivery", "/help/delivery")
    assert article.valid_from is not None
    assert article.valid_from.isoformat() == "2026-01-02T03:04:00+00:00"


def test_the_editor_starts_from_what_is_stored_and_saves_a_new_version(carol: Member) -> None:
    public_id = added("Old <words> & more.", product="shop")
    page = read(carol, f"{LIST}/{public_id}/edit")
    assert "Old &lt;words&gt; &amp; more.</textarea>" in page
    assert 'name="seen_version" value="1"' in page
    done = carol.post(f"{LIST}/{public_id}/edit", **FIELDS, seen_version=1)
    assert done.headers["location"].endswith("?done=saved")
    assert (stored(public_id).version, stored(public_id).body) == (2, FIELDS["body"])
    again = carol.post(f"{LIST}/{public_id}/edit", **FIELDS, seen_version=2)
    assert again.headers["location"].endswith("?done=unchanged")


def test_a_preview_shows_the_text_and_saves_nothing(carol: Member) -> None:
    public_id = added("Old.")
    for path in (LIST, f"{LIST}/{public_id}/edit"):
        page = carol.post(
            path, **FIELDS | {"body": "It takes **nine** days."}, seen_version=1, then="preview"
        )
        assert page.status_code == 200
        assert "<strong>nine</strong>" in page.text
        assert "It takes **nine** days.</textarea>" in page.text
    assert stored(public_id).body == "Old."
    assert "<bdi>Delivery</bdi>" in read(carol, LIST)
    with transaction() as session:
        assert len(articles.list_articles(session)) == 1


def test_the_second_of_two_editors_sees_what_the_first_saved_and_may_save_all_the_same(carol: Member) -> None:
    public_id = added("One.\nTwo.")
    alice = member("Alice", role=Role.ADMIN)
    alice.post(f"{LIST}/{public_id}/edit", **FIELDS | {"body": "One.\nTwo by Alice."}, seen_version=1)
    mine = FIELDS | {"body": "One.\nTwo by Carol."}
    stopped = carol.post(f"{LIST}/{public_id}/edit", **mine, seen_version=1)
    assert stopped.status_code == 409
    assert stored(public_id).body == "One.\nTwo by Alice."
    assert "<bdi>Alice</bdi> saved version 2" in stopped.text
    assert "</span>Two by Alice.</del>" in stopped.text
    assert "One.\nTwo by Carol.</textarea>" in stopped.text
    shown = re.search(r'name="seen_version" value="(\d+)"', stopped.text)
    assert shown is not None
    assert carol.post(f"{LIST}/{public_id}/edit", **mine, seen_version=shown[1]).status_code == 303
    assert (stored(public_id).version, stored(public_id).body) == (3, "One.\nTwo by Carol.")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"body": "\r\n"}, "body"),
        ({"language": "English"}, "language"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"audience": "nobody"}, "audience"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "2026-02-01T00:00", "valid_until": "2026-01-01T00:00"}, "valid_until"),
    ],
)
def test_what_is_wrong_is_said_and_all_that_was_typed_is_kept(
    carol: Member, wrong: dict[str, str], field: str
) -> None:
    page = carol.post(LIST, **FIELDS | wrong)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'value="shop"' in page.text
    if field != "audience":
        assert re.search(rf'name="{field}"[^>]* aria-invalid="true"', page.text)
    with transaction() as session:
        assert articles.list_articles(session) == []


def test_an_embedder_that_is_down_loses_nothing_that_was_typed(
    carol: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: object, **_limits: object) -> local_embedding.Vectors:
        raise Unavailable("The embedding model cannot be loaded.")

    monkeypatch.setattr(local_embedding, "embed", down)
    page = carol.post(LIST, **FIELDS)
    assert page.status_code == 503
    assert f"{FIELDS['body']}</textarea>" in page.text


def test_an_article_withdrawn_meanwhile_does_not_come_back_by_an_edit(carol: Member) -> None:
    public_id = added()
    carol.post(f"{LIST}/{public_id}/withdraw")
    page = carol.post(f"{LIST}/{public_id}/edit", **FIELDS | {"body": "New."}, seen_version=1)
    assert page.status_code == 409
    assert "bring it back before you change it" in page.text
    assert "New.</textarea>" in page.text
    assert stored(public_id).withdrawn_at is not None


def test_an_article_from_a_file_says_that_the_file_wins(carol: Member) -> None:
    public_id = added(source="/srv/help/delivery.md")
    assert "It comes from the file" in read(carol, f"{LIST}/{public_id}/edit")


def test_an_article_that_no_form_can_carry_is_not_opened_for_editing(carol: Member) -> None:
    public_id = added("word " * 40_001)
    page = carol.client.get(f"{LIST}/{public_id}/edit")
    assert page.status_code == 413
    assert "change it in its file" in page.text


def test_who_may_only_read_gets_no_form(run_jobs: CollectedJobs) -> None:
    public_id = added()
    bob = member("Bob", role=Role.AGENT)
    for path in (f"{LIST}/new", f"{LIST}/{public_id}/edit"):
        assert bob.client.get(path).status_code == 403
    assert bob.post(LIST, **FIELDS).status_code == 403
    assert bob.post(f"{LIST}/{public_id}/edit", **FIELDS).status_code == 403
