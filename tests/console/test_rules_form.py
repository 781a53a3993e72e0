"""The rules of escalation as a form: switched, with thresholds and words, and the same document as the text."""

import pytest
from httpx2 import Response

from accounts.permissions import Role
from agent_core import rule_file
from agent_core.facts import rule_book
from deskfleet import rule_desk
from runtime import desk_settings
from runtime.database import transaction
from runtime.desk_settings import Document
from tests.console.desk import Member, console_app, member
from tests.jobs import CollectedJobs

PAGE = "/console/settings/rules"
SWITCHABLE = ("legal", "asks_for_person", "high_stakes_action", "vip", "negative_sentiment", "too_many_turns",
              "reply_cap", "repeated_question", "tool_failure", "low_confidence")  # fmt: skip
CHARGEBACK = {
    "rule_name": ["chargeback", ""],
    "rule_reason": ["desk_rule", "desk_rule"],
    "rule_words": ["chargeback,\nRückbuchung", ""],
    "rule_category": ["billing_inquiry", ""],
    "rule_language": ["", ""],
    "rule_channel": ["", ""],
    "rule_tier": ["standard, vip", ""],
    "rule_priority": ["", ""],
    "rule_on": ["0", "1"],
}


@pytest.fixture
def alice(run_jobs: CollectedJobs) -> Member:
    desk_settings.follow()
    return member("Alice", role=Role.ADMIN, app=console_app(ruling=rule_desk))


def newest() -> int:
    with transaction() as session:
        found = desk_settings.newest(session, Document.RULES)
    return found.id if found else 0


def fill_in(who: Member, **fields: str | list[str] | tuple[str, ...]) -> Response:
    data = {"csrf": who.csrf, "seen": str(newest()), "on": SWITCHABLE, **fields}
    return who.client.post(f"{PAGE}/form", data=data, follow_redirects=False)


def test_the_form_makes_the_text_that_says_the_same(alice: Member) -> None:
    on = tuple(one for one in SWITCHABLE if one != "repeated_question")
    answer = fill_in(
        alice, **CHARGEBACK, on=on, min_confidence="0.8", max_turns="6", vip_to_staff="true",
        category_confidence="billing_inquiry = 0.9",
    )  # fmt: skip
    assert answer.headers["location"] == f"{PAGE}?done=1"
    listed = rule_file.parse(rule_desk.rules_text())
    assert listed.off == ("repeated_question",)
    assert listed.thresholds.min_confidence == 0.8
    assert listed.thresholds.category_confidence == {"billing_inquiry": 0.9}
    [rule] = listed.rule
    assert (rule.name, rule.when.words, rule.when.tier) == (
        "chargeback", ("chargeback", "Rückbuchung"), ("standard", "vip"),
    )  # fmt: skip
    book = rule_book()
    assert (book.thresholds.max_turns, book.thresholds.vip_to_staff) == (6, True)
    assert "repeated_question" not in {one.key for one in book.rules}
    page = alice.client.get(PAGE).text
    assert 'name="on" value="repeated_question">' in page
    assert 'name="min_confidence" value="0.8"' in page
    assert "chargeback, Rückbuchung</textarea>" in page


def test_what_the_text_says_stands_in_the_form_and_is_kept_by_it(alice: Member) -> None:
    text = (
        'order = ["kettles", "vip"]\noff = ["kettles"]\n[thresholds]\nmax_negative = -0.9\n'
        '[[rule]]\nname = "kettles"\nreason = "legal"\n'
        'when = { words = ["tea \\"kettle\\""], channel = ["mail"], priority = ["high", "critical"] }\n'
    )
    assert alice.post(PAGE, seen=0, text=text).status_code == 303
    form = rule_desk.rules_form()
    assert rule_file.parse(rule_desk.text_of_form(form)) == rule_file.parse(text)
    page = alice.client.get(PAGE).text
    assert "tea &#34;kettle&#34;</textarea>" in page
    assert 'name="rule_channel" value="mail"' in page
    assert 'name="rule_on" value="0">' in page


def test_a_form_that_changes_nothing_says_nothing(alice: Member) -> None:
    assert fill_in(alice).status_code == 303
    assert rule_desk.rules_text() == ""


def test_a_rule_is_removed_and_taken_back_by_the_version_before(alice: Member) -> None:
    fill_in(alice, **CHARGEBACK)
    first = newest()
    fill_in(alice, **CHARGEBACK, rule_removed=["0"])
    assert rule_file.parse(rule_desk.rules_text()).rule == ()
    alice.post(f"{PAGE}/restore", version=first, seen=newest())
    assert rule_file.parse(rule_desk.rules_text()).rule[0].name == "chargeback"


@pytest.mark.parametrize(
    ("fields", "said", "marked"),
    [
        ({"min_confidence": "1.5"}, "Least confidence: Input should be less than", "min_confidence"),
        (
            {"max_turns": "many"},
            "Most customer messages: Input should be a valid integer",
            "max_turns",
        ),
        (
            {"category_confidence": "nothing = 0.5"},
            "nothing: there is no such category",
            "category_confidence",
        ),
        ({"category_confidence": "billing"}, "a line is category = number", "category_confidence"),
        (
            {"rule_category": ["pigeons", ""]},
            "Rule chargeback, categories: there is no category",
            "rule_category",
        ),
        ({"rule_channel": ["pigeon", ""]}, "Rule chargeback, channels: Input should be", "rule_channel"),
        ({"rule_name": ["Charge Back", ""]}, "Rule Charge Back, name: String should match", "rule_name"),
        ({"rule_name": ["legal", ""]}, "legal is the name of another rule", "rule_name"),
        ({"rule_reason": ["not_proven", ""]}, "Rule chargeback, reason: use one of", "rule_reason"),
        (
            {"rule_words": ["", ""], "rule_category": ["", ""], "rule_tier": ["", ""]},
            "name at least one condition",
            "",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_field_and_nothing_typed_is_lost(
    alice: Member, fields: dict[str, str | list[str]], said: str, marked: str
) -> None:
    answer = fill_in(alice, **(CHARGEBACK | fields))
    assert answer.status_code == 422
    assert said in answer.text.replace("&#39;", "'")
    assert answer.text.count("aria-invalid") == bool(marked)
    if marked:
        before = answer.text[: answer.text.index("aria-invalid")]
        assert f'name="{marked}"' in before[before.rindex("<") :]
    typed = next(iter(fields.values()))
    assert (typed if isinstance(typed, str) else typed[0]) in answer.text
    assert newest() == 0


def test_a_form_that_is_not_whole_and_one_of_a_manager_are_refused(alice: Member) -> None:
    assert fill_in(alice, **(CHARGEBACK | {"rule_words": ["one"]})).status_code == 422
    assert fill_in(member("Bob", role=Role.MANAGER, app=console_app(ruling=rule_desk))).status_code == 403
    assert newest() == 0
