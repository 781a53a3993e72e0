"""Export and erasure over every package: after an erasure no table, file, log or search shows the canary."""

import io
import json
import logging
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select, text

import deskfleet
from accounts import audit
from deskfleet import privacy
from ingestion import intake
from knowledge import retrieval
from llm import local_embedding
from runtime.database import transaction
from runtime.errors import Conflict, NotFound
from tests.deskfleet.canary import BY, CANARY, CARD, MAIL, a_customer, age_files, files_with, rows_with, sent
from tests.ingestion.history.exports import load, put, row, table
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import queries, tombstones
from tickets.models import Customer, CustomerIdentity, Message, Ticket
from tickets.past_customers import Person


def test_an_export_holds_all_that_is_kept(run_jobs: CollectedJobs) -> None:
    alice = a_customer()
    a_customer("Sparrowhawk-1147", "bob@example.com")
    with privacy.exported(alice, by=BY) as archive:
        found = zipfile.ZipFile(io.BytesIO(archive.read()))
    assert found.testzip() is None
    texts = {name: found.read(name) for name in found.namelist()}
    profile = json.loads(texts["customer.json"])
    assert (profile["customer_id"], profile["identities"]) == (alice, [{"kind": "mail", "value": MAIL}])
    [ticket] = [json.loads(one) for name, one in texts.items() if name.startswith("tickets/TKT-")]
    asked, answered = ticket["messages"]
    assert CARD in asked["text"]  # The original, which the ticket's page does not show.
    assert answered["text"] == f"Dear {CANARY}, it is on its way."
    assert "Note on" not in str(ticket)
    [file] = [name for name in texts if name.startswith("files/")]
    assert texts[file] == f"All about {CANARY}".encode()
    assert MAIL in texts["ingestion/parked_mails.json"].decode()
    assert "Sparrowhawk" not in str(texts)
    with transaction() as session:
        [entry] = audit.entries(session, target=alice)
    assert (entry.action, entry.actor) == ("customer.exported", BY)


def test_after_an_erasure_the_canary_is_nowhere(
    run_jobs: CollectedJobs, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        alice = a_customer()
        a_customer("Sparrowhawk-1147", "bob@example.com")
        sent()
        assert {"messages", "tickets", "customers", "agent_decisions"} <= rows_with(CANARY).keys()
        assert len(files_with(CANARY)) == 2
        age_files()
        receipt = privacy.erase(alice, by=BY)
    assert rows_with(CANARY) == {}
    assert rows_with(MAIL) == {}
    assert files_with(CANARY) == []
    assert CANARY.lower() not in caplog.text.lower()
    assert CANARY not in str(retrieval.search(f"Who is {CANARY}?", language="en"))
    assert local_embedding._embed_one.cache_info().currsize <= 1  # The question of this very search.
    assert rows_with("Sparrowhawk-1147").keys() >= {"messages", "tickets", "customers", "attachments"}
    assert len(files_with("Sparrowhawk-1147")) == 2
    erased = receipt["erased"]
    assert (erased["messages"], erased["files"], erased["vault_entries"], erased["mail_files"]) == (
        3,
        1,
        1,
        1,
    )
    assert CANARY.lower() not in json.dumps(receipt).lower()


def test_figures_stay_and_decisions_are_numbers_and_digests(run_jobs: CollectedJobs) -> None:
    alice = a_customer()
    sent()
    privacy.erase(alice, by=BY)
    with transaction() as session:
        [ticket] = session.scalars(select(Ticket)).all()
        details = queries.read_ticket(session, ticket.public_id)
        decision = details.decision
    assert ticket.status == "closed"
    assert [one.text for one in details.messages] == ["", "", ""]
    assert decision is not None
    assert decision.draft == ""
    assert decision.judgement["category"]
    assert decision.judgement["summary"] == ""
    assert [one.rpartition(":")[0] for one in decision.notes] == [
        "digest:draft", "digest:judgement", "digest:notes",
    ]  # fmt: skip


def test_an_erasure_is_done_once_and_its_receipt_can_be_proven(run_jobs: CollectedJobs) -> None:
    alice = a_customer()
    sent()
    receipt = privacy.erase(alice, by=BY)
    assert privacy.erase(alice, by="AGENT-OTHER000") == receipt
    assert privacy.read_receipt(alice) == receipt
    assert privacy.is_genuine(receipt)
    assert not privacy.is_genuine(receipt | {"requested_by": "AGENT-OTHER000"})
    with pytest.raises(NotFound):
        privacy.erase("CUST-00000000", by=BY)


def test_while_a_reply_is_being_sent_nothing_is_erased(run_jobs: CollectedJobs) -> None:
    alice = a_customer()
    with transaction() as session:
        session.execute(text("update messages set delivery = 'sending' where delivery is not null"))
    before = rows_with(CANARY)
    with pytest.raises(Conflict, match="being sent"):
        privacy.erase(alice, by=BY)
    after = rows_with(CANARY)
    assert after == before


def test_what_still_waited_to_be_sent_is_not_sent_any_more(run_jobs: CollectedJobs) -> None:
    alice = a_customer()
    privacy.erase(alice, by=BY)
    with transaction() as session:
        waiting = session.scalars(select(Message.delivery).where(Message.delivery.in_(["queued", "unknown"])))
        assert waiting.all() == []


def test_whoever_writes_again_is_a_new_customer(run_jobs: CollectedJobs) -> None:
    alice = a_customer()
    sent()
    privacy.erase(alice, by=BY)
    with transaction() as session:
        again = intake.receive(session, a_message(identity=MAIL, text="Hello once more", external_id="new"))
    with transaction() as session:
        ticket = queries.find_ticket(session, again.public_id)
        assert (
            session.scalars(select(Customer.public_id).where(Customer.id == ticket.customer_id)).one()
            != alice
        )
        assert tombstones.erased(session, {Person("mail", MAIL)}) == {Person("mail", MAIL)}
        assert tombstones.erased(session, {Person("mail", "bob@example.com")}) == set()


def test_the_address_of_somebody_else_that_ends_the_same_is_left(run_jobs: CollectedJobs) -> None:
    alice = a_customer("Kestrel-0001", "al@example.com")
    a_customer("Sparrowhawk-1147", "hal@example.com")
    sent()
    privacy.erase(alice, by=BY)
    assert "parked_mails" in rows_with("Sparrowhawk-1147")
    assert [Path(one).name for one in files_with("hal@example.com")] == ["hal@example.com.eml"]


def test_every_package_that_keeps_personal_data_is_asked() -> None:
    source = Path(str(deskfleet.__file__)).parents[1]
    packages = {path.parent.name for path in source.glob("*/privacy.py")} - {"deskfleet", "api"}
    assert packages == set(privacy.EXPORTS) == set(privacy.ERASURES)


def test_the_history_of_another_desk_does_not_bring_anybody_back(
    run_jobs: CollectedJobs, tmp_path: Path
) -> None:
    assert load(put(tmp_path, "past.csv", table(row(1), row(2)))).stored == 2
    with transaction() as session:
        alice = session.scalars(
            select(Customer.public_id)
            .join(CustomerIdentity, CustomerIdentity.customer_id == Customer.id)
            .where(CustomerIdentity.value == "bob1@example.com")
        ).one()
    privacy.erase(alice, by=BY)
    report = load(put(tmp_path, "again.csv", table(row(1), row(3))))
    assert (report.stored, report.skipped, report.rejected) == (1, 1, 0)
    assert rows_with("bob1@example.com") == {}
