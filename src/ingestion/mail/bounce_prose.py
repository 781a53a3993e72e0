"""Bounces that say it in prose: is it one, for whom, and why. Pure; the words are those that mail servers use."""

import re
from collections.abc import Collection

from ingestion.mail.bounce_words import MEANINGS, SAYS_SO, STILL_TRIES, SUBJECT

_LOOKS_AT = 60_000
_LONGEST = 500
_FORWARDED = re.compile(r"^\s*(?:fwd?|wg|tr|rv|enc|vs|i|re|aw|sv|antw|odp)\s*:", re.IGNORECASE)
_CODES = re.compile(
    r"(?<![\w.])[45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3}\b)?|(?<![\w.])[45]\.\d{1,2}\.\d{1,2}(?![\w.])|\bRCPT TO:",
    re.I,
)
_RETURNED = re.compile(
    r"^[ \t]*-{2,}.{0,60}(?:original|returned|copy|below|body|header|message|unsent).{0,80}$"
    r"|^[ \t>]*(?:return-path|received|message-id):[ \t]*\S|^[ \t]*(?:MAIL FROM|RCPT TO):|original message headers",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(r"(?<![\w.])#?([245]\.\d{1,2}\.\d{1,3})(?![\w.]|\d)")
_REPLY_CODE = re.compile(r"(?<![\w.:/-])([45])[0-7]\d(?=[ -])")
_ADDRESS = r"[^\s<>\"'(),:;@\[\]*=]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}[A-Za-z0-9]"
# Where servers name the failed recipient, the clearest place first.
_NAMED = (
    re.compile(rf"^[ \t>]*(?:final|original)-recipient:[^\n;]{{0,20}};?[ \t]*<?({_ADDRESS})", re.I | re.M),
    re.compile(rf"\bRCPT TO: ?<?({_ADDRESS})", re.I),
    re.compile(rf"(?:deliver(?:ed|y)?|send|sent|relayed)[^\n@<]{{0,60}} to:?\s{{1,20}}<?({_ADDRESS})", re.I),
    re.compile(rf"(?:recipients?|address(?:es)?|mailbox|user)[^\n@<]{{0,60}}:\s{{1,20}}<?({_ADDRESS})", re.I),
    re.compile(rf"^[ \t]*<({_ADDRESS})>(?=[:\s,.]|$)", re.M),
    re.compile(rf"^[ \t]*({_ADDRESS})(?=[:\s,]|$)", re.M),
    re.compile(rf"<({_ADDRESS})>"),
    re.compile(rf"(?<![\w.@])({_ADDRESS})"),
)
_MESSAGE_ID = re.compile(r"^[ \t>]*message-id:\s{0,5}<([^<>\s]{3,250})>", re.IGNORECASE | re.MULTILINE)


def still_tries(subject: str, text: str) -> bool:
    """Whether the server only warns that it has not got through yet."""
    return bool(STILL_TRIES.search(subject) or STILL_TRIES.search(text[:_LOOKS_AT]))


def names_a_bounce(subject: str) -> bool:
    """Whether a mail server writes such a subject; an answer or a forward is a person's."""
    return bool(SUBJECT.search(subject)) and not _FORWARDED.match(subject)


def signs_of_a_bounce(text: str) -> int:
    """0 to 3: it says that a mail was not delivered, with a server's codes, and quotes that mail."""
    beginning = text[:_LOOKS_AT]
    return sum(bool(pattern.search(beginning)) for pattern in (SAYS_SO, _CODES, _RETURNED))


def failed_recipient(text: str, *, likely: Collection[str], never: Collection[str]) -> str:
    """The address that could not be reached. `likely`: whom the mail was for; `never`: who wrote it or sent it back."""
    beginning = text[:_LOOKS_AT]
    wanted = {address.lower() for address in likely}
    unwanted = {address.lower() for address in never}
    seen: list[str] = []
    for pattern in _NAMED:
        for found in pattern.finditer(beginning):
            address = found[1].strip(".").lower()
            if address in wanted:
                return found[1].strip(".")
            if address not in unwanted and not address.startswith(("mailer-daemon@", "postmaster@")):
                seen.append(found[1].strip("."))
                break
    return seen[0] if seen else next(iter(likely), "")


def returned_message_id(text: str) -> str:
    found = _MESSAGE_ID.search(text)
    return found[1] if found and found[1].isascii() else ""


def status_in(text: str) -> str:
    """The code of RFC 3463 that the text states, or that its words amount to; empty when they say nothing."""
    beginning = text[:_LOOKS_AT]
    stated = [
        code for code in _STATUS.findall(beginning) if not code.startswith("2") and not code.endswith(".0.0")
    ]
    if stated:
        return str(stated[0])
    meant = next((code for code, pattern in MEANINGS.items() if pattern.search(beginning)), "")
    replied = _REPLY_CODE.search(beginning)
    if meant:
        return f"4{meant[1:]}" if replied and replied[1] == "4" else meant
    return f"{replied[1]}.0.0" if replied else ""


def diagnostic_in(text: str) -> str:
    """The first line with a server's code, or the first that says it was not delivered."""
    lines = [line.strip() for line in text[:_LOOKS_AT].split("\n")]
    for pattern in (_REPLY_CODE, _STATUS, SAYS_SO):
        found = next((line for line in lines if pattern.search(line[:_LONGEST])), "")
        if found:
            return found[:_LONGEST]
    return ""
