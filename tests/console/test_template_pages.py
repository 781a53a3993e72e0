"""Templates and macros: written by those who lead, offered beside a ticket, measured by what became of them."""

import re

import pytest

from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import Member, escalated, member
from tests.console.test_ticket import page_of
from tests.jobs import CollectedJobs
from tickets import queries, satisfaction, template_figures, templates
from tickets.contracts import Channel, Priority
from tickets.template_texts import Filled, fill, kept_share
from tickets.templates import Steps, TemplateKind, Written


@pytest.fixture
def mona(run_jobs: CollectedJobs) -> Member:
    return member("Mona", role=Role.MANAGER)


def add(text: str = "Dear {{customer_name}}, we look into it.", **changes: object) -> str:
    written = Written(**({"kind": TemplateKind.FIRST_RESPONSE, "name": text[:60], "text": text} | changes))  # type: ignore[arg-type]  # fields of a test
    with transaction() as session:
        return templates.add(session, written, by="AGENT-M0NA0000").public_id


def test_a_manager_writes_a_template_and_it_is_listed(mona: Member) -> None:
    fields = {"kind": "resolution", "name": "Refund done", "text": "Dear {{customer_name}}", "resolve": "1"}
    assert mona.post("/console/templates/new", **fields).status_code == 303
    page = mona.client.get("/console/templates").text
    for text in ("Refund done", "Resolution", "resolves", "not used yet"):
        assert text in page


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": "Dear {{name}}"}, "There is no variable"),
        ({"text": "Dear {{customer_name}"}, "a brace is missing"),
        ({"text": " "}, "1 to 20000 characters"),
        ({"name": ""}, "needs a name"),
        ({"language": "xx"}, "The language is one of"),
        ({"kind": "poem"}, "Choose among what the form offers"),
    ],
)
def test_a_wrong_field_is_told_and_nothing_typed_is_lost(
    mona: Member, fields: dict[str, str], why: str
) -> None:
    typed = {"kind": "resolution", "name": "N", "text": "Kept text"} | fields
    response = mona.post("/console/templates/new", **typed)
    assert response.status_code == 422
    assert why in response.text
    assert typed["text"].strip() in response.text
    with transaction() as session:
        assert templates.list_templates(session) == []


def test_two_templates_of_one_name_are_refused_until_one_is_withdrawn(mona: Member) -> None:
    fields = {"kind": "resolution", "name": "Same", "text": "One"}
    mona.post("/console/templates/new", **fields)
    assert mona.post("/console/templates/new", **fields).status_code == 409
    with transaction() as session:
        [one] = templates.list_templates(session)
    mona.post(f"/console/templates/{one.public_id}/withdraw")
    assert mona.post("/console/templates/new", **fields).status_code == 303


def test_an_agent_uses_templates_but_does_not_write_them(mona: Member) -> None:
    carol = member("Carol")
    template = add()
    assert carol.client.get("/console/templates").status_code == 200
    for address in ("new", template, f"{template}/withdraw"):
        assert carol.post(f"/console/templates/{address}", name="x", text="y").status_code == 403


def test_what_fits_the_case_is_offered_filled_in_and_the_best_first(mona: Member) -> None:
    add(name="For all", text="Hello {{customer_first_name}}, order {{order_id}}")
    add(name="Shipping", text="About shipping", categories=["shipping"])
    add(name="Billing", text="About billing", categories=["billing_inquiry"])
    add(name="Other", text="Bonjour", language="fr")
    public_id = escalated(metadata={"order_id": "A-1"})
    page = mona.client.get(f"/console/tickets/{public_id}/templates").text
    assert re.findall(r"<strong>([^<]+)</strong>", page) == ["Shipping", "For all"]
    assert 'data-insert="Hello Alice, order A-1"' in page


def test_what_has_no_value_is_named_and_not_sent(mona: Member) -> None:
    add(name="Order", text="Your order {{order_id}}")
    public_id = escalated()
    page = mona.client.get(f"/console/tickets/{public_id}/templates").text
    assert "Fill in: order_id" in page
    refused = mona.post(f"/console/tickets/{public_id}/reply", text="Your order {{order_id}}", seen_seq=1)
    assert refused.status_code == 422
    assert "Fill in {{order_id}} first." in refused.text


def test_a_macro_does_its_steps_when_the_reply_is_sent_and_is_counted(mona: Member) -> None:
    steps = Steps(resolve=True, priority=Priority.LOW, category="shipping")
    template = add("Dear {{customer_name}} it is done now", steps=steps)
    public_id = escalated(channel=Channel.MAIL)
    sent = "Dear Alice it is finally done"
    mona.post(f"/console/tickets/{public_id}/reply", text=sent, seen_seq=1, template=template)
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
        assert (ticket.status, ticket.priority, ticket.category) == ("resolved", "low", "shipping")
        satisfaction.rate(session, ticket.id, 2)
        satisfaction.rate(session, ticket.id, 4)
        [effect] = template_figures.effects(session).values()
    assert (effect.uses, effect.resolved, effect.rating, effect.ratings) == (1, 1.0, 4.0, 1)
    assert effect.kept == pytest.approx(5 / 6)
    assert "83 % kept, 100 % resolved, 4.0 of 5" in mona.client.get("/console/templates").text


def test_a_template_that_is_not_there_stops_no_reply(mona: Member) -> None:
    public_id = escalated(channel=Channel.MAIL)
    response = mona.post(f"/console/tickets/{public_id}/reply", text="Hi", seen_seq=1, template="TPL-GONE")
    assert response.status_code == 303


def test_a_text_of_a_customer_in_a_variable_is_no_markup(mona: Member) -> None:
    add(text="Dear {{customer_name}}")
    public_id = escalated(name="<script>alert(1)</script>")
    assert "<script>" not in mona.client.get(f"/console/tickets/{public_id}/templates").text
    assert "<script>alert" not in page_of(mona, public_id)


def test_filling_names_each_missing_variable_once() -> None:
    filled = fill("{{ order_id }} {{order_id}} {{subject}}", {"subject": "Late"})
    assert filled == Filled("{{ order_id }} {{order_id}} Late", ("order_id",))


@pytest.mark.parametrize(
    ("template", "sent", "share"),
    [("a b c d", "a b c d", 1.0), ("a b c d", "a x c d", 0.75), ("a b", "x y", 0.0), ("", "x", 0.0)],
)
def test_the_kept_share_counts_words_in_their_order(template: str, sent: str, share: float) -> None:
    assert kept_share(template, sent) == share
