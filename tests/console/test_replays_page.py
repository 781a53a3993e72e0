"""The pages of replays."""

from accounts.permissions import Role
from agent_core import replay
from tests.agent_core.past_desk import add_shipping, answered
from tests.agent_core.test_replay import QUESTION, begun
from tests.console.desk import member
from tests.jobs import CollectedJobs
from tickets.contracts import Reason


def test_without_a_replay_the_page_says_how_to_start_one(run_jobs: CollectedJobs) -> None:
    page = member(role=Role.MANAGER).client.get("/console/figures/replays").text
    assert "No replay was run yet" in page
    assert "deskfleet replay --since" in page


def test_a_replay_stands_beside_what_was_decided_with_its_texts_escaped(run_jobs: CollectedJobs) -> None:
    add_shipping()
    public_id = answered(QUESTION, reason=Reason.LOW_CONFIDENCE, draft="<b>not sure</b>")
    chosen = begun({"name": "as <now>"})
    assert replay.work(replay.load(chosen.id))
    carol = member(role=Role.MANAGER).client
    listed = carol.get("/console/figures/replays").text
    assert "as &lt;now&gt;" in listed
    page = carol.get(f"/console/figures/replays/{chosen.public_id}").text
    assert f'href="/console/tickets/{public_id}"' in page
    assert "three days" in page
    assert "&lt;b&gt;not sure" in page
    assert "100.0%" in page
    assert carol.get("/console/figures/replays/RPL-NONE").status_code == 404


def test_replays_are_for_managers(run_jobs: CollectedJobs) -> None:
    assert member(role=Role.AGENT).client.get("/console/figures/replays").status_code == 403
