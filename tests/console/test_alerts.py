"""Alerts in the console: a count that everybody sees, and a page to say that one was seen."""

from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import member
from tests.jobs import CollectedJobs
from tickets import alerts
from tickets.alerts import AlertKind


def raised(text: str = "The mailbox is not read.") -> str:
    with transaction() as session:
        alerts.raise_alert(session, AlertKind.MAILBOX_SILENT, "desk", text)
        return alerts.list_alerts(session)[0].public_id


def test_every_list_leads_to_what_is_open(run_jobs: CollectedJobs) -> None:
    carol = member()
    assert 'href="/console/alerts"' not in carol.client.get("/console/queue").text
    raised()
    assert 'href="/console/alerts"' in carol.client.get("/console/queue").text


def test_what_a_server_said_is_text_on_the_page(run_jobs: CollectedJobs) -> None:
    raised("<script>alert(1)</script>")
    page = member().client.get("/console/alerts").text
    assert "&lt;script&gt;alert(1)" in page


def test_who_saw_it_is_named_and_it_stays_until_it_is_over(run_jobs: CollectedJobs) -> None:
    alert_id = raised()
    carol = member("Carol")
    assert carol.post(f"/console/alerts/{alert_id}/acknowledge").status_code == 303
    page = carol.client.get("/console/alerts").text
    assert "seen by Carol" in page
    assert "I have seen it" not in page
    with transaction() as session:
        alerts.clear(session, AlertKind.MAILBOX_SILENT)
    assert "All is well" in carol.client.get("/console/alerts").text


def test_a_reader_sees_it_without_a_button(run_jobs: CollectedJobs) -> None:
    alert_id = raised()
    reader = member("Bob", role=Role.READONLY)
    assert "I have seen it" not in reader.client.get("/console/alerts").text
    assert reader.post(f"/console/alerts/{alert_id}/acknowledge").status_code == 403
