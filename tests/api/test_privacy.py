"""Export and erasure of a customer over REST."""

import io
import zipfile

from accounts.permissions import Role
from ingestion import intake
from runtime.database import transaction
from tests.api.whole_desk import staff
from tests.jobs import CollectedJobs
from tests.samples import a_message


def a_ticket() -> str:
    with transaction() as session:
        return intake.receive(session, a_message(text="Where is my parcel?")).public_id


def test_a_customer_is_exported_as_an_archive_and_erased_with_a_receipt(run_jobs: CollectedJobs) -> None:
    carol = staff()
    customer = carol.get(f"/api/v1/tickets/{a_ticket()}").json()["customer_id"]
    exported = carol.get(f"/api/v1/customers/{customer}/export")
    assert exported.headers["content-type"] == "application/zip"
    assert exported.headers["content-disposition"] == f'attachment; filename="{customer}.zip"'
    assert "customer.json" in zipfile.ZipFile(io.BytesIO(exported.content)).namelist()
    receipt = carol.delete(f"/api/v1/customers/{customer}")
    assert receipt.status_code == 200
    assert receipt.json()["erased"]["messages"] == 1
    assert carol.get(f"/api/v1/customers/{customer}/erasure").json() == receipt.json()
    shown = carol.get(f"/api/v1/customers/{customer}").json()
    assert (shown["name"], shown["identities"]) == ("", [])
    assert carol.get(f"/api/v1/customers/{customer}/history").json()["tickets"][0]["subject"] == ""


def test_managers_export_and_do_not_erase_and_others_do_neither(run_jobs: CollectedJobs) -> None:
    manager, agent = staff(Role.MANAGER, name="Bob"), staff(Role.AGENT)
    customer = agent.get(f"/api/v1/tickets/{a_ticket()}").json()["customer_id"]
    assert manager.get(f"/api/v1/customers/{customer}/export").status_code == 200
    assert manager.delete(f"/api/v1/customers/{customer}").status_code == 403
    assert agent.get(f"/api/v1/customers/{customer}/export").status_code == 403


def test_a_customer_who_is_not_there_is_not_found(run_jobs: CollectedJobs) -> None:
    carol = staff()
    for method, path in (("GET", "/export"), ("DELETE", ""), ("GET", "/erasure")):
        assert carol.request(method, f"/api/v1/customers/CUST-00000000{path}").status_code == 404
