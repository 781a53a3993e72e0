"""The commands that verify, replay and export the records of decisions."""

import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from deskfleet.commands.audit import audit
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from tests.jobs import CollectedJobs
from tests.tickets.recorded_desk import record_some

runner = CliRunner()


@pytest.fixture(autouse=True)
def _desk(run_jobs: CollectedJobs) -> None:
    record_some()


def test_a_sound_chain_is_said_to_be_so() -> None:
    done = runner.invoke(audit, ["verify", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["sound"], told["linked"], told["findings"]) == (True, 4, [])


def test_an_altered_row_is_named_and_fails() -> None:
    with transaction() as session:
        session.execute(text("update agent_decisions set cost_usd = 5 where id = 2"))
    done = runner.invoke(audit, ["verify"])
    assert done.exit_code == 1
    assert "agent_decisions 2" in done.stdout
    assert "cost_usd" in done.stdout


def test_anchors_from_elsewhere_are_compared(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    file.write_text(json.dumps({"at": "2026-01-01", "position": 2, "hash": "0" * 64}) + "\nnot JSON\n")
    done = runner.invoke(audit, ["verify", "--json", "--anchors", str(file)])
    assert done.exit_code == 1
    assert [one["fault"] for one in json.loads(done.stdout)["findings"]] == ["not_as_anchored"] * 2
    gone = runner.invoke(audit, ["verify", "--anchors", str(tmp_path / "gone")])
    assert isinstance(gone.exception, NotFound)


def test_the_export_can_be_verified_by_what_the_document_says(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    assert runner.invoke(audit, ["export", "--to", str(file)]).exit_code == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    previous = hashlib.sha256(b"decisions after 0").hexdigest()
    for position, one in enumerate(lines, start=1):
        parts = (one["id"], position, one["decision_id"] or "", previous, one["body"])
        assert one["previous"] == previous
        assert one["hash"] == hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
        previous = one["hash"]
    assert len(lines) == 4


def test_an_export_since_a_moment_begins_there(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    assert runner.invoke(audit, ["export", "--since", "2100-01-01", "--to", str(file)]).exit_code == 0
    assert file.read_text() == ""


def test_a_replay_needs_a_ticket_that_there_is() -> None:
    assert isinstance(runner.invoke(audit, ["replay"]).exception, InvalidInput)
    assert isinstance(runner.invoke(audit, ["replay", "TKT-1", "--all"]).exception, InvalidInput)
    assert isinstance(runner.invoke(audit, ["replay", "TKT-NONE"]).exception, NotFound)


def test_a_replay_that_differs_fails_and_shows_how() -> None:
    """These decisions were made up: their inputs are no case that could be read."""
    done = runner.invoke(audit, ["replay", "--all", "--json"])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["same"], told["different"]) == (0, 4)
    assert all(one["difference"] for one in told["decisions"])
