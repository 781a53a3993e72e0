"""What the console asks of whoever knows the channels. The application hands it to `pages.install`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi import Request


@dataclass(frozen=True)
class Way:
    """A channel: where messages come in, and the settings it lacks."""

    channel: str
    comes_in_at: str
    missing: tuple[str, ...] = ()


class Reaching(Protocol):
    """Every way to the customers."""

    def list_channels(self) -> Sequence[Way]: ...

    def try_channel(self, name: str) -> str:
        """Asks the other side whether it lets us in; what it said. Nothing is sent, read or changed.

        Raises NotFound, or an error that says what is wrong.
        """


def use(request: Request) -> Reaching | None:
    """None in an application that was given none."""
    kept: Reaching | None = getattr(request.app.state, "reaching", None)
    return kept
