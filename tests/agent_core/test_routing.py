"""Modes, thresholds of categories and steps, as the settings have them."""

from collections.abc import Callable

import pytest

from agent_core import routing
from agent_core.escalation import Mode
from agent_core.routing import Step
from runtime.errors import SettingError
from runtime.settings import settings

Set = Callable[..., None]


@pytest.fixture
def set_(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Settings of the agent by their names without the prefix."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"DESKFLEET_AGENT_{name.upper()}", value)
        settings.cache_clear()

    settings.cache_clear()
    return change


def test_when_nothing_is_said_everything_is_automatic(set_: Set) -> None:
    assert {routing.mode_of(name) for name in routing.category_names()} == {Mode.AUTO}
    assert all(routing.is_on(step) for step in Step)
    assert routing.category_confidence() == {}


def test_each_category_has_its_mode_and_a_star_names_the_others(set_: Set) -> None:
    set_(modes=" billing_inquiry=draft, bug_report=off,*=auto ")
    assert routing.mode_of("billing_inquiry") is Mode.DRAFT
    assert routing.mode_of("bug_report") is Mode.OFF
    assert routing.mode_of("shipping") is Mode.AUTO
    set_(modes="*=draft,shipping=auto")
    assert (routing.mode_of("bug_report"), routing.mode_of("shipping")) == (Mode.DRAFT, Mode.AUTO)


def test_a_category_has_its_own_threshold(set_: Set) -> None:
    set_(category_confidence="billing_inquiry=0.9")
    assert routing.category_confidence() == {"billing_inquiry": 0.9}


def test_without_strict_grounding_nothing_is_sent_without_staff(set_: Set) -> None:
    set_(steps="guard,shop,search,draft", modes="bug_report=off")
    assert routing.mode_of("shipping") is Mode.DRAFT
    assert routing.mode_of("bug_report") is Mode.OFF


def test_without_drafting_staff_get_everything(set_: Set) -> None:
    set_(steps="guard,shop,search,grounding_strict")
    assert routing.mode_of("shipping") is Mode.OFF


def test_a_record_says_the_mode_and_what_is_switched_off(set_: Set) -> None:
    assert routing.told("shipping") == "mode: auto; steps off: none"
    set_(steps="draft,search", modes="shipping=draft")
    assert routing.told("shipping") == "mode: draft; steps off: guard, shop, grounding_strict"


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("modes", "billing=draft", "there is no category 'billing'; use one of account_management, "),
        ("modes", "shipping=maybe", "shipping cannot be 'maybe'; use off, draft, auto"),
        ("modes", "shipping", "'shipping' is not category=value"),
        ("modes", "shipping=off,shipping=auto", "shipping is named twice"),
        ("category_confidence", "shipping=2", "shipping needs a number from 0 to 1, not '2'"),
        ("category_confidence", "shipping=nan", "shipping needs a number from 0 to 1, not 'nan'"),
        ("category_confidence", "*=0.5", "the threshold of all categories is DESKFLEET_AGENT_MIN_CONFIDENCE"),
        ("steps", "guard,grounding", "there is no step 'grounding'; use guard, shop, "),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(set_: Set, name: str, value: str, what: str) -> None:
    set_(**{name: value})
    with pytest.raises(SettingError) as caught:
        routing.check()
    assert caught.value.detail.startswith(f"The setting DESKFLEET_AGENT_{name.upper()} is wrong: {what}"), (
        caught.value.detail
    )
    assert caught.value.detail.count("\n") == 0
