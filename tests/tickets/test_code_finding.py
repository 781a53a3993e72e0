"""Which numbers are codes, in twelve languages and several scripts."""

import time

import pytest

from tickets.code_finding import code_in, without_code, written


@pytest.mark.parametrize(
    "text",
    [
        "482193", "Hello\n482 193\nThanks", "My code is 482193.", "PIN: 482-193", "482193 is the code", "TAN 482193",
        "Der Bestätigungscode lautet 482193", "Mein Kennwort: 482193", "le code est 482193", "El código es 482193",
        "il codice è 482193", "o código é 482193", "de verificatiecode is 482193", "Kod: 482193", "Kodum 482193",
        "الرمز هو ٤٨٢١٩٣", "コードは４８２１９３です", "验证码是482193", "Order 100234 waits, the code is 482193",
    ],
)  # fmt: skip
def test_a_number_alone_or_beside_a_word_for_it_is_a_code(text: str) -> None:
    assert code_in(text) == "482193"


@pytest.mark.parametrize(
    "text",
    [
        "My order 100234 is affected too", "Meine Bestellung 100234 fehlt", "There is no code. Order 100234 is late.",
        "The code for my order 100234 does not come", "code 12345", "code 1234567", "code A-482193", "#482193", "",
    ],
)  # fmt: skip
def test_any_other_number_is_none(text: str) -> None:
    assert code_in(text) is None


def test_every_place_of_the_code_is_replaced_and_no_other_number() -> None:
    text = "Code ４８２１９３, again 482 193, order 100234"
    assert written(text, "482193") == "４８２１９３"
    assert without_code(text, "482193", "[X]") == "Code [X], again [X], order 100234"


def test_hostile_text_takes_no_time() -> None:
    started = time.perf_counter()
    for text in ("code " * 2_000, "482193 " * 2_000, "1" * 20_000, "code" + " " * 20_000):
        code_in(text)
        without_code(text, "482193", "[X]")
    assert time.perf_counter() - started < 2
