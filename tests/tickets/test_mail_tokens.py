"""Signed names of tickets in addresses and subjects."""

import pytest

from tickets.mail_tokens import subject_token, ticket_of, token_of, without_token

TICKET = "TKT-20261121-7Q4K2M9X"


def test_a_token_names_its_ticket_whatever_its_case() -> None:
    token = token_of(TICKET)
    assert len(f"support+{token}") <= 64  # What the part before the at sign may have (RFC 5321).
    assert ticket_of(token) == ticket_of(token.upper()) == TICKET
    assert ticket_of(f"Re: Parcel {subject_token(TICKET)} again") == TICKET


@pytest.mark.parametrize("place", [3, 12, -1])
def test_a_changed_token_names_nothing(place: int) -> None:
    token = list(token_of(TICKET))
    token[place] = "3" if token[place] != "3" else "4"
    assert ticket_of("".join(token)) is None


@pytest.mark.parametrize("text", ["", "TKT-20261121-7Q4K2M9X", "t-20261121-7q4k2m9x", "t-" * 5_000])
def test_a_text_without_a_token_names_nothing(text: str) -> None:
    assert ticket_of(text) is None


def test_a_forged_token_before_a_real_one_does_not_hide_it() -> None:
    forged = token_of("TKT-20261121-AAAAAAAA")[:-4] + "aaaa"
    assert ticket_of(f"{forged} {token_of(TICKET)}") == TICKET


def test_the_subject_is_what_the_customer_wrote() -> None:
    assert without_token(f"Re: Parcel {subject_token(TICKET)} late") == "Re: Parcel late"
    assert without_token("Re: [important] Parcel") == "Re: [important] Parcel"
