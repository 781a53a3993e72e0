"""After a ticket is resolved its customer is asked once how it was, and one click without a login says it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from ingestion import ratings
from runtime import signing, web
from runtime.data_folder import secret_key
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import escalated
from tests.jobs import CollectedJobs
from tickets import lifecycle, queries, satisfaction, surveys, tasks
from tickets.contracts import Channel, Judgement, Kind, Priority, Status
from tickets.models import Message, Ticket

CAROL = "AGENT-CAR0L000"


@pytest.fixture
def page(run_jobs: CollectedJobs) -> TestClient:
    app = FastAPI()
    web.install(app)
    app.include_router(ratings.router)
    return TestClient(app, raise_server_exceptions=False)


def resolved(*, hours_ago: float = 2, **message: object) -> str:
    values: dict[str, object] = {"channel": Channel.MAIL} | message
    judgement = Judgement("shipping", Priority.NORMAL, 0.0, "de", 0.9, "Late")
    public_id = escalated(decision={"judgement": judgement}, **values)  # type: ignore[arg-type]  # fields of a test
    with transaction() as session:
        ticket_id = queries.find_ticket(session, public_id).id
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor=CAROL)
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        session.execute(update(Ticket).where(Ticket.id == ticket_id).values(resolved_at=at))
    return public_id


def asked() -> list[str]:
    with transaction() as session:
        query = select(Message.text).where(Message.kind == Kind.OUTBOUND).order_by(Message.id)
        return list(session.scalars(query))


def links() -> list[str]:
    """From five stars to one."""
    return [found.partition("/rate/")[2] for found in re.findall(r"http\S+", asked()[0])]


def rating(public_id: str) -> tuple[int, str] | None:
    with transaction() as session:
        found = satisfaction.rating_of(session, queries.find_ticket(session, public_id).id)
    return (found.rating, found.comment) if found else None


def test_a_customer_is_asked_once_in_their_language(page: TestClient) -> None:
    resolved()
    tasks.ask_satisfaction()
    tasks.ask_satisfaction()
    [mail] = asked()
    assert mail.startswith("Ihr Anliegen ist erledigt.")
    assert len(links()) == 5


def test_who_was_asked_lately_or_has_several_tickets_is_asked_once(page: TestClient) -> None:
    resolved()
    resolved()
    tasks.ask_satisfaction()
    resolved()
    tasks.ask_satisfaction()
    assert len(asked()) == 1


@pytest.mark.parametrize(("hours_ago", "message"), [(0.5, {}), (24 * 30, {}), (2, {"channel": Channel.API})])
def test_who_is_not_to_be_asked_is_not(
    page: TestClient, hours_ago: float, message: dict[str, object]
) -> None:
    resolved(hours_ago=hours_ago, **message)
    tasks.ask_satisfaction()
    assert asked() == []


def test_the_setting_switches_it_off(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved()
    monkeypatch.setenv("DESKFLEET_TICKETS_SURVEY_AFTER_S", "0")
    settings.cache_clear()
    tasks.ask_satisfaction()
    assert asked() == []


def test_opening_the_link_changes_nothing_and_its_script_sends_what_was_clicked(page: TestClient) -> None:
    public_id = resolved()
    tasks.ask_satisfaction()
    two_stars = links()[3]
    shown = page.get(f"/rate/{two_stars}")
    assert shown.status_code == 200
    assert 'name="rating" value="2"' in shown.text
    assert "Ja, 2 von 5" in shown.text
    assert "/rate/static/rating.js" in shown.text
    assert rating(public_id) is None
    assert "requestSubmit" in page.get("/rate/static/rating.js").text


def test_one_click_rates_a_word_can_be_added_and_the_last_counts(page: TestClient) -> None:
    public_id = resolved()
    tasks.ask_satisfaction()
    token = links()[0].partition("?")[0]
    thanks = page.post(f"/rate/{token}", data={"rating": 5})
    assert "Danke: 5 von 5." in thanks.text
    assert rating(public_id) == (5, "")
    assert "Danke, das hilft uns." in page.post(f"/rate/{token}", data={"rating": 1, "comment": "<b>No"}).text
    assert rating(public_id) == (1, "<b>No")


@pytest.mark.parametrize("given", ["0", "6", "-1", "x", ""])
def test_a_rating_that_is_none_is_refused(page: TestClient, given: str) -> None:
    public_id = resolved()
    tasks.ask_satisfaction()
    token = links()[0].partition("?")[0]
    assert page.post(f"/rate/{token}", data={"rating": given}).status_code == 422
    assert rating(public_id) is None


def test_forged_stale_and_foreign_tokens_are_gone(page: TestClient) -> None:
    public_id = resolved()
    payload = {"ticket": public_id}
    stale = signing.sign(secret_key(), "rating", payload, valid_s=-1)
    foreign = signing.sign(secret_key(), "unsubscribe", payload, valid_s=60)
    forged = signing.sign(b"x" * 32, "rating", payload, valid_s=60)
    unknown = signing.sign(secret_key(), "rating", {"ticket": "TKT-20200101-NOTHERE0"}, valid_s=60)
    for token in (stale, foreign, forged, unknown, "x", "x.y"):
        assert page.get(f"/rate/{token}").status_code == 404
        assert page.post(f"/rate/{token}", data={"rating": 5}).status_code == 404
    assert rating(public_id) is None


def test_every_language_has_every_sentence() -> None:
    texts = surveys._texts()
    assert {frozenset(sentences) for sentences in texts.values()} == {frozenset(texts["en"])}
    assert len(texts) == 12
