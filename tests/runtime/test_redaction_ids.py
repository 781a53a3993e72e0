"""National identity numbers."""

import pytest

from runtime.redaction import redact


@pytest.mark.parametrize(
    "text",
    [
        "RSSMRA85T10A562S",
        "12345678Z",
        "X-1234567-L",
        "11010519491231002X",
        "111.444.777-35",
        "756.9217.0769.85",
        "131052-308T",
        "AB 12 34 56 C",
    ],
)
def test_numbers_with_a_form_of_their_own_are_found_anywhere(text: str) -> None:
    assert redact(f"See {text} please") == "See [NATIONAL_ID] please"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("PESEL", "44051401458"),
        ("BSN:", "111222333"),
        ("TC kimlik no", "10000000146"),
        ("Steuer-ID", "36574261809"),
        ("my national insurance number is", "AB123456C"),
        ("身份证号", "11010519491231002X"),
        ("my passport number is", "C01X00T47"),
        ("Reisepass", "AB1234567"),
    ],
)
def test_others_are_found_beside_the_word_that_names_them(name: str, number: str) -> None:
    assert redact(f"{name} {number}") == f"{name} [NATIONAL_ID]"
    if number.isdecimal():
        assert redact(f"Order {number}") == f"Order {number}"


@pytest.mark.parametrize("text", ["PESEL 44051401459", "12345678A", "111.444.777-36", "RSSMRA85T10A562T"])
def test_a_wrong_check_digit_makes_it_another_number(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text", ["078-05-1120", "my SSN is 078 05 1120", "social security 078051120", "ITIN: 912-70-1234"]
)
def test_social_security_numbers_are_found(text: str) -> None:
    assert "[US_SSN]" in redact(text)


@pytest.mark.parametrize(
    "text", ["000-12-3456", "666-12-3456", "123-00-4567", "1-078-05-1120", "078 05 1120", "078-05-1120-3"]
)
def test_what_was_never_given_out_is_none(text: str) -> None:
    assert "[US_SSN]" not in redact(text)
