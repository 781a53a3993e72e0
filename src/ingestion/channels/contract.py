"""What a channel's module offers. A channel is a module, not a class; mypy checks it against these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tickets.contracts import IncomingMessage
from tickets.deliveries import Outgoing


class Sender(Protocol):
    def send(self, outgoing: Outgoing) -> None:
        """Hand the message over.

        Raises Retryable when it was certainly not taken, Permanent when it was refused for good. Any other
        exception leaves its fate unknown.
        """
        ...

    def was_sent(self, outgoing: Outgoing) -> bool | None:
        """After a crash: True or False when the channel can tell, None when it cannot."""
        ...


@dataclass(frozen=True)
class WebhookRequest:
    """A webhook as it came. Names of headers are in lower case; what is signed is the raw body."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Challenge:
    """The answer to a vendor that asks whether the address is ours."""

    body: str
    media_type: str = "text/plain"


class Receiver(Protocol):
    def challenge(self, request: WebhookRequest) -> Challenge | None:
        """The answer to a set-up question; None: it is none. Raises NotAuthenticated when it is not the vendor's."""
        ...

    def verify(self, request: WebhookRequest) -> None:
        """Raises NotAuthenticated unless the raw body is signed by the vendor and fresh."""
        ...

    def parse(self, body: bytes) -> list[IncomingMessage]:
        """The customers' messages of a verified body; our own and all else are left out. Raises InvalidInput."""
        ...

    def test_connection(self) -> str:
        """One sentence on what the vendor says of our credentials. Raises Retryable, Permanent or SettingError."""
        ...
