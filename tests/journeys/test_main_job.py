"""The main job from a customer's message to an answer, on the product's own processes and real servers."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import httpx
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.journeys.conftest import Desk
from tests.journeys.fleet import eventually

DELIVERY = "My order hasn't arrived and I can't find a tracking number. Where do I look?"


def settled(desk: Desk, ticket_id: str) -> dict[str, Any]:
    """The ticket once it has an outcome."""

    def look() -> dict[str, Any] | None:
        with desk.api as api:
            found: dict[str, Any] = api.get(f"/api/v1/tickets/{ticket_id}").json()
        return found if found["reply"] or found["owner"] == "staff" else None

    return eventually(look, what=f"no outcome for {ticket_id}")


def post(desk: Desk, **body: str) -> str:
    with desk.api as api:
        response = api.post("/api/v1/tickets", json=body)
    assert response.status_code == 202, response.text
    return str(response.json()["ticket_id"])


def a_mail(subject: str, text: str, *, sender: str = "carol@example.com", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Carol <{sender}>"
    mail["To"] = "support@example.com"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{uuid.uuid4().hex}@customers.example.com>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def replies_to(desk: Desk, sender: str) -> list[EmailMessage]:
    return [mail for mail in desk.smtp.mails if sender in str(mail["To"])]


def test_rest_message_is_answered_with_a_source(desk: Desk) -> None:
    found = settled(
        desk, post(desk, description=DELIVERY, customer_email="alice@example.com", customer_name="Alice")
    )
    assert found["owner"] == "agent", found["reason"]
    assert found["reply"]["text"].startswith("Hello Alice,")
    assert "/help/order-tracking" in [citation["url"] for citation in found["reply"]["citations"]]
    assert found["reply"]["delivery"] == "sent"


def test_mail_is_answered_by_a_mail_in_the_same_thread(desk: Desk) -> None:
    question = a_mail("Parcel", DELIVERY)
    desk.imap.append(bytes(question))
    answer = eventually(lambda: replies_to(desk, "carol@example.com"), what="no reply by mail")[0]
    assert answer["In-Reply-To"] == question["Message-ID"]
    assert question["Message-ID"] in answer["References"]
    assert answer["Subject"] == "Re: Parcel"
    assert answer["Auto-Submitted"] == "auto-replied"
    body = answer.get_body(("plain",))
    assert body is not None
    assert "tracking number" in body.get_content()

    follow_up = a_mail(
        "Re: Parcel", "Thank you. And how long can a new tracking number take to show something?",
        In_Reply_To=str(answer["Message-ID"]), References=f"{question['Message-ID']} {answer['Message-ID']}",
    )  # fmt: skip
    desk.imap.append(bytes(follow_up))

    def same_ticket() -> bool:
        with desk.api as api:
            tickets = api.get("/api/v1/tickets", params={"limit": 50}).json()["tickets"]
            parcel = [one for one in tickets if one["subject"] == "Parcel"]
            assert len(parcel) == 1, "the answer to our reply opened another ticket"
            messages = api.get(f"/api/v1/tickets/{parcel[0]['ticket_id']}").json()["messages"]
        return [message["author"] for message in messages][:3] == ["customer", "agent", "customer"]

    eventually(same_ticket, what="the follow-up is not in the thread")


def test_chat_is_answered_in_the_open_socket(desk: Desk) -> None:
    address = desk.fleet.url.replace("http", "ws", 1) + "/chat/ws"
    with connect(address, origin=Origin(desk.fleet.url)) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "welcome"
        socket.send(json.dumps({"type": "message", "id": str(uuid.uuid4()), "text": DELIVERY}))
        authors: list[str] = []
        texts: list[str] = []
        while "agent" not in authors:
            frame = json.loads(socket.recv(timeout=30))
            if frame["type"] == "message":
                authors.append(frame["author"])
                texts.append(frame["text"])
    assert "tracking" in texts[-1]


def test_a_question_without_an_answer_goes_to_staff(desk: Desk) -> None:
    found = settled(desk, post(desk, description="Which wine goes with roasted duck and figs?"))
    assert (found["owner"], found["reason"], found["reply"]) == ("staff", "no_answer_found", None)


def test_an_angry_mail_goes_to_staff_who_answer_and_the_agent_learns(desk: Desk) -> None:
    question = "Is there a repair café for broken bicycle lamps of your brand in Rotterdam?"
    angry = a_mail(
        "Bicycle lamp",
        f"I am furious, this is the worst service ever and I want to speak to a real person. {question}",
        sender="dave@example.com",
    )
    desk.imap.append(bytes(angry))

    def escalated() -> dict[str, Any] | None:
        with desk.api as api:
            listed = api.get("/api/v1/tickets", params={"status": "escalated"}).json()["tickets"]
        return next((one for one in listed if one["subject"] == "Bicycle lamp"), None)

    ticket = eventually(escalated, what="the angry mail is not with staff")
    assert ticket["reason"] == "asks_for_person"

    answer = "Yes: the repair café at the central library in Rotterdam repairs our bicycle lamps on Saturdays for free."
    address = f"/console/tickets/{ticket['ticket_id']}"
    with staff_session(desk) as console:
        page = console.get(address)
        fields = {name: hidden(page.text, name) for name in ("csrf", "seen_seq")}
        sent = console.post(f"{address}/reply", data=fields | {"text": answer, "then": "resolve"})
    assert sent.status_code == 200, sent.text[:500]
    reply = eventually(lambda: replies_to(desk, "dave@example.com"), what="staff's reply was not delivered")[
        0
    ]
    assert reply["In-Reply-To"] == angry["Message-ID"]
    assert reply["Auto-Submitted"] is None

    report = desk.fleet.run("knowledge", "learn", "--now", "--json")
    assert report["learned"] >= 1
    found = settled(desk, post(desk, description=question, customer_name="Erin"))
    assert found["owner"] == "agent", found["reason"]
    assert "central library" in found["reply"]["text"]


@contextmanager
def staff_session(desk: Desk) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.fleet.url, follow_redirects=True, timeout=10.0) as console:
        page = console.get("/console/login")
        data = {
            "email": desk.admin["email"],
            "password": desk.admin["password"],
            "csrf": hidden(page.text, "csrf"),
        }
        logged_in = console.post("/console/login", data=data)
        assert logged_in.status_code == 200
        assert "/console/login" not in str(logged_in.url)
        yield console


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"the page has no field {name}"
    return found.group(1)


def test_the_correlation_id_goes_from_the_request_to_the_workers_log(desk: Desk) -> None:
    given = f"journey-{uuid.uuid4().hex[:12]}"
    with desk.api as api:
        response = api.post(
            "/api/v1/tickets", json={"description": DELIVERY}, headers={"X-Correlation-ID": given}
        )
    ticket_id = response.json()["ticket_id"]
    settled(desk, ticket_id)
    lines = eventually(
        lambda: [line for line in desk.fleet.log("worker").splitlines() if given in line],
        what="not in the log",
    )
    logged = json.loads(lines[-1])
    assert logged["ticket_id"] == ticket_id
    assert {"category", "confidence", "resolution_method", "processing_time_ms", "cost_usd"} <= logged.keys()


def test_a_message_that_came_while_every_worker_was_down_is_answered_afterwards(desk: Desk) -> None:
    desk.fleet.stop("worker")
    try:
        ticket_id = post(desk, description=DELIVERY)
        with desk.api as api:
            assert api.get(f"/api/v1/tickets/{ticket_id}").json()["reply"] is None
    finally:
        desk.fleet.start("worker")
    assert settled(desk, ticket_id)["reply"] is not None
