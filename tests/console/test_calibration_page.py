"""The page of reliability for managers, and the sample of replies that staff check."""

import pytest

from accounts.permissions import Role
from analytics import audit_sample, honesty
from analytics.calibration import Checked
from console.reliability_chart import diagram
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import member, receive
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tickets import lifecycle


@pytest.fixture(autouse=True)
def _everything_is_checked(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_ANALYTICS_AUDIT_SHARE", "1")
    settings.cache_clear()


def replied(question: str = "How long?", draft: str = "Three days.") -> int:
    """A reply that waits for a check: the id of its decision."""
    receive(text=question)
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft=draft, confidence=0.9))
        audit_sample.consider(session, case)
        return audit_sample.open_checks(session)[-1].decision_id


def test_a_reply_is_checked_with_one_click_and_is_gone() -> None:
    number = replied("<b>How</b> long?", "It takes <3 days.")
    bob = member("Bob")
    page = bob.client.get("/console/checks").text
    assert "&lt;b&gt;How&lt;/b&gt; long?" in page
    assert "It takes &lt;3 days." in page
    done = bob.post(f"/console/checks/{number}", verdict="wrong")
    assert (done.status_code, done.headers["location"]) == (303, "/console/checks")
    assert "Nothing to check" in bob.client.get("/console/checks").text


def test_who_may_only_read_finds_no_button_and_no_way() -> None:
    number = replied()
    eve = member("Dave", role=Role.READONLY)
    assert 'name="verdict"' not in eve.client.get("/console/checks").text
    assert eve.post(f"/console/checks/{number}", verdict="right").status_code == 403


@pytest.mark.parametrize(
    ("number", "verdict", "status"), [(1, "perhaps", 422), (1, "", 422), (99, "right", 404)]
)
def test_a_wrong_answer_is_refused(number: int, verdict: str, status: int) -> None:
    replied()
    assert member("Bob").post(f"/console/checks/{number}", verdict=verdict).status_code == status


def test_a_manager_sees_what_is_proven_and_how_many_checks_are_missing() -> None:
    carol = member(role=Role.MANAGER)
    assert "No answer was checked yet" in carol.client.get("/console/figures/calibration").text
    carol.post(f"/console/checks/{replied()}", verdict="right")
    page = carol.client.get("/console/figures/calibration").text
    assert "148 more checked replies needed, all right" in page
    assert "claimed 0.90, right 1.00, 1 answers" in page
    assert "expected calibration error 0.100" in page
    assert "style=" not in page


def test_the_diagram_has_a_dot_for_each_bin() -> None:
    found = honesty.measure([Checked(0.95, True), Checked(0.95, False), Checked(0.25, False)])
    drawn = diagram(found.bins, "Reliability")
    assert drawn.count("<circle") == 2
    assert found.error == pytest.approx((2 * 0.45 + 0.25) / 3)
