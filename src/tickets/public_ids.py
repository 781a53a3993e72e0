"""The ids that people see: TKT-YYYYMMDD-XXXXXXXX, CUST-XXXXXXXX. Random, so that they cannot be guessed in order."""

import secrets
from datetime import UTC, datetime

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread.


def _random(length: int = 8) -> str:
    # 32 letters divide 256: every letter is as likely as any other.
    return "".join(_LETTERS[byte & 31] for byte in secrets.token_bytes(length))


def new_ticket_id() -> str:
    return f"TKT-{datetime.now(UTC):%Y%m%d}-{_random()}"


def new_customer_id() -> str:
    return f"CUST-{_random()}"


def new_file_id() -> str:
    """Long enough that knowing one file's id helps nobody to another's."""
    return f"FILE-{_random(20)}"


def new_alert_id() -> str:
    return f"ALERT-{_random()}"


def new_action_id() -> str:
    """Also the key by which the shop knows the action again: never two the same."""
    return f"ACT-{_random(16)}"


def new_mail_id(domain: str) -> str:
    """A Message-ID without brackets, ours to recognise: written to the row before the mail is sent."""
    return f"{secrets.token_hex(12)}.deskfleet@{domain}"
