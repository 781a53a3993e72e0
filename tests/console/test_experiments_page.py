"""The page of experiments and its REST sister."""

import pytest
from fastapi.testclient import TestClient

from accounts import audit
from accounts.permissions import Permission, Role
from agent_core import tasks
from analytics import experiments
from analytics.experiments import Plan
from deskfleet.web import create_app
from runtime.database import transaction
from tests.agent_core.past_desk import receive
from tests.agent_core.test_arms import started
from tests.api.test_forecast import use_key
from tests.console.desk import member
from tests.jobs import CollectedJobs

PAGE = "/console/figures/experiments"
FORM: dict[str, str | int] = {
    "name": "stricter", "candidate": "[agent]\nmin_confidence = 0.9", "share": 50, "effect": 10, "most_wrong": 5,
}  # fmt: skip


def kept() -> list[tuple[str, str]]:
    with transaction() as session:
        return [(one.name, one.state) for one in experiments.newest(session)]


def test_an_admin_sees_the_size_first_and_starts_with_it(run_jobs: CollectedJobs) -> None:
    admin = member(role=Role.ADMIN, app=create_app())
    assert "Start an experiment" in admin.client.get(PAGE).text
    shown = admin.post(PAGE, **FORM)
    assert shown.status_code == 200
    assert "388 customers are needed in each arm" in shown.text
    assert "min_confidence = 0.9</textarea>" in shown.text
    assert kept() == []
    assert "388 customers" in admin.post(PAGE, **FORM, needed=12).text  # Of another form: shown again.
    assert kept() == []
    started = admin.post(PAGE, **FORM, needed=388)
    assert (started.status_code, started.headers["location"]) == (303, PAGE)
    assert kept() == [("stricter", "running")]
    with transaction() as session:
        [one] = experiments.newest(session)
        told = audit.entries(session, target=one.public_id)
        assert (one.share, one.effect, one.most_wrong, one.needed) == (0.5, 0.1, 0.05, 388)
        assert one.candidate == {"name": "stricter", "agent": {"min_confidence": 0.9}}
        assert [(entry.actor, entry.data["experiment"]) for entry in told] == [(admin.public_id, "started")]
    assert "Start an experiment" not in admin.client.get(PAGE).text
    again = admin.post(PAGE, **FORM, needed=388)
    assert again.status_code == 409
    assert f"The experiment {one.public_id} runs" in again.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"candidate": "[agent"}, "not TOML"),
        ({"candidate": "[agent]\nmin_confidence = 7"}, "agent.min_confidence is wrong"),
        ({"candidate": "[prompts]\nreply = 'reply.md'"}, "prompts.reply is wrong"),
        ({"candidate": "[knowledge]\narticles = 'now'"}, "prompts, models and thresholds"),
        ({"candidate": "name = 'x'"}, "changes nothing"),
        ({"name": "  "}, "Give it a name"),
        ({"effect": 60}, "larger than any change"),
    ],
)
def test_what_is_wrong_is_told_in_the_form_and_nothing_starts(
    run_jobs: CollectedJobs, wrong: dict[str, str | int], said: str
) -> None:
    admin = member(role=Role.ADMIN, app=create_app())
    refused = admin.post(PAGE, **FORM | wrong)
    assert refused.status_code == 422
    assert said in refused.text
    assert 'role="alert"' in refused.text
    assert kept() == []


def test_what_is_typed_is_shown_as_text(run_jobs: CollectedJobs) -> None:
    admin = member(role=Role.ADMIN, app=create_app())
    hostile = {"name": "<b>'\"", "candidate": "</textarea><script>alert(1)</script>"}
    page = admin.post(PAGE, **FORM | hostile).text
    assert "<script>alert" not in page
    assert "<b>'" not in page


def test_an_admin_promotes_and_rolls_back_on_the_page(run_jobs: CollectedJobs) -> None:
    admin = member(role=Role.ADMIN)
    assert "There was no experiment yet" in admin.client.get(PAGE).text
    running = started()
    page = admin.client.get(PAGE).text
    assert f'action="{PAGE}/{running.public_id}/promote"' in page
    assert "Every customer meets the candidate from now on." in page
    assert f"Nothing is proven before {running.needed} customers" in page
    assert admin.post(f"{PAGE}/{running.public_id}/promote").status_code == 303
    assert "Roll back" in admin.client.get(PAGE).text
    assert admin.post(f"{PAGE}/{running.public_id}/rollback").status_code == 303
    assert "Roll back" not in admin.client.get(PAGE).text
    assert admin.post(f"{PAGE}/{running.public_id}/stop").status_code == 409
    assert admin.post(f"{PAGE}/{running.public_id}/dance").status_code == 422


def test_a_manager_sees_and_changes_nothing(run_jobs: CollectedJobs) -> None:
    running = started()
    bob = member("Bob", role=Role.MANAGER)
    page = bob.client.get(PAGE).text
    assert running.public_id in page
    assert '<form method="post" action="/console/figures' not in page
    assert "Start an experiment" not in page
    assert bob.post(PAGE, **FORM).status_code == 403
    assert bob.post(f"{PAGE}/{running.public_id}/promote").status_code == 403


def test_programs_start_one(run_jobs: CollectedJobs) -> None:
    client = TestClient(create_app(), raise_server_exceptions=False)
    use_key(client, Permission.READ_FIGURES, Permission.MANAGE_DESK)
    address = "/api/v1/experiments"
    size = client.get(f"{address}/size?effect=0.1").json()
    assert size == {"baseline": 0.5, "needed": 388, "days": None}
    body = {"name": "stricter", "candidate": {"agent": {"min_confidence": 0.9}}, "share": 0.2, "effect": 0.1}
    made = client.post(address, json=body)
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["needed"], made.json()["share"]) == ("running", 388, 0.2)
    assert client.post(address, json=body).status_code == 409
    refused: tuple[dict[str, object], ...] = (
        {"candidate": {}}, {"candidate": {"agent": {"x": 1}}}, {"share": 1}, {"effect": 0}, {"name": ""},
    )  # fmt: skip
    for wrong in refused:
        assert client.post(address, json=body | wrong).status_code == 422
    use_key(client, Permission.READ_FIGURES)
    assert client.get(f"{address}/size").status_code == 200
    assert client.post(address, json=body).status_code == 403


def test_how_long_it_takes_follows_from_how_many_write(run_jobs: CollectedJobs) -> None:
    receive("How long does the delivery take?")
    tasks.answer_next()
    with transaction() as session:
        half, tenth = (experiments.size(session, Plan(share, 0.1)) for share in (0.5, 0.1))
    assert (half.needed, half.days) == (388, 388 * 28 * 2)
    assert (tenth.needed, tenth.days) == (388, 36_500)


def test_programs_do_the_same(run_jobs: CollectedJobs) -> None:
    client = TestClient(create_app(), raise_server_exceptions=False)
    use_key(client, Permission.READ_FIGURES, Permission.MANAGE_DESK)
    running = started()
    address = f"/api/v1/experiments/{running.public_id}"
    [one] = client.get("/api/v1/experiments").json()["experiments"]
    assert (one["state"], one["needed"], one["p_value"]) == ("running", running.needed, None)
    assert client.post(f"{address}/stop").json()["state"] == "stopped"
    assert client.post(f"{address}/promote").json()["state"] == "promoted"
    assert client.post(f"{address}/rollback").json()["state"] == "rolled_back"
    assert client.post(f"{address}/stop").status_code == 409
    use_key(client, Permission.READ_FIGURES)
    assert client.post(f"{address}/stop").status_code == 403
