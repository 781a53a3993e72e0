import json
from collections.abc import Iterator
from typing import Any

import pytest

from ingestion.channels import zendesk
from ingestion.channels.zendesk_events import TRIGGER_BODY
from runtime.errors import InvalidInput
from tests.ingestion.channels.platforms import SHARED, configured, payload
from tests.stubs import zendesk_stub
from tickets.contracts import IncomingMessage, Priority

TICKET = "5512"
ALICE = "4701"


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with configured(zendesk_stub.SETTINGS):
        yield


def parsed(name: str) -> IncomingMessage:
    """The only message of a payload."""
    (message,) = zendesk.parse(payload(f"zendesk/{name}"))
    return message


def changed(name: str, path: str, value: object) -> bytes:
    """A payload with one field set, or left out by the value ..."""
    whole: dict[str, Any] = json.loads(payload(f"zendesk/{name}"))
    *parents, last = path.split(".")
    part = whole
    for parent in parents:
        part = part[parent]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return json.dumps(whole).encode()


def test_a_new_ticket_is_its_description() -> None:
    message = parsed("ticket_created")
    assert message.text == "The kettle I got on Monday leaks.\nCan I send it back?"
    assert (message.identity, message.thread, message.subject) == (ALICE, TICKET, "Leaking kettle")
    assert message.priority is Priority.HIGH
    assert not message.customer_verified


def test_a_new_ticket_told_twice_is_one_message() -> None:
    assert parsed("ticket_created").external_id == parsed("first_comment").external_id


def test_the_same_words_again_later_are_a_message_of_their_own() -> None:
    again = changed("first_comment", "time", "2026-11-10T09:30:00Z")
    (message,) = zendesk.parse(again)
    assert message.external_id == "comment:60001"


def test_a_later_comment_belongs_to_the_ticket_and_names_its_author() -> None:
    message = parsed("later_comment")
    assert (message.external_id, message.thread, message.identity) == ("comment:60002", TICKET, ALICE)
    assert (message.name, message.text) == ("Alice Miller", "It drips from the handle, by the way.")


def test_a_person_in_copy_is_not_the_requester() -> None:
    message = parsed("comment_by_person_in_copy")
    assert (message.identity, message.name, message.thread) == ("4702", "Bob", TICKET)


@pytest.mark.parametrize(
    "name", ["comment_by_staff", "comment_private", "created_by_staff", "status_changed"]
)
def test_what_no_customer_wrote_to_us_is_left_out(name: str) -> None:
    assert zendesk.parse(payload(f"zendesk/{name}")) == []


@pytest.mark.parametrize("author", ["900", "-1"])
def test_our_own_user_and_zendesks_automation_do_not_loop(author: str) -> None:
    assert zendesk.parse(changed("later_comment", "event.comment.author.id", author)) == []


def test_a_ticket_that_our_own_user_requested_does_not_loop() -> None:
    whole = json.loads(payload("zendesk/ticket_created"))
    whole["detail"] |= {"requester_id": 900, "submitter_id": 900}
    assert zendesk.parse(json.dumps(whole).encode()) == []


def test_a_trigger_brings_the_requesters_comment() -> None:
    message = parsed("trigger")
    assert (message.external_id, message.thread, message.identity) == ("comment:60010", "5520", "4703")
    assert message.text == "I have moved.\nPlease use the new address."
    assert message.metadata == {"unverified_email": "carol@example.com"}


def test_the_body_given_to_triggers_can_be_read_with_line_ends_in_it() -> None:
    values = {"ticket.id": "1", "ticket.requester.id": "2", "ticket.latest_public_comment.author.id": "2"}
    values |= {"ticket.latest_public_comment.id": "3", "ticket.latest_public_comment.value": "One\r\ntwo"}
    body = TRIGGER_BODY
    for name, value in values.items():
        body = body.replace("{{" + name + "}}", value)
    (message,) = zendesk.parse(body.encode())
    assert (message.thread, message.external_id, message.text) == ("1", "comment:3", "One\ntwo")


@pytest.mark.parametrize(
    ("field", "value"), [("author_id", "900"), ("author_id", "4799"), ("author_email", "Desk@Example.com")]
)
def test_of_a_trigger_only_the_requesters_own_comments_count(field: str, value: str) -> None:
    assert zendesk.parse(changed("trigger", field, value)) == []


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("later_comment", "detail"),
        ("later_comment", "detail.id"),
        ("later_comment", "detail.requester_id"),
        ("later_comment", "event.comment"),
        ("later_comment", "event.comment.id"),
        ("later_comment", "event.comment.body"),
        ("later_comment", "event.comment.is_public"),
        ("later_comment", "event.comment.author"),
        ("later_comment", "event.comment.author.is_staff"),
        ("ticket_created", "detail.description"),
        ("ticket_created", "detail.requester_id"),
        ("trigger", "comment"),
        ("trigger", "comment_id"),
        ("trigger", "requester_id"),
    ],
)
def test_a_missing_field_is_named(name: str, field: str) -> None:
    with pytest.raises(InvalidInput, match="is missing") as caught:
        zendesk.parse(changed(name, field, ...))
    assert caught.value.field == field


@pytest.mark.parametrize("value", ["5512/../../users", "", None, "5512 or 1=1", {"id": 1}, "9" * 30])
def test_an_id_that_is_none_is_named_and_not_repeated(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        zendesk.parse(changed("later_comment", "detail.id", value))
    assert caught.value.field == "detail.id"
    assert "users" not in caught.value.detail


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000, b"null"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="JSON"):
        zendesk.parse(body)


def test_a_body_of_no_kind_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        zendesk.parse(b"{}")
    assert caught.value.field == "type"


def test_ids_come_as_numbers_too_and_texts_can_be_stored() -> None:
    whole = json.loads(payload("zendesk/later_comment"))
    whole["detail"] |= {"id": 5512, "subject": None}
    whole["event"]["comment"] |= {"id": 60002, "body": "nul\x00 and half a pair \ud83d"}
    (message,) = zendesk.parse(json.dumps(whole).encode())
    assert (message.thread, message.external_id) == (TICKET, "comment:60002")
    assert (message.text, message.subject) == ("nul and half a pair ?", "")


@pytest.mark.skipif(not SHARED.exists(), reason="the payloads for measuring are not part of the project")
@pytest.mark.parametrize("path", sorted((SHARED / "zendesk").glob("*.json")), ids=lambda path: path.stem)
def test_events_of_others_are_read_by_their_type(path: Any) -> None:
    kind = json.loads(path.read_bytes()).get("type")
    if kind is None:
        with pytest.raises(InvalidInput, match="neither a type nor"):
            zendesk.parse(path.read_bytes())
        return
    messages = zendesk.parse(path.read_bytes())
    assert all(message.thread.isdigit() for message in messages)
    assert not messages or kind in ("zen:event-type:ticket.created", "zen:event-type:ticket.comment_added")
