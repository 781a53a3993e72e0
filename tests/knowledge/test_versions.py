"""Every version of an article is kept, and can be read when it is not the present one any more."""

import pytest
from sqlalchemy import func, select

from knowledge import versions
from knowledge.articles import Audience, get_article, learn_now, withdraw
from knowledge.models import Article, ArticleVersion
from knowledge.privacy import erase_customer
from runtime.database import transaction
from runtime.errors import NotFound
from tests.jobs import CollectedJobs
from tests.knowledge.conftest import Library
from tests.knowledge.test_learning import resolved
from tickets.models import Ticket


def _numbers(public_id: str) -> list[int]:
    with transaction() as session:
        return [one.version for one in versions.list_versions(session, get_article(session, public_id))]


def test_each_change_is_a_version_and_the_old_text_can_be_read(library: Library) -> None:
    first = library.add("It takes three days.")
    library.add("It takes four days.", audience=Audience.INTERNAL)
    assert _numbers(first.public_id) == [2, 1]
    with transaction() as session:
        article = get_article(session, first.public_id)
        old = versions.get_version(session, article, 1)
        new = versions.get_version(session, article, 2)
        assert (old.body, old.audience, old.changed_by) == ("It takes three days.", "public", "")
        assert (new.body, new.audience, new.content_hash) == (
            article.body,
            article.audience,
            article.content_hash,
        )
        with pytest.raises(NotFound, match="has no version 3"):
            versions.get_version(session, article, 3)


def test_the_same_again_and_a_withdrawal_are_no_versions(library: Library) -> None:
    added = library.add("It takes three days.")
    library.add("It takes three days.")
    with transaction() as session:
        withdraw(session, added.public_id, by="AGENT-1")
        assert get_article(session, added.public_id).withdrawn_by == "AGENT-1"
    library.add("It takes three days.")
    assert _numbers(added.public_id) == [1]
    with transaction() as session:
        assert get_article(session, added.public_id).withdrawn_by == ""


def test_what_was_learned_of_an_erased_customer_goes_with_all_its_versions(run_jobs: CollectedJobs) -> None:
    ticket = resolved()
    learn_now()
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(ArticleVersion)) == 1
        customer = session.scalars(select(Ticket.customer_id).where(Ticket.id == ticket)).one()
        assert erase_customer(session, customer) == 1
    with transaction() as session:
        for table in (Article, ArticleVersion):
            assert session.scalar(select(func.count()).select_from(table)) == 0
