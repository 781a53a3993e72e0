"""Staff correct what the AI judged, on the ticket's page, and say whether it was right."""

import re

import pytest

from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import Member, console_app, escalated, member, receive
from tests.console.test_ticket import EVIL, page_of
from tests.jobs import CollectedJobs
from tickets import queries
from tickets.contracts import Judgement, Priority

JUDGED = Judgement(
    "shipping", Priority.NORMAL, 0.0, "en", 0.62, "Asks where the parcel is.", group="general",
    intent="know where it is", reasoning="It speaks of a parcel.", raw_confidence=0.8, urgency=("urgent",),
    model="anthropic:m", processing_ms=812,
)  # fmt: skip


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> Member:
    return member()


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def chosen(page: str, name: str) -> str:
    found = re.search(rf'<select id="{name}".*?<option value="([^"]*)" selected', page, re.DOTALL)
    return found[1] if found else ""


def test_the_panel_says_all_that_the_ai_judged(carol: Member) -> None:
    page = page_of(carol, escalated(decision={"judgement": JUDGED}))
    said = words_of(page)
    for text in (
        "Category Shipping General", "Intent know where it is", "Confidence 62 %", "It speaks of a parcel.",
        "Judged by anthropic:m in 812 ms", "It claimed 80 %", "Urgent by urgent",
    ):  # fmt: skip
        assert text in said
    assert (chosen(page, "category"), chosen(page, "priority")) == ("shipping", "normal")
    assert chosen(page, "mood") == "neutral"


def test_a_correction_is_made_and_told_and_can_be_undone(carol: Member) -> None:
    public_id = escalated(decision={"judgement": JUDGED})
    path = f"/console/tickets/{public_id}"
    response = carol.post(f"{path}/judgement", category="billing_inquiry", priority="high", mood="neutral")
    assert response.headers["location"] == f"{path}?done=corrected"
    page = carol.client.get(response.headers["location"]).text
    said = words_of(page)
    assert "Corrected. The AI learns from it tonight." in said
    assert "Carol corrected the AI: category Shipping to Billing inquiry, priority Normal to High" in said
    assert "The AI said Shipping." in said
    assert chosen(page, "category") == "billing_inquiry"
    carol.post(f"{path}/judgement", category="shipping", priority="normal", mood="neutral")
    assert "The AI said" not in words_of(page_of(carol, public_id))


def test_a_verdict_is_one_click_with_or_without_a_reason(carol: Member) -> None:
    public_id = escalated()
    path = f"/console/tickets/{public_id}"
    assert carol.post(f"{path}/verdict", verdict="wrong", why=EVIL).status_code == 303
    page = page_of(carol, public_id)
    assert "Carol said it was wrong." in words_of(page)
    assert "Carol called the AI’s answer wrong" in words_of(page)
    assert "<script>alert" not in page
    assert re.search(r'value="wrong" aria-pressed="true"', page)
    carol.post(f"{path}/verdict", verdict="right")
    assert re.search(r'value="right" aria-pressed="true"', page_of(carol, public_id))


@pytest.mark.parametrize(
    ("form", "fields", "said"),
    [
        ("judgement", {"category": "poetry"}, "There is no category"),
        ("judgement", {"priority": "enormous"}, "Choose one of low, normal, high, critical."),
        ("judgement", {"mood": "blue"}, "Choose one of positive, neutral, negative."),
        ("verdict", {}, "Say whether it was right or wrong."),
        ("verdict", {"verdict": "perhaps"}, "Choose one of right, wrong."),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    carol: Member, form: str, fields: dict[str, str], said: str
) -> None:
    public_id = escalated()
    response = carol.post(f"/console/tickets/{public_id}/{form}", **fields)
    assert response.status_code == 422
    assert said in response.text


def test_a_ticket_that_the_ai_has_not_judged_can_be_judged_by_staff(carol: Member) -> None:
    public_id = receive()
    page = page_of(carol, public_id)
    assert chosen(page, "category") == ""
    assert "Was the AI right?" not in page
    carol.post(f"/console/tickets/{public_id}/judgement", category="bug_report", mood="")
    with transaction() as session:
        assert queries.find_ticket(session, public_id).category == "bug_report"


def test_who_may_only_read_sees_the_judgement_without_the_forms(carol: Member) -> None:
    public_id = escalated(decision={"judgement": JUDGED})
    reader = member("Bob", role=Role.READONLY, app=console_app())
    page = page_of(reader, public_id)
    assert "Intent know where it is" in words_of(page)
    assert f"{public_id}/judgement" not in page
    assert reader.post(f"/console/tickets/{public_id}/judgement", category="bug_report").status_code == 403
    assert reader.post(f"/console/tickets/{public_id}/verdict", verdict="right").status_code == 403
