"""Personal data out of a text before a model, a log, an index or a trace sees it. Shared by every package.

Numbers count when their check digits, their form or the words around them say so; order numbers stay.
Every pattern is linear in the text: mail comes from strangers.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from runtime.redaction_cards import cards, ibans
from runtime.redaction_ids import national_ids, social_security_numbers
from runtime.redaction_kinds import DANGEROUS, Finding, Kind
from runtime.redaction_names import persons
from runtime.redaction_phones import phones
from runtime.redaction_places import street_addresses
from runtime.redaction_secrets import secrets

__all__ = ["ALL", "DANGEROUS", "PLACEHOLDER", "Finding", "Kind", "find", "redact"]

# What stands where something was taken out; the vault's are numbered.
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(Kind)})(?: \d+)?\]")

ALL = frozenset(Kind)
_LATIN = "0-9A-Za-z\u00c0-\u024f"  # Mail addresses stand without spaces between Japanese words too.
_MAIL = re.compile(rf"(?<![{_LATIN}.+%'_-])[{_LATIN}.+%'_-]++@[{_LATIN}-]+(?:\.[{_LATIN}-]+)+")
_IP4 = re.compile(r"(?<![0-9A-Za-z_.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z_]|\.\d)")
_IP6 = re.compile(
    r"(?<![0-9A-Za-z_:])(?:[0-9A-Fa-f]{1,4}:|::)(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{0,4}(?![0-9A-Za-z_:])"
)
_VERSION = re.compile(
    r"(?:\bv|versi[oó]n|versione|vers[aã]o|build|release|firmware|driver|update)[ .:]{0,2}$", re.IGNORECASE
)


def _mails(text: str) -> Iterator[Finding]:
    for match in _MAIL.finditer(text):
        yield Finding(Kind.EMAIL_ADDRESS, match.start(), match.end())


def _addresses_of_machines(text: str) -> Iterator[Finding]:
    for match in _IP4.finditer(text):
        version = _VERSION.search(text[max(0, match.start() - 12) : match.start()])
        parts = [int(part) for part in match[0].split(".")]
        # A machine's own address says nothing of anybody.
        if not version and max(parts) < 256 and parts[0] not in (0, 127):
            yield Finding(Kind.IP_ADDRESS, match.start(), match.end())
    for match in _IP6.finditer(text):
        if any(character.isdigit() for character in match[0]) and _is_ip6(match[0]):
            yield Finding(Kind.IP_ADDRESS, match.start(), match.end())


def _is_ip6(text: str) -> bool:
    try:
        return not ipaddress.IPv6Address(text).is_loopback
    except ValueError:
        return False


# In order of precedence. A finder that none of the wanted kinds is from is not run.
_FINDERS: tuple[tuple[Kind, Callable[[str], Iterator[Finding]]], ...] = (
    (Kind.SECRET, secrets),
    (Kind.EMAIL_ADDRESS, _mails),
    (Kind.IBAN_CODE, ibans),
    (Kind.CREDIT_CARD, cards),
    (Kind.IP_ADDRESS, _addresses_of_machines),
    (Kind.US_SSN, social_security_numbers),
    (Kind.NATIONAL_ID, national_ids),
    (Kind.PHONE_NUMBER, phones),
    (Kind.STREET_ADDRESS, street_addresses),
    (Kind.PERSON, persons),
)
_NUMBERS = frozenset(
    {Kind.IBAN_CODE, Kind.CREDIT_CARD, Kind.IP_ADDRESS, Kind.US_SSN, Kind.NATIONAL_ID, Kind.PHONE_NUMBER}
)
_DIGIT = re.compile(r"\d")


def find(text: str, kinds: Collection[Kind] = ALL) -> list[Finding]:
    """All findings in order of their place; where two overlap the first finder's wins."""
    taken = bytearray(len(text))
    kept: list[Finding] = []
    numberless = _DIGIT.search(text) is None
    for found_kind, finder in _FINDERS:
        if found_kind not in kinds or (numberless and found_kind in _NUMBERS):
            continue
        for one in finder(text):
            overlap = taken.find(1, one.start, one.end)
            end = one.end if overlap < 0 else overlap
            if end > one.start:
                taken[one.start : end] = b"\1" * (end - one.start)
                kept.append(one if overlap < 0 else replace(one, end=end))
    return sorted(kept, key=lambda finding: finding.start)


def redact(text: str, kinds: Collection[Kind] = ALL) -> str:
    """The text with every finding replaced by its kind in brackets, e.g. `[EMAIL_ADDRESS]`."""
    parts: list[str] = []
    end = 0
    for finding in find(text, kinds):
        parts += [text[end : finding.start], f"[{finding.kind}]"]
        end = finding.end
    return "".join([*parts, text[end:]])
