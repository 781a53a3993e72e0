"""The frames that a visitor's page may send, and what is said about those that it may not."""

import json
import uuid

import pytest

from ingestion.channels import web_chat
from runtime.errors import InvalidInput, TooLarge
from tickets.contracts import Channel, StoredFile

ID = "7f3c1e0a-52a0-4a3f-9d2f-0c1b7d7a9a10"


def a_frame(**changes: object) -> str:
    return json.dumps({"type": "message", "id": ID, "text": "Hello"} | changes)


def test_a_message_becomes_an_incoming_message_of_its_conversation() -> None:
    frame = web_chat.parse_frame(
        a_frame(text="  Where is my parcel?\n", name=" Alice ", email="alice@example.com")
    )
    assert isinstance(frame, web_chat.MessageFrame)
    message = web_chat.incoming_message(frame, visitor_id="visitor", conversation_id="conversation")
    assert (message.channel, message.identity, message.thread) == (
        Channel.WEB_CHAT,
        "visitor",
        "conversation",
    )
    assert (message.text, message.name) == ("Where is my parcel?", "Alice")
    assert web_chat.client_id(message.external_id) == ID


def test_a_visitors_address_is_kept_as_their_own_word() -> None:
    frame = web_chat.parse_frame(a_frame(email="ceo@example.com"))
    assert isinstance(frame, web_chat.MessageFrame)
    message = web_chat.incoming_message(frame, visitor_id="visitor", conversation_id="conversation")
    assert message.identity == "visitor"
    assert message.metadata == {"unverified_email": "ceo@example.com"}


def test_the_same_id_of_two_visitors_is_two_messages() -> None:
    frame = web_chat.parse_frame(a_frame())
    assert isinstance(frame, web_chat.MessageFrame)
    one, other = (web_chat.incoming_message(frame, visitor_id=v, conversation_id=v) for v in ("one", "other"))
    assert one.external_id != other.external_id


def test_seen_and_resume_name_a_message() -> None:
    assert web_chat.parse_frame('{"type": "seen", "up_to": 7}') == web_chat.SeenFrame(type="seen", up_to=7)
    assert web_chat.parse_frame('{"type": "resume", "after": 0}') == web_chat.ResumeFrame(
        type="resume", after=0
    )


def test_a_text_of_four_thousand_characters_in_four_bytes_each_is_taken() -> None:
    text = "🙂" * web_chat.MAX_TEXT
    frame = web_chat.parse_frame(f'{{"type":"message","id":"{ID}","text":"{text}"}}')
    assert isinstance(frame, web_chat.MessageFrame)
    assert frame.text == text


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ("hello", None, "not JSON"),
        ("", None, "not JSON"),
        ("[" * 10_000, None, "not JSON"),
        ("[1]", None, "not a JSON object"),
        ("null", None, "not a JSON object"),
        ("{}", "type", "no type"),
        ('{"type": "shout"}', "type", "no such type"),
        ('{"type": 7}', "type", "no such type"),
        (a_frame(text="x" * 4001), "text", "longer than 4000"),
        (a_frame(text=7), "text", "valid string"),
        (a_frame(text=" \n\t "), "text", "empty"),
        (a_frame(text="a\0b"), "text", "NUL"),
        (f'{{"type":"message","id":"{ID}","text":"\\ud800"}}', None, "not JSON"),
        (a_frame(id="1"), "id", "UUID"),
        (a_frame(name="A\nB"), "name", "control character"),
        (a_frame(name="x" * 81), "name", "at most 80"),
        (a_frame(email="not an address"), "email", "not an e-mail address"),
        (a_frame(colour="red"), "colour", "not permitted"),
        (json.dumps({"type": "message", "text": "Hello"}), "id", "required"),
        ('{"type": "seen", "up_to": -1}', "up_to", "greater than or equal to 0"),
        ('{"type": "seen", "up_to": 9223372036854775808}', "up_to", "less than or equal to"),
        ('{"type": "seen", "up_to": "7"}', "up_to", "valid integer"),
        ('{"type": "resume", "after": 1.5}', "after", "valid integer"),
        (a_frame(person="yes"), "person", "valid boolean"),
        ('{"type": "person", "now": true}', "now", "not permitted"),
        ('{"type": "rate", "rating": 0}', "rating", "greater than or equal to 1"),
        ('{"type": "rate", "rating": 6}', "rating", "less than or equal to 5"),
        ('{"type": "rate", "rating": "5"}', "rating", "valid integer"),
        ('{"type": "rate", "rating": true}', "rating", "valid integer"),
        (json.dumps({"type": "rate", "rating": 5, "comment": "x" * 1001}), "comment", "at most 1000"),
        (json.dumps({"type": "rate", "rating": 5, "comment": "a\0b"}), "comment", "NUL"),
    ],
)
def test_a_wrong_frame_is_named(raw: str, field: str | None, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        web_chat.parse_frame(raw)
    assert refused.value.field == field
    assert words in refused.value.detail


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ("hello", None, "not JSON"),
        ("[]", None, "not a JSON object"),
        (a_frame(), "type", "files"),
        (a_frame(type="files", text="a\0b"), "text", "NUL"),
        (a_frame(type="files", id=7), "id", "UUID"),
        (a_frame(type="files", text="x" * 4001), "text", "longer than 4000"),
    ],
)
def test_a_wrong_part_of_an_upload_is_named(raw: str, field: str | None, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        web_chat.parse_files_frame(raw)
    assert refused.value.field == field
    assert words in refused.value.detail


def a_file(name: str) -> StoredFile:
    return StoredFile(name, "image/png", "image/png", 1, "0" * 64)


def test_files_may_speak_for_themselves() -> None:
    files = (a_file("lamp.png"), a_file("bill.pdf"))
    frame = web_chat.parse_files_frame(a_frame(type="files", text=" "))
    message = web_chat.incoming_message(frame, visitor_id="visitor", conversation_id="chat", files=files)
    assert (message.text, message.attachments) == ("lamp.png\nbill.pdf", files)


def test_a_frame_over_sixteen_kilobytes_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TooLarge, match="16384 bytes"):
        web_chat.parse_frame(a_frame(id=str(uuid.uuid4()), text="ä" * 9_000))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (a_frame(text=7), ID),
        (a_frame(id=7), ""),
        (a_frame(id="x" * 37), ""),
        ('{"id": "\\ud800"}', ""),
        ("hello", ""),
        ("[" * 10_000, ""),
        ("x" * 20_000, ""),
    ],
)
def test_the_id_of_a_wrong_frame_is_found_where_there_is_one(raw: str, found: str) -> None:
    assert web_chat.frame_id(raw) == found
