"""What the tests of channels with a vendor's API start from: settings, payloads, and replies to send."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingestion.channels import http_client
from runtime.settings import settings
from tests.ingestion.mail.letters import an_outgoing
from tickets.deliveries import Outgoing

_PAYLOADS = Path(__file__).with_name("payloads")
# Payloads of others, for measuring: never part of the project.
SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "webhooks"


def payload(name: str) -> bytes:
    """`x/mention` → the bytes of that file."""
    return (_PAYLOADS / f"{name}.json").read_bytes()


@contextmanager
def configured(values: Mapping[str, str]) -> Iterator[None]:
    """These settings, without their prefix, until the end; connections are closed then."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        for name, value in values.items():
            patch.setenv(f"DESKFLEET_{name}", value)
        settings.cache_clear()
        http_client.close()
        yield
    http_client.close()
    settings.cache_clear()


def a_reply(**changes: Any) -> Outgoing:
    """A reply of the agent on a platform."""
    return an_outgoing(**{"subject": "", "mail_id": "", "in_reply_to": "", "references": ()} | changes)
