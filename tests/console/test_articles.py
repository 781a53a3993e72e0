"""Articles in the console: found, read in every version, withdrawn and brought back."""

import pytest

from accounts.permissions import Role
from knowledge import articles
from knowledge.articles import Audience, Kind, NewArticle
from knowledge.retrieval import search
from tests.console.desk import Member, escalated, member
from tests.jobs import CollectedJobs
from tickets.contracts import Citation

QUESTION = "How long does the delivery take?"
LIST = "/console/articles"


def added(body: str = "The delivery takes three days.", **changes: object) -> str:
    values = {"source": "console", "slug": "delivery", "title": "Delivery", "body": body} | changes
    return articles.add_article(NewArticle(**values)).public_id  # type: ignore[arg-type]  # a test's own values


def read(who: Member, address: str) -> str:
    response = who.client.get(address)
    assert response.status_code == 200, response.text
    return str(response.text)


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> Member:
    return member(role=Role.MANAGER)


def test_the_rail_leads_to_the_articles_which_are_listed_by_title(carol: Member) -> None:
    assert f'href="{LIST}"' in read(carol, "/console/queue")
    assert "No articles yet" in read(carol, LIST)
    added(title="Zebra <b>stripes</b>", slug="z")
    added(title="Apple", slug="a", product="shop", audience=Audience.INTERNAL)
    page = read(carol, LIST)
    assert page.index("Apple") < page.index("Zebra &lt;b&gt;stripes")
    assert "<b>stripes" not in page


def test_the_list_is_narrowed_by_the_address_and_unknown_values_narrow_nothing(carol: Member) -> None:
    added(title="Apple", slug="a", product="shop")
    added(title="Birne", slug="b", language="de", audience=Audience.INTERNAL)
    added(title="Cherry", slug="c", kind=Kind.LEARNED, question="Which fruit?", source="TICK-1")
    for query, titles in {
        "q=appl": ["Apple"],
        "kind=learned": ["Cherry"],
        "audience=internal": ["Birne"],
        "language=de": ["Birne"],
        "product=shop": ["Apple"],
        "kind=nothing&audience=x&page=x": ["Apple", "Birne", "Cherry"],
        "q=%00": ["Apple", "Birne", "Cherry"],
    }.items():
        page = read(carol, f"{LIST}?{query}")
        assert [title for title in ("Apple", "Birne", "Cherry") if f"<bdi>{title}<" in page] == titles, query
    assert "Nothing matches" in read(carol, f"{LIST}?q=zzz")


def test_a_long_list_comes_in_pages_that_keep_the_filters(carol: Member) -> None:
    articles.add_all([NewArticle("s", f"{n:03}", f"Title {n:03}", f"Text {n}.") for n in range(51)])
    first = read(carol, f"{LIST}?q=title")
    assert "Title 049" in first
    assert "Title 050" not in first
    assert f"{LIST}?q=title&amp;page=2" in first
    last = read(carol, f"{LIST}?q=title&page=2")
    assert "Title 050" in last
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last


def test_an_article_is_read_with_what_it_is_and_where_it_comes_from(carol: Member) -> None:
    public_id = added(
        "# Delivery\n\nIt takes **three** days.\n\n<script>alert(1)</script>",
        url="/help/delivery",
        product="shop",
    )
    page = read(carol, f"{LIST}/{public_id}")
    assert "<strong>three</strong>" in page
    assert "<script>alert" not in page
    assert 'href="/help/delivery"' in page
    assert "written here" in page
    assert carol.client.get(f"{LIST}/ART-0").status_code == 404


def test_the_question_of_a_learned_answer_stands_above_it_with_its_ticket(carol: Member) -> None:
    public_id = added(kind=Kind.LEARNED, question="Where is <it>?", source="TICK-7")
    page = read(carol, f"{LIST}/{public_id}")
    assert "Where is &lt;it&gt;?" in page
    assert 'href="/console/tickets/TICK-7"' in page


def test_an_old_version_is_read_with_what_changed_since_and_restored_by_one_click(carol: Member) -> None:
    public_id = added("It takes three days.")
    added("It takes nine days.")
    page = read(carol, f"{LIST}/{public_id}/versions/1")
    assert "<p>It takes three days.</p>" in page
    assert "</span>It takes nine days.</ins>" in page
    assert carol.client.get(f"{LIST}/{public_id}/versions/3").status_code == 404

    done = carol.post(f"{LIST}/{public_id}/versions/1/restore", seen_version=2)
    assert done.headers["location"] == f"{LIST}/{public_id}?done=restored"
    page = read(carol, done.headers["location"])
    assert "<p>It takes three days.</p>" in page
    assert "Version 3" in page
    assert "by <bdi>Carol</bdi>" in page
    assert carol.post(f"{LIST}/{public_id}/versions/2/restore", seen_version=2).status_code == 409


def test_a_citation_of_an_old_answer_leads_to_the_version_that_was_cited(carol: Member) -> None:
    public_id = added("It takes three days.")
    source = Citation(public_id, 1, "Delivery", "/help/delivery", 1, "It takes three days.")
    ticket = escalated(decision={"draft": "Three days.", "citations": (source,)})
    added("It takes nine days.")
    assert f'href="{LIST}/{public_id}/versions/1"' in read(carol, f"/console/tickets/{ticket}")
    assert "It takes three days." in read(carol, f"{LIST}/{public_id}/versions/1")


def test_a_withdrawn_article_is_not_found_until_somebody_undoes_it(carol: Member) -> None:
    public_id = added()
    done = carol.post(f"{LIST}/{public_id}/withdraw")
    page = read(carol, done.headers["location"])
    assert "Undo: bring it back" in page
    assert "Withdrawn by <bdi>Carol</bdi>" in page
    assert search(QUESTION) == []
    assert "<bdi>Delivery<" not in read(carol, LIST)
    assert "<bdi>Delivery<" in read(carol, f"{LIST}?withdrawn=1")

    assert carol.post(f"{LIST}/{public_id}/bring-back").status_code == 303
    assert search(QUESTION)[0].article_public_id == public_id
    assert "Withdrawn by" not in read(carol, f"{LIST}/{public_id}")


def test_who_may_only_read_sees_no_button_and_is_refused(run_jobs: CollectedJobs) -> None:
    public_id = added()
    bob = member("Bob", role=Role.AGENT)
    page = read(bob, f"{LIST}/{public_id}") + read(bob, LIST)
    assert "Withdraw<" not in page
    assert "Write an article" not in page
    for path in ("withdraw", "bring-back", "versions/1/restore"):
        assert bob.post(f"{LIST}/{public_id}/{path}", seen_version=1).status_code == 403
    assert search(QUESTION)


def test_a_form_from_elsewhere_changes_nothing(carol: Member) -> None:
    public_id = added()
    assert carol.client.post(f"{LIST}/{public_id}/withdraw", data={"csrf": "x"}).status_code == 403
    assert search(QUESTION)
