"""Telephone numbers."""

import pytest

from runtime.redaction_phones import phones


def _found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in phones(text)]


@pytest.mark.parametrize(
    "number",
    [
        "+49 30 901820",
        "+1 (415) 555-2671",
        "＋44 20 7946 0958",
        "+41 (0)71 526 99 04",
        "+1-604-555-0172x565",
        "0049 30 901 820",
        "(415) 555-2671",
        "415-555-2671",
        "01 99 00 17 61",
        "01.99.00.17.61",
        "0171 5550123",
        "030/5550123",
        "090-1234-5678",
    ],
)
def test_a_number_with_a_form_of_its_own_is_found_anywhere(number: str) -> None:
    assert _found(f"It is {number}, thanks") == [number]


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("Please call me on", "94727916"),
        ("Can someone call me at", "555 0100"),
        ("Tel.", "55501234"),
        ("my registered", "512 555 010"),
        ("llámame al", "612 345 678"),
        ("Telefonnummer:", "5550 1234"),
        ("mon portable :", "6 12 34 56 78"),
        ("numer telefonu", "512 345 678"),
        ("cep telefonum", "532 123 45 67"),
        ("اتصل بي على", "551234567"),
        ("手机", "13812345678"),
        ("Phone:\n", "21 284 698 2548"),
    ],
)
def test_any_other_is_found_where_it_is_said_to_be_one(said: str, number: str) -> None:
    assert _found(f"{said} {number} please") == [number]


def test_a_label_may_follow() -> None:
    assert _found("555 437 108 office\n555 437 109 fax") == ["555 437 108", "555 437 109"]


@pytest.mark.parametrize(
    "text",
    [
        "call me about order 94727916",
        "Order number 415-555-2671",
        "call me on 2026-11-21",
        "call me between 14 and 16",
        "I called. 94727916 is what I paid for",
        "phone costs 1299 50 00 EUR",
        "+100 points",
        "2024 2025",
        "A1234567",
        "3.1415926535",
        "telephone 12 345 678 901 234 567",
    ],
)
def test_other_numbers_are_no_telephones(text: str) -> None:
    assert _found(text) == []
