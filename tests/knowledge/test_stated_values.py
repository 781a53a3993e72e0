"""Numbers, dates and amounts told apart."""

import pytest

from knowledge.stated_values import changes, differing, values_of


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Returns are free for 30 days.", [("30", "day")]),
        ("It costs €1,299.00 or 10 % less.", [("1299", "EUR"), ("10", "%")]),
        ("Bis zum 3. Mai 2026 gilt der Preis von 49,90 €.", [("2026-05-03", "date"), ("49.90", "EUR")]),
        ("1. Open it\n2. Wait 5 minutes", [("5", "min")]),
        ("Nothing is stated here.", []),
    ],
)
def test_what_a_text_states(text: str, stated: list[tuple[str, str]]) -> None:
    assert [(one.number, one.unit) for one in values_of(text)] == stated


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("You have 30 days.", "You have 14 days.", ("30 days", "14 days")),
        ("You have 30 days.", "There are 30 days to return it.", None),
        ("It takes 2 days.", "It costs 5 EUR.", None),
        ("The price is 1.299,00 EUR", "The price is €1,299.00", None),
        ("Call before 5 pm.", "Call us.", None),
    ],
)
def test_the_first_value_that_differs(first: str, second: str, found: tuple[str, str] | None) -> None:
    assert differing(first, second) == found


def test_what_an_edit_changes_is_named_with_what_stands_there_now() -> None:
    old = "# Returns\n\nYou have 30 days to send it back. The label costs 4.90 EUR.\n\n- Shoes: 30 days"
    new = "# Returns\n\nYou have 14 days to send it back. The label costs 4.90 EUR.\n\n- Shoes: 30 days"
    (changed,) = changes(old, new)
    assert (changed.old.text, changed.new) == ("30 days", "14 days")
    assert changed.statement == "You have 30 days to send it back."


def test_a_value_that_is_gone_has_nothing_in_its_place() -> None:
    (changed,) = changes("The label costs 4.90 EUR. We are open.", "We are open.")
    assert (changed.old.number, changed.new) == ("4.90", "")


def test_other_words_around_the_same_value_are_no_change() -> None:
    assert changes("You have 30 days to return it.", "Within 30 days you may return it.") == []
