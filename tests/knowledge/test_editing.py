"""What staff write takes effect at once, and never silently replaces what somebody else wrote."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete

from knowledge import adding, editing, indexing, preparing
from knowledge.articles import Audience, Change, Written, get_article, withdraw
from knowledge.models import Article
from knowledge.retrieval import search
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound

WRITTEN = Written("Delivery times", "The delivery takes three days.")
QUESTION = "How long does the delivery take?"
STAFF = "AGENT-1"


def _write(**changes: Any) -> str:
    return editing.write_article(replace(WRITTEN, **changes), by=STAFF).public_id


def _read(public_id: str) -> Article:
    with transaction() as session:
        return get_article(session, public_id)


def test_a_new_article_is_found_at_once_and_has_a_page_in_the_help_centre(database: str) -> None:
    public_id = _write()
    assert search(QUESTION)[0].article_public_id == public_id
    article = _read(public_id)
    assert (article.source, article.slug, article.url) == (
        "console",
        "delivery-times",
        "/help/delivery-times",
    )


def test_a_second_article_of_the_same_title_is_another_one(database: str) -> None:
    addresses = [_read(_write(body=f"Text {number}.")).url for number in range(3)]
    assert addresses == ["/help/delivery-times", "/help/delivery-times-2", "/help/delivery-times-3"]
    assert _read(_write(title="配達")).slug == "article"


def test_an_internal_article_gets_no_page_for_customers(database: str) -> None:
    assert _read(_write(audience=Audience.INTERNAL)).url == ""
    assert search(QUESTION) == []
    assert search(QUESTION, audience=Audience.INTERNAL)


def test_an_edited_article_answers_differently_at_once(database: str) -> None:
    public_id = _write()
    changed = replace(WRITTEN, body="The delivery takes nine days.")
    added = editing.edit_article(public_id, changed, by=STAFF, seen_version=1)
    assert (added.version, added.change) == (2, Change.UPDATED)
    assert search(QUESTION)[0].text == "The delivery takes nine days."


def test_who_edits_a_version_that_is_not_the_present_one_is_stopped(database: str) -> None:
    public_id = _write()
    editing.edit_article(public_id, replace(WRITTEN, body="By Alice."), by="AGENT-2", seen_version=1)
    with pytest.raises(Conflict, match="it is now version 2"):
        editing.edit_article(public_id, replace(WRITTEN, body="By Bob."), by=STAFF, seen_version=1)
    assert _read(public_id).body == "By Alice."


def test_a_withdrawn_article_is_brought_back_as_it_was_and_not_by_an_edit(database: str) -> None:
    public_id = _write()
    with transaction() as session:
        withdraw(session, public_id)
    with pytest.raises(Conflict, match="bring it back before"):
        editing.edit_article(public_id, WRITTEN, by=STAFF, seen_version=1)
    with pytest.raises(Conflict, match="bring it back before"):
        stale = preparing.prepare(replace(preparing.as_new(_read(public_id)), body="New."))
        with transaction() as session:
            indexing.write(session, stale, seen_version=1)
    assert editing.bring_back(public_id, by=STAFF).version == 1
    assert search(QUESTION)[0].article_public_id == public_id


def test_an_old_version_is_restored_as_a_new_one(database: str) -> None:
    public_id = _write()
    editing.edit_article(public_id, replace(WRITTEN, body="Nonsense."), by=STAFF, seen_version=1)
    restored = editing.restore_version(public_id, 1, by=STAFF, seen_version=2)
    assert (restored.version, _read(public_id).body) == (3, WRITTEN.body)
    with pytest.raises(Conflict, match="it is now version 3"):
        editing.restore_version(public_id, 2, by=STAFF, seen_version=2)
    with pytest.raises(NotFound, match="no version 9"):
        editing.restore_version(public_id, 9, by=STAFF, seen_version=3)


def test_an_article_that_was_erased_while_somebody_edited_it_does_not_come_back(database: str) -> None:
    read = preparing.as_new(_read(_write()))
    with transaction() as session:
        session.execute(delete(Article))
    with pytest.raises(Conflict, match="is not there any more"):
        adding.add_article(read, by=STAFF, seen_version=1)
    with transaction() as session:
        assert session.query(Article).count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"body": "\n"}, "body"),
        ({"language": "English"}, "language"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "//elsewhere.example.com"}, "url"),
        (
            {"valid_from": datetime(2026, 2, 1, tzinfo=UTC), "valid_until": datetime(2026, 1, 1, tzinfo=UTC)},
            "valid_until",
        ),
    ],
)
def test_what_is_wrong_names_its_field_and_nothing_is_stored(
    database: str, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        _write(**changes)
    assert refused.value.field == field
    with transaction() as session:
        assert session.query(Article).count() == 0


def test_an_address_of_the_help_centre_belongs_to_one_article(database: str) -> None:
    first = _write(url="/help/times")
    with pytest.raises(InvalidInput, match="“Delivery times” has this address"):
        _write(title="Other", url="/help/times")
    second = _write(title="Other")
    with pytest.raises(InvalidInput, match="has this address"):
        editing.edit_article(second, replace(WRITTEN, url="/help/times"), by=STAFF, seen_version=1)
    with transaction() as session:
        withdraw(session, first)
    assert _read(_write(title="Third", url="/help/times")).url == "/help/times"
