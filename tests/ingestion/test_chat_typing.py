"""A visitor sees that a colleague is writing, while it is so."""

import pytest

from runtime import events
from tests.ingestion.chat_client import Open, the_ticket


def test_a_visitor_sees_that_a_colleague_is_typing(open_page: Open) -> None:
    page = open_page()
    page.say("Where is my parcel?")
    page.next("status", status="answering")
    events.publish_now("typing.staff", ticket_id=the_ticket().id)
    assert page.next("typing")["for_s"] > 4


def test_typing_on_another_ticket_is_not_told(open_page: Open) -> None:
    page = open_page()
    page.say("Where is my parcel?")
    page.next("status", status="answering")
    events.publish_now("typing.staff", ticket_id=the_ticket().id + 1)
    with pytest.raises(TimeoutError):
        while True:
            assert page.socket.recv(timeout=0.5).find('"typing"') < 0  # type: ignore[arg-type]  # text frames alone
