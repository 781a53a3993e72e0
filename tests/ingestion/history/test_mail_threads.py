"""Mails of one conversation are one ticket, in whatever order, batch or file they come."""

import itertools
from pathlib import Path

import pytest

from ingestion import intake
from ingestion.history import importing
from runtime.database import transaction
from runtime.settings import settings
from tests.ingestion.history.exports import ANSWER, QUESTION, conversations, load, put, rows
from tests.ingestion.history.mails import archive, mail
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets.contracts import Channel, MailHeaders


def thread() -> list[str]:
    ours = settings().ingestion.address
    return [
        mail("q", text=QUESTION, day=2),
        mail("a", sender=ours, to="alice@example.com", text=ANSWER, answers="q", day=3),
        mail("t", text="Thank you!", answers="q a", day=4),
    ]


@pytest.mark.parametrize("batch", [1, 2, 500])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_a_thread_is_one_ticket_in_the_order_of_its_dates(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...], batch: int
) -> None:
    monkeypatch.setattr(importing, "_BATCH", batch)
    mails = thread()
    report = load(put(tmp_path, "a.mbox", archive(*(mails[place] for place in order))))
    assert (report.stored, report.rejected) == (3, 0)
    said = f"customer: {QUESTION} | staff: {ANSWER} | customer: Thank you!"
    assert [one[1:] for one in conversations()] == [("closed", said)]
    [(seqs, last_seq, inbound, handled, created, resolved, learned)] = rows(
        "select array(select seq from messages order by seq), last_seq, last_inbound_seq, handled_seq, "
        "created_at::date::text, resolved_at::date::text, learned_at from tickets"
    )
    assert (seqs, last_seq, inbound, handled) == ([1, 2, 3], 3, 3, 3)
    assert (created, resolved, learned) == ("2024-01-02", "2024-01-03", None)


def test_a_thread_may_be_in_two_files(database: str, tmp_path: Path) -> None:
    question, answer, thanks = thread()
    load(put(tmp_path, "sent.mbox", archive(answer)))
    assert rows("select resolved_at is not null, learned_at is not null from tickets") == [(True, True)]
    load(put(tmp_path, "inbox.mbox", archive(thanks, question)))
    assert [one[2] for one in conversations()] == [
        f"customer: {QUESTION} | staff: {ANSWER} | customer: Thank you!"
    ]
    assert rows("select learned_at from tickets") == [(None,)]


def test_who_quotes_an_id_does_not_get_into_the_ticket_of_another(database: str, tmp_path: Path) -> None:
    stranger = mail("x", sender="mallory@example.com", text="Let me in.", answers="q a")
    load(put(tmp_path, "a.mbox", archive(stranger, *thread())))
    found = [one[2] for one in conversations()]
    assert sorted(found) == sorted(
        ["customer: Let me in.", f"customer: {QUESTION} | staff: {ANSWER} | customer: Thank you!"]
    )


def test_a_mail_that_is_there_already_is_not_imported_again(run_jobs: CollectedJobs, tmp_path: Path) -> None:
    path = put(tmp_path, "a.mbox", archive(*thread()))
    load(path)
    again = load(path)
    assert (again.stored, again.duplicates, again.rejected) == (0, 3, 0)
    other = put(tmp_path, "b.mbox", archive(mail("q", sender="eve@example.com"), mail("new"), mail("new")))
    report = load(other)
    assert (report.stored, report.duplicates, report.rejected) == (1, 1, 1)
    assert len(conversations()) == 2


def test_a_new_answer_to_an_imported_thread_opens_a_ticket_beside_it(
    run_jobs: CollectedJobs, tmp_path: Path
) -> None:
    load(put(tmp_path, "a.mbox", archive(*thread())))
    headers = MailHeaders("later@example.com", "a@example.com", ("q@example.com", "a@example.com"))
    with transaction() as session:
        receipt = intake.receive(session, a_message(channel=Channel.MAIL, mail=headers))
    [(linked, owner)] = rows("select linked_to, owner from tickets where id = :id", id=receipt.ticket_id)
    assert linked is not None
    assert owner == "agent"


def test_a_mail_that_staff_only_wrote_teaches_nothing(database: str, tmp_path: Path) -> None:
    ours = settings().ingestion.address
    load(put(tmp_path, "a.mbox", archive(mail("a", sender=ours, to="alice@example.com", text=ANSWER))))
    assert rows("select status, learned_at is not null from tickets") == [("closed", True)]
    assert rows("select kind, value from customer_identities") == [("mail", "alice@example.com")]
