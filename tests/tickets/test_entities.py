"""What a message names."""

import re
import time

import pytest

from tickets.entities import EntityKind, OwnPattern, decimal_of, entities


def _values(text: str, kind: EntityKind) -> list[str]:
    return [one.value for one in entities(text) if one.kind == kind]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("My order A-10423 is late", "A-10423"),
        ("order #55512", "55512"),
        ("Order number: 884512", "884512"),
        ("Bestellung 4711-23", "4711-23"),
        ("commande n° FR-99812", "FR-99812"),
        ("sipariş numarası 884512", "884512"),
        ("注文番号 123456 です", "123456"),
        ("104-2938475-1029384", "104-2938475-1029384"),
    ],
)
def test_orders_are_found(text: str, value: str) -> None:
    assert _values(text, EntityKind.ORDER_ID) == [value]


@pytest.mark.parametrize(
    "text", ["TKT-20261121-AB12CD34", "order status please", "I ordered 2 lamps", "page #3"]
)
def test_other_things_are_no_orders(text: str) -> None:
    assert _values(text, EntityKind.ORDER_ID) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I paid 1.299,00 €", "1299.00 EUR"),
        ("$49.90 or more", "49.90 USD"),
        ("USD 1,299.5", "1299.5 USD"),
        ("12 345,50 zł", "12345.50 PLN"),
        ("R$ 10,00", "10.00 BRL"),
        ("250 TL", "250 TRY"),
        ("£5", "5 GBP"),
        ("1200円です", "1200 JPY"),
        ("20 euros", "20 EUR"),
    ],
)
def test_amounts_are_read_in_any_spelling(text: str, value: str) -> None:
    assert _values(text, EntityKind.AMOUNT) == [value]


def test_a_number_without_a_currency_is_no_amount() -> None:
    assert _values("12 items, 3 weeks, 1,299 people", EntityKind.AMOUNT) == []


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1.299,00", "1299.00"),
        ("1,299.00", "1299.00"),
        ("1'299", "1299"),
        ("12 345,5", "12345.5"),
        ("7", "7"),
    ],
)
def test_separators_of_thousands_are_told_from_fractions(written: str, number: str) -> None:
    assert decimal_of(written) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on 2026-11-21", "2026-11-21"),
        ("am 21.11.2026", "2026-11-21"),
        ("on 11/21/2026", "2026-11-21"),
        ("on 21 November 2026", "2026-11-21"),
        ("on Nov 21, 2026", "2026-11-21"),
        ("le 3 mars 2026", "2026-03-03"),
        ("am 3. März 2026", "2026-03-03"),
        ("el 3 de mayo de 2026", "2026-05-03"),
        ("3 maja 2026", "2026-05-03"),
        ("3 Mayıs 2026", "2026-05-03"),
        ("2026年11月21日に", "2026-11-21"),
        ("on 3/4/2026", ""),
    ],
)
def test_dates_are_read_and_ambiguous_ones_are_left_open(text: str, value: str) -> None:
    assert _values(text, EntityKind.DATE) == [value]


def test_a_date_that_is_none_is_not_found() -> None:
    assert _values("31.02.2026 and 2026-13-01", EntityKind.DATE) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it says 0x80070057", "0X80070057"),
        ("PR_CONNECT_RESET_ERROR again", "PR_CONNECT_RESET_ERROR"),
        ("ERR-4521", "ERR-4521"),
        ("HTTP 404", "HTTP 404"),
        ("550 5.7.26", "550 5.7.26"),
        ("Fehler 4521", "4521"),
        ("error code: E1234", "E1234"),
        ("エラー 1234", "1234"),
    ],
)
def test_error_codes_are_found(text: str, value: str) -> None:
    assert _values(text, EntityKind.ERROR_CODE) == [value]


def test_addresses_of_pages_end_before_the_sentence_does() -> None:
    assert _values("See https://example.com/a?b=1. Or (www.example.org)!", EntityKind.URL) == [
        "https://example.com/a?b=1",
        "www.example.org",
    ]


def test_entities_come_in_order_with_their_places_and_do_not_overlap() -> None:
    text = "Order A-10423 of 21.11.2026 over 49,90 € failed with ERR-4521: https://example.com/A-10423"
    found = entities(text)
    assert [one.kind for one in found] == ["order_id", "date", "amount", "error_code", "url"]
    assert all(text[one.start : one.end] == one.text for one in found)


def test_a_desk_has_patterns_of_its_own() -> None:
    own = (
        OwnPattern("serial", re.compile(r"\bSN(?P<value>\d{6})\b")),
        OwnPattern("order_id", re.compile(r"\bPO/\d{4}\b")),
    )
    found = [(one.kind, one.value) for one in entities("SN123456 for PO/2026", own)]
    assert found == [("serial", "123456"), ("order_id", "PO/2026")]


@pytest.mark.parametrize(
    "shape", ["1.", "$", "$1", "A_", "1 ", "https://", "order 1-", "21 may ", "1 234 ", "A_ERR_"]
)
def test_a_text_made_to_be_slow_is_not(shape: str) -> None:
    started = time.perf_counter()
    found = entities((shape * 1_000_000)[:1_000_000])
    assert time.perf_counter() - started < 10
    assert len(found) <= 100
