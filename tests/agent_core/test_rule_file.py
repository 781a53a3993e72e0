"""A desk's rules file: what it changes, and what is said when it is wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent_core.escalation import RULES, DraftFacts, Facts, Thresholds, explain, reason_to_escalate
from agent_core.rule_file import rule_book
from runtime.errors import SettingError
from tickets.contracts import Reason

USUAL = Thresholds(min_confidence=0.75, min_support=0.75, max_turns=8, max_negative=-0.6, vip_to_staff=True)
QUIET = Facts(
    agent_enabled=True,
    customer_tier="standard",
    customer_turns=1,
    sentiment=0.0,
    asks_for_person=None,
    legal_words=None,
    safety_words=None,
    high_stakes_words=None,
    repeated=False,
    draft=DraftFacts(empty=False, support=1.0, confidence=0.9, sources=1),
    category="billing_inquiry",
    language="de",
    channel="mail",
    priority="high",
    said="Wegen meiner Rechnung drohe ich mit einer Rückbuchung",
)


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_built_in_rules_stand_in_their_order() -> None:
    book = rule_book(None, USUAL)
    assert (book.rules, book.thresholds) == (RULES, USUAL)
    assert [rule.needs_draft for rule in RULES] == sorted(rule.needs_draft for rule in RULES)


def test_the_rules_that_are_named_come_first_and_the_others_keep_their_places(tmp_path: Path) -> None:
    book = rule_book(written(tmp_path, 'order = ["vip", "legal"]'), USUAL)
    keys = [rule.key for rule in book.rules]
    assert keys[:4] == ["vip", "legal", "agent_off", "safety"]
    assert sorted(keys) == sorted(rule.key for rule in RULES)
    both = replace(QUIET, customer_tier="vip", legal_words="lawyer")
    assert reason_to_escalate(both, book) is Reason.VIP
    assert reason_to_escalate(both, rule_book(None, USUAL)) is Reason.LEGAL


def test_a_rule_of_the_draft_never_comes_before_one_that_needs_none(tmp_path: Path) -> None:
    book = rule_book(written(tmp_path, 'order = ["low_confidence", "unsupported_answer"]'), USUAL)
    assert [rule.key for rule in book.rules if rule.needs_draft][:2] == [
        "low_confidence",
        "unsupported_answer",
    ]
    assert [rule.needs_draft for rule in book.rules] == sorted(rule.needs_draft for rule in book.rules)


def test_a_rule_can_be_switched_off(tmp_path: Path) -> None:
    book = rule_book(written(tmp_path, 'off = ["vip"]'), USUAL)
    assert reason_to_escalate(replace(QUIET, customer_tier="vip"), book) is None


def test_the_files_thresholds_come_before_those_of_the_settings(tmp_path: Path) -> None:
    text = "[thresholds]\nmax_turns = 3\n[thresholds.category_confidence]\nbilling_inquiry = 0.95\n"
    book = rule_book(written(tmp_path, text), USUAL)
    assert book.thresholds == replace(USUAL, max_turns=3, category_confidence={"billing_inquiry": 0.95})
    assert reason_to_escalate(QUIET, book) is Reason.LOW_CONFIDENCE


RULE = """
[[rule]]
name = "chargeback"
reason = "desk_rule"
[rule.when]
tier = ["standard", "Gold"]
category = ["billing_inquiry"]
language = ["de", "en"]
channel = ["mail"]
priority = ["high", "critical"]
words = ["chargeback", "rückbuchung"]
"""


@pytest.mark.parametrize(
    ("change", "applies"),
    [
        ({}, True),
        ({"customer_tier": "gold"}, True),
        ({"customer_tier": "free"}, False),
        ({"category": "shipping"}, False),
        ({"language": "fr"}, False),
        ({"channel": "api"}, False),
        ({"priority": "low"}, False),
        ({"said": "Die Rückbuchungsfrist"}, False),
        ({"said": "RÜCKBUCHUNG!"}, True),
    ],
)
def test_all_conditions_of_a_desks_rule_must_hold(
    tmp_path: Path, change: dict[str, str], applies: bool
) -> None:
    book = rule_book(written(tmp_path, RULE), USUAL)
    reason = reason_to_escalate(replace(QUIET, **change), book)  # type: ignore[arg-type]  # all are texts
    assert reason is (Reason.DESK_RULE if applies else None)


def test_a_desks_rule_says_what_it_looks_for_and_what_it_saw(tmp_path: Path) -> None:
    book = rule_book(written(tmp_path, RULE), USUAL)
    [rule] = [rule for rule in book.rules if rule.key == "chargeback"]
    assert rule.source == "rules file"
    assert "words: chargeback, rückbuchung" in rule.condition(USUAL)
    [said] = [verdict.because for verdict in explain(QUIET, book) if verdict.reason is Reason.DESK_RULE]
    assert "tier: standard" in said
    assert "words: rückbuchung" in said
    assert "drohe" not in said


@pytest.mark.parametrize("said", ["返金してください", "请退款", "i want my money"])
def test_words_of_languages_without_spaces_are_found_within_a_text(tmp_path: Path, said: str) -> None:
    text = '[[rule]]\nreason = "vip"\nwhen = {words = ["返金", "退款", "my money"]}\n'
    assert reason_to_escalate(replace(QUIET, said=said), rule_book(written(tmp_path, text), USUAL)) is (
        Reason.VIP
    )


def test_a_rule_without_a_name_is_called_by_its_place_and_can_be_ordered(tmp_path: Path) -> None:
    text = 'order = ["rule_2"]\n' + '[[rule]]\nreason = "vip"\nwhen = {tier = ["gold"]}\n' * 2
    assert rule_book(written(tmp_path, text), USUAL).rules[0].key == "rule_2"


def test_a_long_text_is_searched_in_no_time(tmp_path: Path) -> None:
    listed = ", ".join(f'"{"a" * n} b"' for n in range(1, 70))
    book = rule_book(written(tmp_path, f'[[rule]]\nreason = "vip"\nwhen = {{words = [{listed}]}}\n'), USUAL)
    assert reason_to_escalate(replace(QUIET, said="a" * 200_000), book) is None
    assert reason_to_escalate(replace(QUIET, said="a " * 100_000), book) is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("order = [", "is not TOML"),
        ('\norder = ["vipp"]', "order (line 2): there is no rule 'vipp'"),
        ('order = ["vip", "vip"]', "order (line 1): vip is named twice"),
        ('off = ["safety"]', "off (line 1): safety cannot be switched off"),
        ('off = ["unsupported_answer"]', "off (line 1): unsupported_answer cannot be switched off"),
        ("colour = 1", "colour (line 1): Extra inputs are not permitted"),
        ("[thresholds]\nmin_confidence = 7", "thresholds.min_confidence (line 1): "),
        (
            "[thresholds.category_confidence]\nbilling = 0.9",
            "thresholds.category_confidence.billing (line 1): there is no such category",
        ),
        (RULE + "[[rule]]\nwhen = {tier = ['vip']}", "rule 2 (line 12), reason: Field required"),
        ('[[rule]]\nreason = "vip"\nwhen = {}', "rule 1 (line 1), when: name at least one condition"),
        ('[[rule]]\nreason = "vip"\nwhen = {tier = "vip"}', "rule 1 (line 1), when.tier: "),
        ('[[rule]]\nreason = "vip"\nwhen = {teir = ["vip"]}', "rule 1 (line 1), when.teir: "),
        (
            '[[rule]]\nreason = "vip"\nwhen = {category = ["x"]}',
            "when.category: there is no category 'x'",
        ),
        ('[[rule]]\nreason = "vip"\nwhen = {language = ["xx"]}', "when.language: there is no language 'xx'"),
        ('[[rule]]\nreason = "vip"\nwhen = {words = [" "]}', "when.words: a word is empty"),
        ('[[rule]]\nreason = "agent_off"\nwhen = {tier = ["vip"]}', "rule 1 (line 1), reason: use one of "),
        ('[[rule]]\nname="vip"\nreason = "vip"\nwhen = {tier = ["vip"]}', "vip is the name of another rule"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_or_field(tmp_path: Path, text: str, where: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(SettingError) as caught:
        rule_book(file, USUAL)
    assert caught.value.detail.startswith(f"The setting DESKFLEET_AGENT_RULES_FILE is wrong: {file}")
    assert where in caught.value.detail


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"gone\.toml cannot be read"):
        rule_book(tmp_path / "gone.toml", USUAL)


def test_the_example_of_the_document_is_a_file_that_can_be_used(tmp_path: Path) -> None:
    document = (Path(__file__).resolve().parents[2] / "docs/rules.md").read_text(encoding="utf-8")
    example = document.split("```toml\n")[1].split("```")[0]
    book = rule_book(written(tmp_path, example), USUAL)
    assert [rule.key for rule in book.rules][:2] == ["chargeback", "vip"]
    assert "repeated_question" not in {rule.key for rule in book.rules}
    assert (book.thresholds.min_confidence, book.thresholds.max_turns) == (0.8, 6)
    assert reason_to_escalate(QUIET, book) is Reason.DESK_RULE
