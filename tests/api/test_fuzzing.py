"""Generated requests against the whole OpenAPI, valid and broken ones: nothing that can be sent makes a 5xx."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from accounts import tokens, users
from accounts.permissions import Role
from deskfleet.web import create_app
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs

_EXAMPLES = 12  # Of each operation and mode.
_MOST_S = 60.0  # On a slow machine fewer examples are tried; each operation gets some all the same.
_LEAST = 1
# Ends the session that asks.
_LEFT_OUT = {"POST /auth/revoke"}

Operation = Any  # schemathesis' own types are its private matter.


@pytest.fixture
def token(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DESKFLEET_RATE_PER_MINUTE", "1000000")
    settings.cache_clear()
    with transaction() as session:
        user = users.create_user(
            session, "carol@example.com", name="Carol", role=Role.ADMIN, password="correct horse battery"
        )
        yield_token = tokens.start(session, user).access_token
    yield yield_token
    settings.cache_clear()


def test_no_request_that_can_be_generated_makes_a_5xx(token: str) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app())
    operations: list[Operation] = [one.ok() for one in schema.get_all_operations()]  # type: ignore[union-attr]  # ours is valid
    wanted = [one for one in operations if f"{one.method.upper()} {one.path}" not in _LEFT_OUT]
    assert len(wanted) > 50
    until = time.monotonic() + _MOST_S
    tried: Counter[str] = Counter()
    broken: dict[str, str] = {}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for one in wanted:
            _try(one, mode, token=token, until=until, tried=tried, broken=broken)
    assert broken == {}, "\n".join(f"{name} {how}" for name, how in broken.items())
    assert {f"{one.method.upper()} {one.path}" for one in wanted} == set(tried)


def _is_not_yet(name: str, status: int) -> bool:
    """A forecast that is not made yet says so, and when to ask again."""
    return status == 503 and name.startswith("GET /api/v1/forecast/")


def _try(  # what is counted is handed along
    operation: Operation,
    mode: GenerationMode,
    *,
    token: str,
    until: float,
    tried: Counter[str],
    broken: dict[str, str],
) -> None:
    name = f"{operation.method.upper()} {operation.path}"

    @seed(20261121)
    @how(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if time.monotonic() > until and tried[name] >= _LEAST:
            return
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        tried[name] += 1
        if response.status_code >= 500 and not _is_not_yet(name, response.status_code):
            broken[name] = f"{response.status_code}: {case.as_curl_command()}"[:1000]

    with suppress(Unsatisfiable):  # An operation that takes nothing cannot be asked wrongly.
        send()
