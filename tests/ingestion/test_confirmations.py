"""The page behind the link of a code's mail."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deskfleet.workers import load_jobs
from ingestion import confirmations
from runtime import web
from runtime.settings import settings
from tests.code_desk import asked_to_close, link_of, mails, the_action
from tests.jobs import CollectedJobs


@pytest.fixture
def desk(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectedJobs]:
    """A desk whose outgoing mail is files."""
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    load_jobs()
    yield run_jobs
    settings.cache_clear()


@pytest.fixture
def page(desk: CollectedJobs) -> TestClient:
    app = FastAPI()
    web.install(app)
    app.include_router(confirmations.router)
    return TestClient(app, raise_server_exceptions=False)


def test_the_link_shows_a_button_and_only_the_button_confirms(desk: CollectedJobs, page: TestClient) -> None:
    public_id = asked_to_close()
    desk()
    link = link_of(mails()[0][1])
    for _ in range(2):  # Mail programs fetch links by themselves.
        shown = page.get(f"/confirm/{link}")
        assert shown.status_code == 200
        assert "close your account" in shown.text
        assert "<button>" in shown.text
    assert the_action(public_id).state == "awaiting_verification"
    confirmed = page.post(f"/confirm/{link}")
    assert "is confirmed" in confirmed.text
    assert the_action(public_id).state == "awaiting_approval"
    assert page.post(f"/confirm/{link}").status_code == 404, "it works once"
    assert page.get(f"/confirm/{link}").status_code == 404


@pytest.mark.parametrize("token", ["nonsense", "ACT-0000000000000000.abc", "%F0%9F%98%80", "a" * 4000])
def test_a_link_that_is_not_ours_says_so(page: TestClient, token: str) -> None:
    answer = page.get(f"/confirm/{token}")
    assert answer.status_code == 404
    assert "Nothing was changed" in answer.text
