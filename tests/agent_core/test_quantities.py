"""When two quantities say the same."""

import pytest

from agent_core.quantities import Quantity
from agent_core.quantity_reading import quantities_of


def read(text: str, language: str = "en") -> Quantity:
    (found,) = (one for one in quantities_of(text, language) if not one.soft)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [("30 days", "thirty days"), ("2 weeks", "14 days"), ("$12.50", "12.50 USD"), ("5 p.m.", "17:00")],
)
def test_the_same_in_another_form_agrees(one: str, other: str) -> None:
    assert read(one).agrees(read(other))


@pytest.mark.parametrize(("one", "other"), [("30 days", "30 GB"), ("$5", "€5"), ("5 March", "5 May")])
def test_another_unit_currency_or_month_does_not_agree(one: str, other: str) -> None:
    assert not read(one).agrees(read(other))


def test_another_value_of_the_same_kind_is_a_rival() -> None:
    assert read("2 weeks").rivals(read("3 days"))
    assert not read("2 weeks").rivals(read("$14"))
