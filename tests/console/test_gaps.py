"""Knowledge gaps in the console: listed, read, edited, published, dismissed and taken back."""

import pytest

from accounts.permissions import Role
from knowledge.retrieval import search
from tests.console.desk import Member, member
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import ANSWER, RACKS, answered, asked, asked_by_all, found, only_gap, open_gaps

BODY = f"## Over the spare wheel\n\n{ANSWER}"


@pytest.fixture
def gap(run_jobs: CollectedJobs) -> str:
    asked_by_all(RACKS)
    found()
    return only_gap().gap.public_id


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> Member:
    return member(role=Role.MANAGER)


def form(gap: str, **fields: str | int) -> dict[str, str | int]:
    revision = only_gap().gap.revision
    return {"title": "Bike rack and spare wheel", "body": BODY, "seen_revision": revision, **fields}


def test_the_list_names_what_is_asked_and_how_many_ask(gap: str, carol: Member) -> None:
    page = carol.client.get("/console/gaps").text
    assert RACKS[0] in page
    assert "3 questions" in page
    assert "New this week" in page
    assert "Outline" in page
    assert 'href="/console/gaps"' in carol.client.get("/console/queue").text


def test_a_desk_without_gaps_says_so(carol: Member) -> None:
    assert "No gaps" in carol.client.get("/console/gaps").text
    assert "No gap is dismissed" in carol.client.get("/console/gaps?state=dismissed").text


def test_a_gap_shows_its_questions_and_where_its_draft_comes_from(
    run_jobs: CollectedJobs, carol: Member
) -> None:
    tickets = asked_by_all(RACKS)
    answered(tickets[0])
    answered(tickets[1], ANSWER.replace("30 inches", "33 inches"))
    found()
    page = carol.client.get(f"/console/gaps/{only_gap().gap.public_id}").text
    assert "long straps" in page
    assert "word for word from what staff replied on 2 resolved tickets" in page
    assert "30 inches / 33 inches" in page or "33 inches / 30 inches" in page
    assert all(f"/console/tickets/{ticket}" in page for ticket in tickets)


def test_what_customers_wrote_is_text_on_the_page(run_jobs: CollectedJobs, carol: Member) -> None:
    asked_by_all(tuple(f"<script>alert(1)</script> {one}" for one in RACKS))
    found()
    page = carol.client.get(f"/console/gaps/{only_gap().gap.public_id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_draft_is_saved_previewed_and_published(gap: str, carol: Member) -> None:
    address = f"/console/gaps/{gap}"
    preview = carol.post(address, **form(gap, then="preview"))
    assert "Over the spare wheel</h" in preview.text
    assert only_gap().gap.edited_at is None
    assert carol.post(address, **form(gap, then="save")).headers["location"].endswith("?done=saved")
    assert (only_gap().gap.title, only_gap().gap.edited_by) == ("Bike rack and spare wheel", carol.public_id)
    done = carol.post(address, **form(gap, then="publish", category="bikes"))
    assert done.status_code == 303
    assert done.headers["location"].startswith("/console/articles/ART-")
    assert "long straps" in search(RACKS[1])[0].text
    assert open_gaps() == []
    assert "Nobody has asked in vain since then" in carol.client.get(address).text
    assert "Bike rack" in carol.client.get("/console/gaps?state=published").text


def test_an_internal_article_is_for_staff_alone(gap: str, carol: Member) -> None:
    assert (
        carol.post(f"/console/gaps/{gap}", **form(gap, then="publish", audience="internal")).status_code
        == 303
    )
    assert search(RACKS[0]) == []


def test_an_outline_is_refused_with_what_was_typed(gap: str, carol: Member) -> None:
    refused = carol.post(
        f"/console/gaps/{gap}", **form(gap, then="publish", title="My title", body=only_gap().gap.body)
    )
    assert refused.status_code == 422
    assert "Write the answer first" in refused.text
    assert 'value="My title"' in refused.text


def test_two_editors_see_one_another(gap: str, carol: Member) -> None:
    bob = member("Bob", role=Role.MANAGER)
    seen = form(gap)
    assert (
        bob.post(f"/console/gaps/{gap}", **form(gap, then="save", body="What Bob wrote.")).status_code == 303
    )
    collided = carol.post(f"/console/gaps/{gap}", **seen | {"then": "publish"})
    assert collided.status_code == 409
    assert "<bdi>Bob</bdi> saved this meanwhile" in collided.text
    assert "What Bob wrote." in collided.text
    assert "Over the spare wheel" in collided.text
    assert search(RACKS[0]) == []
    revision = only_gap().gap.revision
    assert f'name="seen_revision" value="{revision}"' in collided.text


def test_a_dismissal_is_undone_by_one_button(gap: str, carol: Member) -> None:
    done = carol.post(f"/console/gaps/{gap}/dismiss")
    page = carol.client.get(done.headers["location"]).text
    assert f'action="/console/gaps/{gap}/take-back"' in page
    assert open_gaps() == []
    assert "Dismissed by <bdi>Carol</bdi>" in carol.client.get(f"/console/gaps/{gap}").text
    assert carol.post(f"/console/gaps/{gap}/take-back").status_code == 303
    assert only_gap().gap.public_id == gap


def test_what_is_undone_must_be_a_gap_of_ours(carol: Member) -> None:
    page = carol.client.get('/console/gaps?dismissed=GAP-1"><b>').text
    assert "<b>" not in page
    assert "take-back" not in page
    assert carol.client.get("/console/gaps/GAP-00000000").status_code == 404
    assert carol.client.get("/console/gaps/nothing").status_code == 422


def test_who_may_not_write_articles_reads_alone(gap: str) -> None:
    reader = member("Bob", role=Role.AGENT)
    page = reader.client.get(f"/console/gaps/{gap}").text
    assert RACKS[0] in page
    assert "Publish" not in page
    for path, fields in ((f"/{gap}", form(gap, then="publish")), (f"/{gap}/dismiss", {})):
        assert reader.post(f"/console/gaps{path}", **fields).status_code == 403
    assert only_gap().gap.public_id == gap


def test_a_form_from_elsewhere_is_refused(gap: str, carol: Member) -> None:
    forged = carol.client.post(f"/console/gaps/{gap}/dismiss", data={"csrf": "x"}, follow_redirects=False)
    assert forged.status_code == 403
    assert only_gap().gap.public_id == gap


def test_a_gap_that_grew_after_its_dismissal_says_so(gap: str, carol: Member) -> None:
    carol.post(f"/console/gaps/{gap}/dismiss")
    for who in ("alice", "bob", "carol", "dora", "emil"):
        asked(f"{RACKS[0]} I drive a van.", who)
    found()
    assert "many more ask than before" in carol.client.get(f"/console/gaps/{gap}").text
