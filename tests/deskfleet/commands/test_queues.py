"""deskfleet queues, called as the entry point calls it."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from accounts import users
from accounts.permissions import Role
from deskfleet import cli
from ingestion import intake
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, queries
from tickets.contracts import Reason

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command: its exit code, what it printed, and what it complained of."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskfleet", "queues", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return call


@pytest.fixture
def bob(run: Run) -> str:
    return staff("Bob")


def staff(name: str, role: Role = Role.AGENT) -> str:
    with transaction() as session:
        email = f"{name.lower()}@example.com"
        return users.create_user(session, email, name=name, role=role, password="0123456789").public_id


def listed(run: Run) -> Any:
    code, out, _err = run("list", "--json")
    assert code == 0
    return json.loads(out)


def escalated() -> str:
    with transaction() as session:
        public_id = intake.receive(session, a_message()).public_id
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
    return public_id


def assignee(public_id: str) -> str | None:
    with transaction() as session:
        return queries.find_ticket(session, public_id).assignee


def test_without_queues_the_list_says_so(run: Run) -> None:
    assert run("list") == (0, "There are no staff queues.\n", "")
    assert listed(run) == []


def test_a_queue_is_defined_and_listed_with_what_waited_for_it(run: Run, bob: str) -> None:
    waiting = escalated()
    added = run(
        "add", "Parcels", "--category", "shipping", "--language", "en", "--language", "de",
        "--tier", "VIP", "--tier", "standard", "--priority", "normal", "--capacity", "4", "--json",
    )  # fmt: skip
    assert added == (0, '{"added": "Parcels"}\n', "")
    [queue] = listed(run)
    assert (queue["name"], queue["categories"], queue["languages"]) == ("Parcels", ["shipping"], ["en", "de"])
    assert (queue["tiers"], queue["priorities"]) == (["vip", "standard"], ["normal"])
    assert (queue["capacity"], queue["automatic"], queue["waiting"], queue["members"]) == (4, True, 1, [])
    assert run("member", "Parcels", "BOB@example.com", "--capacity", "2")[0] == 0
    assert assignee(waiting) == bob
    [queue] = listed(run)
    assert queue["members"] == [{"id": bob, "name": "Bob", "present": True, "open": 1, "capacity": 2}]
    table = run("list")[1]
    assert "categories: shipping; languages: en, de; tiers: vip, standard; priorities: normal" in table
    assert "Bob 1/2" in table


def test_who_is_away_is_given_nothing_until_they_are_present(run: Run, bob: str) -> None:
    run("add", "Everything")
    run("member", "Everything", bob, "--away")
    waiting = escalated()
    assert assignee(waiting) is None
    assert "Bob 0/10 (away)" in run("list")[1]
    run("member", "Everything", bob, "--present")
    assert assignee(waiting) == bob


def test_who_leaves_gives_back_what_they_have_not_touched(run: Run, bob: str) -> None:
    run("add", "Everything")
    run("member", "Everything", bob)
    given = escalated()
    left = run("member", "Everything", bob, "--leave", "--json")
    assert json.loads(left[1]) == {"queue": "Everything", "left": bob, "returned": 1}
    assert (assignee(given), listed(run)[0]["members"]) == (None, [])


def test_a_queue_that_is_taken_by_hand_gives_nothing(run: Run, bob: str) -> None:
    run("add", "Pull", "--by-hand")
    run("member", "Pull", bob)
    assert assignee(escalated()) is None
    assert "taken by hand" in run("list")[1]


def test_what_a_removed_queue_held_goes_to_the_one_that_fits_now(run: Run) -> None:
    run("add", "Everything")
    run("add", "Parcels", "--category", "shipping")
    escalated()
    assert [queue["waiting"] for queue in listed(run)] == [0, 1]
    assert run("remove", "Parcels") == (0, "There is no staff queue Parcels any more.\n", "")
    assert [queue["waiting"] for queue in listed(run)] == [1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("add", "Everything"), "There is a staff queue 'Everything' already."),
        (("add", " "), "A queue needs a name of 1 to 60 characters."),
        (("add", "x", "--category", "parcels"), "There is no category 'parcels'; use one of "),
        (("add", "x", "--language", "xx"), "There is no language 'xx'; use one of "),
        (("remove", "Nothing"), "There is no staff queue 'Nothing'."),
        (("member", "Nothing", "bob@example.com"), "There is no staff queue 'Nothing'."),
        (("member", "Everything", "eve@example.com"), "Nobody who works on tickets is called"),
        (("member", "Everything", "carol@example.com"), "Nobody who works on tickets is called"),
    ],
)
def test_what_is_wrong_is_named(run: Run, bob: str, arguments: tuple[str, ...], complaint: str) -> None:
    staff("Carol", Role.READONLY)
    run("add", "Everything")
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith(f"deskfleet: {complaint}"), err
