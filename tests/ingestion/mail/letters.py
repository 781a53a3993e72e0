"""Raw mails that tests start from."""

import uuid
from typing import Any

from tickets.contracts import Channel
from tickets.deliveries import Outgoing

DESK = "support@example.com"


def a_mail(text: str = "How long does delivery take?", **headers: str) -> bytes:
    """Plain mail of Alice. Headers are given with underscores; an empty one is left out."""
    values = {
        "From": "Alice Miller <alice@example.org>",
        "To": DESK,
        "Subject": "Delivery",
        "Date": "Tue, 10 Nov 2026 10:00:00 +0100",
        "Message-ID": f"<{uuid.uuid4().hex}@example.org>",
        "Content-Type": "text/plain; charset=utf-8",
    }
    values |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in values.items() if value]
    return "\r\n".join([*lines, "", *text.split("\n"), ""]).encode()


def with_parts(kind: str, *parts: str, boundary: str = "cut-here", **headers: str) -> bytes:
    """A multipart mail; each part brings its own headers."""
    body = "\n".join([f"--{boundary}\n{part}" for part in parts] + [f"--{boundary}--"])
    return a_mail(body, **{"Content_Type": f'multipart/{kind}; boundary="{boundary}"'} | headers)


def an_outgoing(**changes: Any) -> Outgoing:
    """A reply of the agent to Alice's second mail."""
    values: dict[str, Any] = {
        "message_id": 1,
        "ticket_id": 1,
        "ticket_public_id": "TKT-20261110-ABCDEFGH",
        "channel": Channel.MAIL,
        "token": "",
        "to": "alice@example.org",
        "to_name": "Alice Miller",
        "thread": "",
        "subject": "Delivery",
        "text": "It takes two days.",
        "citations": (),
        "mail_id": "reply.deskfleet@example.com",
        "in_reply_to": "second@example.org",
        "references": ("first@example.org", "second@example.org"),
        "by_agent": True,
        "correlation_id": "c" * 32,
    }
    return Outgoing(**values | changes)
