"""Admins change deadlines, categories, rules, the agent and budgets while the desk works, and take changes back."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response

from accounts import audit
from accounts.permissions import Role
from agent_core import routing
from agent_core.escalation import Mode
from agent_core.triage import Triage
from deskfleet import mail_desk, rule_desk, ways
from runtime import desk_settings
from runtime.database import transaction
from runtime.desk_settings import Document
from runtime.settings import settings
from tests.console.desk import Member, console_app, escalated, member
from tests.jobs import CollectedJobs
from tickets import categories, queries, sla, staff_queues
from tickets.contracts import Priority
from tickets.staff_queues import NewQueue

TABS = ("hours", "taxonomy", "rules", "agent", "budgets", "channels", "mailboxes")
HOURS = {
    "low": "1440",
    "normal": "480",
    "high": "120",
    "critical": "30",
    "warn": "15",
    "zone": "Europe/Berlin",
    "holidays": "2026-12-25\n2026-12-26",
    "monday": "09:00-12:30, 13:30-18:00",
    "sunday": "20:00-24:00",
}


@pytest.fixture
def alice(run_jobs: CollectedJobs) -> Member:
    desk_settings.follow()
    return member(
        "Alice", role=Role.ADMIN, app=console_app(ruling=rule_desk, reaching=ways, mailing=mail_desk)
    )


def newest(document: Document) -> int:
    with transaction() as session:
        found = desk_settings.newest(session, document)
    return found.id if found else 0


def change(who: Member, tab: str, **fields: str | int) -> Response:
    return who.post(f"/console/settings/{tab}", **{"seen": newest(Document(tab)), **fields})


@pytest.mark.parametrize("tab", TABS)
def test_every_page_opens_and_names_what_holds(alice: Member, tab: str) -> None:
    page = alice.client.get(f"/console/settings/{tab}")
    assert page.status_code == 200
    assert f'href="/console/settings/{tab}" aria-current="page"' in page.text
    assert "Back to what the files" not in page.text


@pytest.mark.parametrize("tab", TABS)
def test_only_admins_see_and_change_them(alice: Member, tab: str) -> None:
    bob = member("Bob", role=Role.MANAGER)
    assert bob.client.get(f"/console/settings/{tab}").status_code == 403
    assert bob.post(f"/console/settings/{tab}", seen=0).status_code in {403, 405}
    assert bob.post(f"/console/settings/{tab}/restore", seen=0, version=0).status_code in {403, 422}
    assert "/console/settings" not in bob.client.get("/console/queue").text


def test_working_hours_hold_at_once_and_their_change_is_audited(alice: Member) -> None:
    assert change(alice, "hours", **HOURS).headers["location"] == "/console/settings/hours?done=1"
    hours = sla.hours()
    assert hours.answer_within[Priority.CRITICAL] == timedelta(minutes=30)
    assert hours.calendar is not None
    assert [len(hours.calendar.week.get(day, ())) for day in range(7)] == [2, 0, 0, 0, 0, 0, 1]
    page = alice.client.get("/console/settings/hours").text
    assert 'value="09:00-12:30, 13:30-18:00"' in page
    assert 'value="20:00-24:00"' in page
    assert "2026-12-25\n2026-12-26</textarea>" in page
    with transaction() as session:
        [entry] = audit.entries(session, target="hours")
    assert (entry.action, entry.actor) == ("desk.changed", alice.public_id)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"monday": "09:00-8:00"}, "working hours are wrong"),
        ({"monday": "18:00-09:00"}, "ends before it begins"),
        ({"monday": "09:00-12:00, 11:00-13:00"}, "overlap"),
        ({"monday": "", "sunday": ""}, "no working hours"),
        ({"zone": "Europe/Nowhere"}, "no such time zone"),
        ({"zone": "../../etc/passwd"}, "wrong"),
        ({"holidays": "Christmas"}, "working hours are wrong"),
        ({"low": "-1"}, "Minutes are a number"),
        ({"critical": "nan"}, "Minutes are a number"),
    ],
)
def test_hours_that_cannot_be_are_refused_and_nothing_typed_is_lost(
    alice: Member, wrong: dict[str, str], said: str
) -> None:
    answer = change(alice, "hours", **HOURS | wrong)
    assert answer.status_code == 422
    assert said in answer.text or "no such time zone" in answer.text
    field, typed = next(iter(wrong.items()))
    assert typed in answer.text
    assert newest(Document.HOURS) == 0, field


def test_a_desk_that_works_at_every_hour_needs_no_calendar(alice: Member) -> None:
    change(alice, "hours", **HOURS | {"always": "1"})
    assert sla.hours().calendar is None
    assert 'name="always" value="1" checked' in alice.client.get("/console/settings/hours").text


def test_who_changes_what_somebody_changed_meanwhile_is_told(alice: Member) -> None:
    change(alice, "budgets", budget_day_usd="1")
    late = alice.post("/console/settings/budgets", seen=0, budget_day_usd="7")
    assert late.status_code == 409
    assert "Somebody changed this meanwhile" in late.text
    assert settings().llm.budget_day_usd == 1


def test_a_change_is_taken_back_by_restoring_the_version_before_it(alice: Member) -> None:
    change(alice, "budgets", budget_day_usd="1", budget_month_usd="20")
    first = newest(Document.BUDGETS)
    change(alice, "budgets", budget_day_usd="2")
    page = alice.client.get("/console/settings/budgets").text
    assert page.count(">Restore<") == 1
    back = alice.post("/console/settings/budgets/restore", version=first, seen=newest(Document.BUDGETS))
    assert back.status_code == 303
    assert settings().llm.budget_day_usd == 1
    assert settings().llm.budget_month_usd == 20
    alice.post("/console/settings/budgets/restore", version=0, seen=newest(Document.BUDGETS))
    assert settings().llm.budget_day_usd == 0
    assert alice.post("/console/settings/nothing/restore", version=0, seen=0).status_code == 422


@pytest.mark.parametrize("wrong", ["-1", "many", "Infinity", "NaN", "1e9"])
def test_a_limit_is_a_sensible_number_of_dollars(alice: Member, wrong: str) -> None:
    answer = change(alice, "budgets", budget_day_usd=wrong)
    assert answer.status_code == 422
    assert f'value="{wrong}"' in answer.text


def test_a_new_category_is_offered_and_a_retired_one_is_not(alice: Member) -> None:
    new = {"title": "Gift cards", "description": "Vouchers and their codes.", "group": "billing"}
    assert change(alice, "taxonomy", name="gift_cards", is_new="1", **new).status_code == 303
    assert "gift_cards" in categories.categories()
    assert 'value="gift_cards"' in alice.client.get("/console/queue").text
    assert Triage.model_validate(_judged("gift_cards")).group == "billing"
    words = {"title": "Wishes", "description": "What customers wish for.", "group": "general", "retired": "1"}
    assert change(alice, "taxonomy", name="feature_request", **words).status_code == 303
    assert "feature_request" not in categories.categories()
    assert categories.known()["feature_request"].title == "Wishes"
    with pytest.raises(ValueError, match="not a category"):
        Triage.model_validate(_judged("feature_request"))


def _judged(category: str) -> dict[str, object]:
    return {
        "category": category, "priority": "normal", "sentiment": 0, "language": "en", "summary": "It.",
        "confidence": 1,
    }  # fmt: skip


def test_a_category_gets_a_staff_queue_of_its_own_and_gives_it_back(alice: Member) -> None:
    with transaction() as session:
        for queue in (NewQueue("Parcels", categories=["refund"]), NewQueue("Everybody")):
            staff_queues.add_queue(session, queue)
    shipping = categories.known()["shipping"]
    words = {"title": shipping.title, "description": shipping.description, "group": shipping.group}
    refused = change(alice, "taxonomy", name="shipping", queue="Pigeons", **words)
    assert refused.status_code == 422
    assert "There is no staff queue Pigeons." in refused.text
    assert change(alice, "taxonomy", name="shipping", queue="Parcels", **words).status_code == 303
    first = newest(Document.TAXONOMY)
    assert queue_of(escalated()) == "Parcels"
    page = alice.client.get("/console/settings/taxonomy").text
    assert "<option selected>Parcels</option>" in page
    assert "goes to Parcels · " in page or "goes to Parcels</span>" in page
    alice.post("/console/settings/taxonomy/restore", version=0, seen=first)
    assert queue_of(escalated(identity="bob@example.com")) == "Everybody"


def queue_of(public_id: str) -> str:
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
        return next(one.name for one in staff_queues.list_queues(session) if one.id == ticket.queue_id)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "shipping", "is_new": "1"}, "There is a category shipping already."),
        ({"name": "nothing"}, "There is no such category."),
        ({"name": "Gift Cards", "is_new": "1"}, "small letters"),
        ({"name": "gift_cards", "is_new": "1", "title": " "}, "The title has"),
        ({"name": "gift_cards", "is_new": "1", "group": "secret"}, "A group is"),
        ({"name": "general_inquiry", "retired": "1"}, "cannot be retired"),
    ],
)
def test_a_category_that_cannot_be_is_refused(alice: Member, fields: dict[str, str], said: str) -> None:
    whole = {"title": "Title <b>", "description": "Words.", "group": "general"}
    answer = change(alice, "taxonomy", **whole | fields)
    assert answer.status_code in {409, 422}
    assert said in answer.text
    assert "<b>" not in answer.text
    assert newest(Document.TAXONOMY) == 0


def test_rules_are_listed_edited_and_explained_on_a_ticket(alice: Member) -> None:
    ticket = escalated(text="My lawyer will write to you about the kettle.")
    page = alice.client.get(f"/console/settings/rules?ticket={ticket}").text
    assert re.search(r"Legal</th><td>yes</td>", page)
    text = (
        'off = ["legal"]\n\n[[rule]]\nname = "kettles"\nreason = "desk_rule"\nwhen = { words = ["kettle"] }\n'
    )
    assert change(alice, "rules", text=text).status_code == 303
    assert sorted(one.key for one in rule_desk.list_rules() if one.key in {"kettles", "legal"}) == [
        "kettles",
        "legal",
    ]
    page = alice.client.get(f"/console/settings/rules?ticket={ticket}").text
    assert "now <strong>" in page
    assert not re.search(r"Legal</th><td>yes</td>", page)
    assert re.search(r"Desk rule</th><td>yes</td>", page)
    assert "There is no ticket" in alice.client.get("/console/settings/rules?ticket=TKT-1").text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("off = [", "not TOML"),
        ('off = ["safety"]', "safety cannot be switched off"),
        ('order = ["nothing"]', "there is no rule"),
        ('[[rule]]\nreason = "legal"\nwhen = { tier = ["gold"], secret = 1 }', "rule 1 (line 1)"),
    ],
)
def test_rules_that_are_wrong_are_refused_with_the_place(alice: Member, text: str, said: str) -> None:
    answer = change(alice, "rules", text=text)
    assert answer.status_code == 422
    assert said in answer.text
    assert newest(Document.RULES) == 0


def test_the_agent_is_switched_off_and_a_category_gets_drafts_alone(alice: Member) -> None:
    steps = ",".join(one.name for one in rule_desk.list_flags())
    assert steps == "guard,shop,search,draft,grounding_strict"
    answer = alice.client.post(
        "/console/settings/agent",
        data={
            "csrf": alice.csrf,
            "seen": "0",
            "steps": ["search", "draft", "grounding_strict"],
            "modes": ["shipping=draft", "bug_report=auto"],
        },
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert not settings().agent.enabled
    assert routing.mode_of("shipping") is Mode.DRAFT
    assert routing.mode_of("bug_report") is Mode.AUTO
    assert [one.name for one in rule_desk.list_flags() if not one.is_on] == ["guard", "shop"]
    refused = change(alice, "agent", steps="nothing")
    assert refused.status_code == 422
    assert "There is no step" in refused.text
    assert change(alice, "agent", modes="shipping=always").status_code == 422
    assert change(alice, "agent", modes="*=off,shipping=auto").status_code == 422


def test_a_channel_is_tried_and_says_what_it_lacks(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    page = alice.client.get("/console/settings/channels").text
    assert "lacks DESKFLEET_ZENDESK" in page
    monkeypatch.setenv("DESKFLEET_PUBLIC_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    tried = alice.post("/console/settings/channels/test", channel="web_chat")
    assert tried.status_code == 200
    assert "it does not work." in tried.text
    assert alice.post("/console/settings/channels/test", channel="pigeon").status_code == 404
