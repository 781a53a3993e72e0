"""The store of files holds what the rows list, and what came a moment ago."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from ingestion import intake, upkeep
from runtime import schedule, storage
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import attachments
from tickets.contracts import FileContent
from tickets.models import Attachment


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()


def put_upload(content: bytes) -> str:
    stored = attachments.upload([FileContent("note.txt", "text/plain", content)])
    with transaction() as session:
        attachments.keep_uploads(session, stored, by="KEY-1")
    return stored[0].key


def receive(content: bytes) -> None:
    with transaction() as session:
        intake.receive(session, a_message(attachments=(FileContent("note.txt", "", content),)))


def make_all_old(tmp_path: Path) -> None:
    then = time.time() - timedelta(days=2).total_seconds()
    for path in (tmp_path / "files").glob("*/*"):
        os.utime(path, (then, then))
    with transaction() as session:
        session.execute(update(Attachment).values(created_at=func.now() - timedelta(days=2)))


def test_stale_uploads_go_with_their_content_unless_a_message_has_the_same(tmp_path: Path) -> None:
    put_upload(b"alone")
    shared = put_upload(b"shared")
    receive(b"shared")
    make_all_old(tmp_path)
    young = put_upload(b"young")
    upkeep.drop_stale_uploads()
    assert set(storage.keys()) == {shared, young}
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 2


def test_content_that_was_put_again_a_moment_ago_is_left(tmp_path: Path) -> None:
    key = put_upload(b"again")
    make_all_old(tmp_path)
    storage.put(b"again")  # Of a message whose transaction is not committed yet.
    upkeep.drop_stale_uploads()
    assert list(storage.keys()) == [key]


def test_content_without_a_row_goes_when_it_is_old(tmp_path: Path) -> None:
    storage.put(b"of a transaction that failed")
    receive(b"kept")
    make_all_old(tmp_path)
    fresh = storage.put(b"of a transaction that is under way")
    upkeep.drop_unlisted_content()
    with transaction() as session:
        kept = session.scalars(select(Attachment.key)).one()
    assert set(storage.keys()) == {kept, fresh}


def test_a_store_of_many_files_is_looked_through_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_BATCH", 3)
    for number in range(10):
        storage.put(str(number).encode())
    make_all_old(tmp_path)
    upkeep.drop_unlisted_content()
    assert list(storage.keys()) == []


def test_an_empty_store_is_fine() -> None:
    upkeep.drop_unlisted_content()
    upkeep.drop_stale_uploads()


def test_both_jobs_are_on_the_schedule_and_never_behind_a_backlog() -> None:
    for name in ("ingestion.upkeep.drop_stale_uploads", "ingestion.upkeep.drop_unlisted_content"):
        assert schedule.entries()[name]["options"]["queue"] == "upkeep"
