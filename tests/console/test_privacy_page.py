"""A manager looks over and exports what is kept of a customer; an admin erases it and has the receipt."""

import io
import json
import re
import zipfile

import pytest
from fastapi import FastAPI

from accounts import access, audit
from accounts.permissions import Role
from deskfleet import privacy
from runtime.database import transaction
from tests.console.desk import Member, console_app, member, receive
from tests.jobs import CollectedJobs
from tickets import queries
from tickets.models import Customer


@pytest.fixture
def app(run_jobs: CollectedJobs) -> FastAPI:
    access.forget()
    made = console_app()
    made.state.privacy = privacy
    return made


@pytest.fixture
def carol(app: FastAPI) -> Member:
    return member("Carol", role=Role.ADMIN, app=app)


def alice() -> tuple[str, str]:
    """Her public id, and that of her ticket."""
    ticket = receive(name="Alice <b>", text="Where is my parcel?")
    with transaction() as session:
        customer_id = queries.find_ticket(session, ticket).customer_id
        return session.get_one(Customer, customer_id).public_id, ticket


def test_what_there_is_is_shown_and_exported(carol: Member) -> None:
    customer, ticket = alice()
    page = f"/console/customers/{customer}/privacy"
    assert f'href="{page}"' in carol.client.get(f"/console/tickets/{ticket}").text
    shown = carol.client.get(page).text
    assert ("Alice &lt;b&gt;" in shown, "<b>" in shown) == (True, False)
    counted = dict(re.findall(r'<th scope="row">([^<]+)</th><td>(\d+)</td>', shown))
    assert (counted["Tickets"], counted["Messages"], counted["Files"]) == ("1", "1", "0")
    exported = carol.post(f"{page}/export")
    assert exported.headers["content-disposition"] == f'attachment; filename="{customer}.zip"'
    assert f"tickets/{ticket}.json" in zipfile.ZipFile(io.BytesIO(exported.content)).namelist()
    with transaction() as session:
        assert "customer.exported" in [one.action for one in audit.entries(session, target=customer)]


def test_an_erasure_is_confirmed_by_typing_and_gives_a_receipt(carol: Member) -> None:
    customer, _ticket = alice()
    page = f"/console/customers/{customer}/privacy"
    refused = carol.post(f"{page}/erase", typed="yes")
    assert (refused.status_code, f"Type {customer} to erase" in refused.text) == (422, True)
    done = carol.post(f"{page}/erase", typed=f" {customer.lower()} ")
    assert (done.status_code, done.headers["location"]) == (303, f"/console/customers/{customer}/receipt")
    shown = carol.client.get(page)
    assert (shown.url.path, "is erased" in shown.text) == (f"/console/customers/{customer}/receipt", True)
    assert "Alice" not in shown.text
    receipt = carol.client.get(f"/console/customers/{customer}/receipt.json")
    assert privacy.is_genuine(json.loads(receipt.text))
    assert f"{customer}-erasure.json" in receipt.headers["content-disposition"]
    again = carol.post(f"{page}/erase", typed=customer)
    assert again.status_code == 303, "again and again it is the first receipt"


def test_a_manager_exports_and_does_not_erase(app: FastAPI) -> None:
    customer, ticket = alice()
    bob = member("Bob", role=Role.MANAGER, app=app)
    page = f"/console/customers/{customer}/privacy"
    assert f'action="{page}/erase"' not in bob.client.get(page).text
    assert bob.post(f"{page}/erase", typed=customer).status_code == 403
    eve = member("Eve", role=Role.AGENT, app=app)
    assert eve.client.get(page).status_code == 403
    assert page not in eve.client.get(f"/console/tickets/{ticket}").text


@pytest.mark.parametrize("customer", ["CUST-00000000", "CUST-1", "1'%20or%201=1--"])
def test_who_is_not_there_is_not_found(carol: Member, customer: str) -> None:
    for path in ("privacy", "receipt", "receipt.json"):
        assert carol.client.get(f"/console/customers/{customer}/{path}").status_code in (404, 422)


def test_every_form_carries_the_token(carol: Member) -> None:
    customer, _ticket = alice()
    shown = carol.client.get(f"/console/customers/{customer}/privacy").text
    forms = re.findall(r'<form[^>]*method="post".*?</form>', shown, re.DOTALL)
    assert len(forms) >= 2
    assert all(f'name="csrf" value="{carol.csrf}"' in form for form in forms)
