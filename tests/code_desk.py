"""A desk that mails codes, for the tests of who a customer is: tickets, mails and what customers write."""

import re
from email import message_from_bytes, policy

from ingestion import intake
from runtime.data_folder import data_folder
from runtime.database import transaction
from tests.proposals import CLOSE, a_proposal
from tests.samples import a_message
from tickets import actions, queries
from tickets.actions import ActionView
from tickets.queries import Details


def asked_to_close(mail: str = "alice@example.com", **message: object) -> str:
    """A ticket with the proposal to close the account; its public id."""
    return a_proposal(CLOSE, text="Close my account.", identity=mail, **message)[0]


def mails() -> list[tuple[str, str]]:
    """To whom, and the text, of all that was sent."""
    found = []
    for file in sorted(
        (data_folder() / "mail" / "out").glob("*.eml"), key=lambda one: one.stat().st_mtime_ns
    ):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        found.append((str(mail["To"]), str(body.get_content()).replace("\r\n", "\n")))
    return found


def code_of(text: str) -> str:
    found = re.search(r"^(\d{6})$", text, re.MULTILINE)
    assert found is not None
    return found[1]


def link_of(text: str) -> str:
    found = re.search(r"/confirm/(\S+)", text)
    assert found is not None
    return found[1]


def write(public_id: str, text: str, **changes: object) -> None:
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
        message = a_message(text=text, customer_verified=True, **changes)
        intake.receive_on_ticket(session, message, ticket.id)


def read(public_id: str) -> Details:
    with transaction() as session:
        return queries.read_ticket(session, public_id)


def the_action(public_id: str) -> ActionView:
    with transaction() as session:
        [view] = actions.of_ticket(session, queries.find_ticket(session, public_id).id)
        return view


def last_told(public_id: str) -> str:
    reply = read(public_id).reply
    assert reply is not None
    assert reply.author == "system"
    return reply.text


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"
