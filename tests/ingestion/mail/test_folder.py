from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from ingestion.mail.folder import read_folder
from tests.ingestion.mail.desk import Configure, counts, parked_reasons, refusing, texts, without_table
from tests.ingestion.mail.letters import a_mail
from tests.jobs import CollectedJobs


@pytest.fixture
def inbox(run_jobs: CollectedJobs, configure: Configure, tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "mail" / "in"
    folder.mkdir(parents=True)
    return folder


def test_mails_are_read_in_order_of_name_and_moved(inbox: Path) -> None:
    for name in ("b", "a", "c"):
        (inbox / f"{name}.eml").write_bytes(a_mail(f"mail {name}"))
    assert read_folder() == 3
    assert texts() == ["mail a", "mail b", "mail c"]
    assert sorted(path.name for path in inbox.glob("*.eml")) == []
    assert sorted(path.name for path in (inbox / "done").iterdir()) == ["a.eml", "b.eml", "c.eml"]
    assert read_folder() == 0


def test_a_mail_that_cannot_be_handled_is_parked_and_the_others_go_on(inbox: Path) -> None:
    (inbox / "1.eml").write_bytes(a_mail("first"))
    (inbox / "2.eml").write_bytes(b"\x00 no mail")
    (inbox / "3.eml").write_bytes(a_mail("third"))
    assert read_folder() == 3
    assert texts() == ["first", "third"]
    assert parked_reasons() == ["This is no mail: it has no headers."]


def test_a_crash_before_the_move_repeats_harmlessly(inbox: Path) -> None:
    for name, raw in (("good", a_mail("once")), ("bad", b"no mail")):
        (inbox / f"{name}.eml").write_bytes(raw)
    read_folder()
    for path in (inbox / "done").iterdir():
        path.rename(inbox / path.name)
    assert read_folder() == 2
    assert counts() == (1, 1, 1)


def test_a_file_of_a_known_name_does_not_overwrite_the_first(inbox: Path) -> None:
    for text in ("first", "second"):
        (inbox / "mail.eml").write_bytes(a_mail(text))
        read_folder()
    assert texts() == ["first", "second"]
    assert len(list((inbox / "done").iterdir())) == 2


def test_a_mail_over_the_limit_is_parked_by_its_size(inbox: Path, configure: Configure) -> None:
    configure(MAIL_MAX_BYTES=1_000)
    (inbox / "big.eml").write_bytes(a_mail("word " * 1_000))
    read_folder()
    assert parked_reasons() == ["larger than 1000 bytes"]


def test_other_files_folders_and_links_to_nowhere_are_left_alone(inbox: Path) -> None:
    (inbox / "mail.eml.part").write_bytes(a_mail())
    (inbox / "folder.eml").mkdir()
    (inbox / "link.eml").symlink_to(inbox / "nowhere")
    assert read_folder() == 0
    assert (inbox / "mail.eml.part").exists()


def test_while_nothing_can_be_stored_the_file_stays(inbox: Path) -> None:
    (inbox / "mail.eml").write_bytes(a_mail("hello"))
    with (
        without_table("parked_mails"),
        refusing("hello"),
        pytest.raises(ProgrammingError, match="parked_mails"),
    ):
        read_folder()
    assert (inbox / "mail.eml").exists()
    assert read_folder() == 1
    assert counts() == (1, 1, 0)
