"""The files of messages: kept beside them, listed on the ticket, forgotten when nobody names them."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from ingestion import intake
from runtime import storage
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound, TooLarge, Unavailable
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import attachments
from tickets.contracts import FileContent, Receipt, StoredFile
from tickets.models import Attachment, Message

PNG = b"\x89PNG\r\n\x1a\n a photo"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()


def receive(*files: FileContent | StoredFile) -> Receipt:
    with transaction() as session:
        return intake.receive(session, a_message(attachments=files))


def listed(receipt: Receipt) -> list[Attachment]:
    with transaction() as session:
        return attachments.of_messages(session, [receipt.message_id]).get(receipt.message_id, [])


def put_upload(content: bytes = PNG, *, by: str = "KEY-1") -> str:
    stored = attachments.upload([FileContent("photo.png", "image/png", content)])
    with transaction() as session:
        (one,) = attachments.keep_uploads(session, stored, by=by)
    return one.public_id


def test_files_are_listed_with_their_message_in_their_order() -> None:
    receipt = receive(
        FileContent("../photo.png", "application/x-lie", PNG), FileContent("note.txt", "text/plain", b"Hello")
    )
    first, second = listed(receipt)
    assert (first.name, first.type, first.stated_type, first.size) == (
        "photo.png",
        "image/png",
        "application/x-lie",
        len(PNG),
    )
    assert (second.name, storage.get(second.key)) == ("note.txt", b"Hello")
    assert first.public_id != second.public_id


def test_a_file_that_is_not_kept_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_MAX_BYTES", "100")
    monkeypatch.setenv("DESKFLEET_FILES_MAX_FILES", "2")
    settings.cache_clear()
    receipt = receive(
        FileContent("setup.exe", "", b"MZ\x90\x00"),
        FileContent("large.txt", "", b"x" * 101),
        *[FileContent(f"{number}.txt", "", b"x") for number in range(3)],
    )
    assert [(one.name, one.refused, bool(one.key)) for one in listed(receipt)] == [
        ("setup.exe", "a program", False),
        ("large.txt", "larger than 100 bytes", False),
        ("0.txt", "", True),
        ("1.txt", "", True),
        ("2.txt", "more than 2 files", False),
    ]
    assert len(list(storage.keys())) == 1


def test_channels_can_store_files_before_the_transaction() -> None:
    message = attachments.uploaded(a_message(attachments=(FileContent("photo.png", "", PNG),)))
    (stored,) = message.attachments
    assert isinstance(stored, StoredFile)
    assert storage.get(stored.key) == PNG
    with transaction() as session:
        receipt = intake.receive(session, message)
    assert [one.key for one in listed(receipt)] == [stored.key]
    plain = a_message()
    assert attachments.uploaded(plain) is plain


def test_the_same_message_again_lists_its_files_once() -> None:
    message = a_message(external_id="1", attachments=(FileContent("photo.png", "", PNG),))
    for _ in range(2):
        with transaction() as session:
            receipt = intake.receive(session, message)
    assert len(listed(receipt)) == 1


def test_without_the_store_nothing_of_the_message_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_S3_URL", "http://127.0.0.1:1/desk/files")
    monkeypatch.setenv("DESKFLEET_FILES_S3_ACCESS_KEY", "key")
    monkeypatch.setenv("DESKFLEET_FILES_S3_SECRET_KEY", "secret")
    settings.cache_clear()
    with pytest.raises(Unavailable):
        receive(FileContent("photo.png", "", PNG))
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize(
    ("name", "sample", "size", "error"),
    [
        ("large.txt", b"x", 20_971_521, TooLarge),
        ("empty.txt", b"", 0, InvalidInput),
        ("setup.exe", b"x", 1, InvalidInput),
        ("photo.png", b"\x7fELF\x00", 5, InvalidInput),
    ],
)
def test_who_can_be_told_is_told_which_file_is_wrong(
    name: str, sample: bytes, size: int, error: type[Exception]
) -> None:
    with pytest.raises(error, match=name):
        attachments.check(name, sample, size=size)


def test_an_upload_is_claimed_once_and_by_its_uploader() -> None:
    file_id = put_upload()
    receipt = receive()
    with pytest.raises(InvalidInput, match=file_id), transaction() as session:
        attachments.claim_uploads(session, [file_id], message_id=receipt.message_id, by="KEY-2")
    with transaction() as session:
        attachments.claim_uploads(session, [file_id], message_id=receipt.message_id, by="KEY-1")
    assert [one.public_id for one in listed(receipt)] == [file_id]
    with pytest.raises(InvalidInput, match=file_id), transaction() as session:
        attachments.claim_uploads(session, [file_id], message_id=receipt.message_id, by="KEY-1")


def test_one_key_cannot_fill_the_store_with_what_nobody_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_MAX_WAITING_BYTES", str(len(PNG) * 2))
    settings.cache_clear()
    file_id = put_upload()
    put_upload()
    with pytest.raises(TooLarge, match="wait"):
        put_upload(b"x")
    put_upload(by="KEY-2")
    receipt = receive()
    with transaction() as session:
        attachments.claim_uploads(session, [file_id], message_id=receipt.message_id, by="KEY-1")
    put_upload()


def test_one_wrong_id_claims_none() -> None:
    file_id = put_upload()
    receipt = receive()
    with pytest.raises(InvalidInput, match="FILE-WRONG"), transaction() as session:
        attachments.claim_uploads(session, [file_id, "FILE-WRONG"], message_id=receipt.message_id, by="KEY-1")
    assert listed(receipt) == []


def test_a_file_is_found_by_its_id_unless_it_was_refused() -> None:
    receipt = receive(FileContent("photo.png", "", PNG), FileContent("setup.exe", "", b"MZ\x90\x00"))
    kept, refused = listed(receipt)
    with transaction() as session:
        found = attachments.find(session, kept.public_id)
        for wrong in (refused.public_id, "FILE-0"):
            with pytest.raises(NotFound):
                attachments.find(session, wrong)
    assert (found.name, found.inline, found.ticket_id) == ("photo.png", True, receipt.ticket_id)
    with found.open() as file:
        assert file.read() == PNG


def test_only_raster_images_are_shown_inline() -> None:
    receipt = receive(
        FileContent("page.png", "image/png", b"<html><script>"), FileContent("a.svg", "", b"<svg>")
    )
    with transaction() as session:
        assert not any(attachments.find(session, one.public_id).inline for one in listed(receipt))


def make_old(file_id: str) -> None:
    with transaction() as session:
        session.execute(
            update(Attachment)
            .where(Attachment.public_id == file_id)
            .values(created_at=func.now() - timedelta(days=1, seconds=1))
        )


def test_an_upload_that_nobody_named_for_a_day_cannot_be_claimed_and_is_forgotten() -> None:
    old, young = put_upload(b"old"), put_upload(b"young")
    make_old(old)
    receipt = receive()
    with pytest.raises(InvalidInput, match=old), transaction() as session:
        attachments.claim_uploads(session, [old], message_id=receipt.message_id, by="KEY-1")
    with transaction() as session:
        assert len(attachments.forget_stale_uploads(session)) == 1
    with transaction() as session:
        assert list(session.scalars(select(Attachment.public_id))) == [young]


def test_an_upload_that_was_claimed_stays() -> None:
    file_id = put_upload()
    receipt = receive()
    with transaction() as session:
        attachments.claim_uploads(session, [file_id], message_id=receipt.message_id, by="KEY-1")
    make_old(file_id)
    with transaction() as session:
        assert attachments.forget_stale_uploads(session) == []
    assert len(listed(receipt)) == 1


def test_what_any_row_lists_is_not_unlisted() -> None:
    receipt = receive(FileContent("photo.png", "", PNG))
    with transaction() as session:
        assert attachments.unlisted(session, [listed(receipt)[0].key, "f" * 64]) == ["f" * 64]
