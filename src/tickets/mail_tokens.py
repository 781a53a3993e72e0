"""Signed names of tickets for a mail's address and subject, so that a reply without its headers finds its ticket.

A token names the ticket and proves that we wrote it; who sends it must still belong to the ticket.
"""

import base64
import hashlib
import hmac
import re

from runtime.data_folder import secret_key

_SIGNED_BYTES = 10  # 80 bits, more than anybody can guess by mail.
_TOKEN = re.compile(r"(?<![a-z0-9])(t-\d{8}-[0-9a-z]{8})-([a-z2-7]{16})(?![a-z0-9])", re.IGNORECASE)


def token_of(public_id: str) -> str:
    """Of `TKT-20261121-7Q4K2M9X`: `t-20261121-7q4k2m9x-` and sixteen letters; case does not matter."""
    name = f"t-{public_id.removeprefix('TKT-').lower()}"
    return f"{name}-{_signature(name)}"


def _signature(name: str) -> str:
    digest = hmac.new(secret_key(), f"mail.token.{name}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_SIGNED_BYTES]).decode().lower()


def ticket_of(text: str) -> str | None:
    """The public id in the first token of ours that the text holds; None when there is none."""
    for found in _TOKEN.finditer(text[:2_000]):
        name, signature = found[1].lower(), found[2].lower()
        if hmac.compare_digest(signature, _signature(name)):
            return f"TKT-{name.removeprefix('t-').upper()}"
    return None


def subject_token(public_id: str) -> str:
    return f"[{token_of(public_id)}]"


def without_token(subject: str) -> str:
    """The subject as the customer wrote it."""
    return " ".join(re.sub(r"\[" + _TOKEN.pattern + r"\]", " ", subject, flags=re.IGNORECASE).split())
