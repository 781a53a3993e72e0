"""What a text counts, in figures and in words."""

import pytest

from agent_core.quantity_reading import quantities_of


def kinds(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(one.kind, one.shown) for one in quantities_of(text, language) if not one.soft]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("It costs €4.95 until 8 June in our shops.", "en", [("EUR", "4.95"), ("date", "8 June")]),
        ("Rufen Sie bis 8:30 Uhr an.", "de", [("time", "8:30 Uhr")]),
        ("Write to care@example.com.", "en", [("mail", "care@example.com")]),
        ("运费8元。", "zh", [("CNY", "8")]),
        ("The NX-200 has a fan.", "en", [("code", "NX-200")]),
        ("Call +44 20 7946 0011.", "en", [("phone", "+44 20 7946 0011")]),
    ],
)
def test_amounts_dates_times_addresses_codes_and_numbers_are_told_apart(
    text: str, language: str, found: list[tuple[str, str]]
) -> None:
    assert kinds(text, language) == found


def test_the_first_number_of_a_range_counts_what_the_second_does() -> None:
    assert [one.kind for one in quantities_of("3 to 5 business days", "en")] == ["workday", "workday"]
