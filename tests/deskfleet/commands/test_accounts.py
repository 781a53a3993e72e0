"""deskfleet user, called as the entry point calls it."""

import json
import sys
from collections.abc import Callable

import pytest

from deskfleet import cli
from ingestion import intake
from runtime.database import transaction
from tests.accounts.staff import a_user
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, queries
from tickets.contracts import Reason
from tickets.queries import Filters

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command: its exit code, what it printed, and what it complained of."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskfleet", "user", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return call


def _assigned_to(staff: str) -> str:
    """A ticket that one of the staff has begun."""
    with transaction() as session:
        ticket = intake.receive(session, a_message()).public_id
    case = claimed_case()
    with transaction() as session:
        lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
        lifecycle.assign(session, case.ticket_id, staff, actor=staff)
    return ticket


def test_the_tickets_of_a_disabled_account_are_given_back(run: Run) -> None:
    bob, carol = a_user("bob@example.com", name="Bob"), a_user("carol@example.com", name="Carol")
    tickets = {_assigned_to(bob.public_id), _assigned_to(bob.public_id)}
    carols = _assigned_to(carol.public_id)
    code, out, _err = run("disable", "bob@example.com", "--json")
    assert (code, json.loads(out)) == (0, {"id": bob.public_id, "email": "bob@example.com", "returned": 2})
    with transaction() as session:
        waiting = queries.list_staff_queue(session, Filters(waiting_for_staff=True, unassigned=True))
        assert {row.ticket.public_id for row in waiting} == tickets
        assert queries.find_ticket(session, carols).assignee == carol.public_id


def test_an_account_that_there_is_not_is_said_so(run: Run) -> None:
    code, _out, err = run("disable", "nobody@example.com")
    assert code == 1
    assert "There is no account" in err
