"""Payment cards and bank accounts."""

import pytest

from runtime.redaction_cards import cards, ibans


def _cards(text: str) -> list[str]:
    return [text[one.start : one.end] for one in cards(text)]


def _ibans(text: str) -> list[str]:
    return [text[one.start : one.end] for one in ibans(text)]


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "4111 1111 1111 1111",
        "4111.1111.1111.1111",
        "41111111 11111111",
        "3782 822463 10005",
        "378282246310005",
        "3056 930902 5904",
        "6011111111111117",
        "3530111333300000",
        "5555555555554444",
        "2223003122003222",
        "6304000000000000",
        "501800000009",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_what_an_issuer_could_have_given_out_is_found(number: str) -> None:
    assert _cards(f"My card ({number}) is lost") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # The check digit is wrong.
        "1234567812345670",  # No issuer's prefix.
        "356938035643809",  # A telephone's own number.
        "A-4111111111111111",
        "41111111111111111111111",
        "x4111111111111111",
        "0034 0434 1234 5678 9012",
        "8901 4111 1111 1111 1111",  # A piece of a longer row of fours.
    ],
)
def test_other_numbers_are_no_cards(text: str) -> None:
    assert _cards(text) == []


def test_what_follows_a_card_is_not_a_part_of_it() -> None:
    assert _cards("4111 1111 1111 1111 12/27 123") == ["4111 1111 1111 1111"]
    assert _cards("4111 1111 1111 1111 1227 123") == ["4111 1111 1111 1111"]


def test_two_cards_in_a_row_are_two() -> None:
    assert len(_cards("4111 1111 1111 1111 4012 8888 8888 1881")) == 2


def test_japanese_needs_no_space_around_a_number() -> None:
    assert _cards("カード番号は4111111111111111です") == ["4111111111111111"]


def test_a_barcode_is_a_card_beside_that_word_alone() -> None:
    both = "4006381000093"  # Its last digit suits an article's number and a card's.
    assert _cards(f"article {both}") == []
    assert _cards(f"my old card {both}") == [both]
    assert _cards("pay with 4222222222222") == ["4222222222222"]


@pytest.mark.parametrize(
    "account",
    [
        "DE89 3704 0044 0532 0130 00",
        "de89370400440532013000",
        "GB29NWBK60161331926819",
        "NO93 8601 1117 947",
        "FR14 2004 1010 0505 0001 3M02 606",
        "MT84MALT011000012345MTLCAST001S",
    ],
)
def test_accounts_of_many_countries_are_found_whole(account: str) -> None:
    assert _ibans(f"Pay to {account} und danke") == [account]


@pytest.mark.parametrize(
    "text",
    ["DE88 3704 0044 0532 0130 00", "DE89 3704 0044", "ZZ89370400440532013000", "XDE89370400440532013000"],
)
def test_a_wrong_account_is_none(text: str) -> None:
    assert _ibans(text) == []
