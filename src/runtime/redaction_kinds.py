"""The kinds of personal data and what a finding is; the bounds that every finder's patterns share."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SECRET = "SECRET"  # noqa: S105  # the kind's name
    EMAIL_ADDRESS = "EMAIL_ADDRESS"
    IBAN_CODE = "IBAN_CODE"
    CREDIT_CARD = "CREDIT_CARD"
    IP_ADDRESS = "IP_ADDRESS"
    US_SSN = "US_SSN"
    NATIONAL_ID = "NATIONAL_ID"
    PHONE_NUMBER = "PHONE_NUMBER"
    STREET_ADDRESS = "STREET_ADDRESS"
    PERSON = "PERSON"


# What does harm in strange hands, and no colleague needs to answer a message.
DANGEROUS = frozenset({Kind.SECRET, Kind.IBAN_CODE, Kind.CREDIT_CARD, Kind.US_SSN, Kind.NATIONAL_ID})

# Not `\w`: Japanese and Chinese are written without spaces around a number.
BEFORE = r"(?<![0-9A-Za-z_])"
AFTER = r"(?![0-9A-Za-z_])"


@dataclass(frozen=True)
class Finding:
    """A span of personal data: `text[start:end]`."""

    kind: Kind
    start: int
    end: int


def digits_of(text: str) -> str:
    """The digits alone, in ASCII, whatever script they are written in."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


def words(listed: str) -> str:
    """Alternatives of a pattern from words between `|` and line breaks; a space may be any white space."""
    parts = [part.strip() for part in listed.replace("\n", "|").split("|")]
    return "|".join(part.replace(" ", r"\s+") for part in parts if part)
