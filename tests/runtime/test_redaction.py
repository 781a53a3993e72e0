"""Personal data out, order numbers in."""

import time
from itertools import pairwise

import pytest

from runtime.redaction import ALL, DANGEROUS, PLACEHOLDER, Kind, find, redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Card 4111 1111 1111 1111 please", "Card [CREDIT_CARD] please"),
        ("IBAN DE89 3704 0044 0532 0130 00.", "IBAN [IBAN_CODE]."),
        ("Write to carol.smith+x@mail.example.com now", "Write to [EMAIL_ADDRESS] now"),
        ("メールはalice@example.comです", "メールは[EMAIL_ADDRESS]です"),
        ("x" * 200 + "@example.com", "[EMAIL_ADDRESS]"),
        ("Call +49 30 901820", "Call [PHONE_NUMBER]"),
        ("my password is hunter2!", "my password is [SECRET]"),
        ("key sk-abcdefghijklmnop1234", "key [SECRET]"),
        ("from 198.51.100.7 to [2001:db8::8a2e:370:7334]", "from [IP_ADDRESS] to [[IP_ADDRESS]]"),
        ("My name is Alice Smith.", "My name is [PERSON]."),
        ("I live at 12 Crown Street, London", "I live at [STREET_ADDRESS]"),
        ("SSN 078-05-1120", "SSN [US_SSN]"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Order A-10423 from 2026-11-21",
        "Order 104-2938475-1029384 is late",
        "Tracking 1234567890123456",
        "Tracking 1Z999AA10123456784",
        "Tracking 00340434123456789012",
        "0034 0434 1234 5678 9012 is my parcel",
        "JJD000390007882432145",
        "Invoice 2026-000123 over $49.90",
        "I waited 14 days and paid 1,299.00 EUR on 21.11.2026",
        "Amount: 12 345 678,90 zł",
        "It failed at 12:30:45 on 07-01-2025 1:47 p.m.",
        "Error 0x80070057, ERR-4521",
        "IMEI 356938035643809, EAN 4006381333931, ISBN 978-3-16-148410-0",
        "Please call me about order 94727916",
        "Bestellnummer 0301234567",
        "Commande n° 0612345678",
        "注文番号 09012345678",
        "Thunderbird version 140.0.1.2 (64 bit)",
        "DE00 0000 0000 0000 0000 00",
        "ticket TKT-20261121-AB12CD34 of the server 127.0.0.1",
        "my password is wrong and the token is invalid",
        "Hi there, I am happy. Thanks a lot",
        "Hello Support Team, the lamp is in the bottom corner of the box and the 2 doors",
        "",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert redact(text) == text


def test_findings_do_not_overlap_and_the_surer_kind_wins() -> None:
    found = find("password: 4111111111111111 carol@example.com +49 30 901820")
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert [one.kind for one in found] == [Kind.SECRET, Kind.EMAIL_ADDRESS, Kind.PHONE_NUMBER]


def test_only_the_kinds_that_are_asked_for_are_looked_for() -> None:
    text = "Alice <alice@example.com> pays with 4111 1111 1111 1111"
    assert redact(text, DANGEROUS) == "Alice <alice@example.com> pays with [CREDIT_CARD]"
    assert redact(text, frozenset()) == text
    assert DANGEROUS < ALL


def test_what_is_redacted_stays_as_it_is() -> None:
    once = redact("Mail alice@example.com, card 4111 1111 1111 1111, call +49 30 901820")
    assert redact(once) == once
    assert len(PLACEHOLDER.findall(once + " [CREDIT_CARD 2]")) == 4


_HOSTILE = (
    "3-", "3", "3 ", "4111 1111 1111 1111 ", "a.", "a+", "a@", "@a.", "@-.", "a@b.c ", "DE89 ", "DE00AAAA",
    "AA00 AAAA ", "DE89370400440532013000 ", "sk-", "sk", "token ", "token is ", "password:\n", "api key=ab ", "+",
    "+4", "+49 30 901820 ", "+1-", "+(((", " ", "+1 (", "1.", "1:", "::", "1::", "0171 ", "call me ", "Dr. ", "Hi A",
    "Name:\n", "A ", "A\n", "Alice Smith\n", "\n1 A", "Apt 1 ", "Apt 1\n", "5 Main Street ", "Rue de ", "1 rue de ",
    "corner of A", "Thanks,\n", "-----BEGIN PRIVATE KEY-----", "eyJaaaaaaaa.", "bearer ", "http://a:b", "bsn ",
    "bsn 123456789 ", "passport A", "Street 5\n", " ,", "my name is ", "call me 1234567 ", "A. ", "A-", "A'", "\n \n",
    "名前は", "東京都1-", "路路", "省路1", "شارع ", "pin 1", "cvv is ", " \t", "İ", "12345678Z ", "5 A St ",
)  # fmt: skip


@pytest.mark.parametrize("shape", _HOSTILE, ids=repr)
def test_a_text_made_to_be_slow_is_not(shape: str) -> None:
    text = (shape * 60_000)[:60_000]
    started = time.perf_counter()
    redact(text)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "shape", ["3 ", "+49 30 901820 ", "call me 1234567 ", "Apt 1\n", "A ", "password:\n"]
)
def test_a_million_characters_take_time_in_proportion(shape: str) -> None:
    def seconds(length: int) -> float:
        text = (shape * length)[:length]
        started = time.perf_counter()
        redact(text)
        return time.perf_counter() - started

    assert seconds(1_000_000) < 20 * max(seconds(100_000), 0.05)
