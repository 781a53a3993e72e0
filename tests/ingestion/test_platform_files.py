"""Files that customers send on a platform: told of by a webhook, fetched afterwards, listed once, or refused aloud."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from ingestion import awaited_files, platform_files, webhooks
from ingestion.models import AwaitedFile
from runtime import fetching, schedule, storage, web
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings
from tests.file_server import FileServer, Page, reaching, running_files
from tests.ingestion.channels.platforms import configured, payload
from tests.ingestion.help_desks import running_desk
from tests.jobs import CollectedJobs
from tests.samples import claimed_case
from tests.stubs import facebook_stub
from tests.stubs.zendesk_stub import ZendeskStub
from tickets.contracts import Channel
from tickets.models import Attachment, Message, Ticket

PNG = b"\x89PNG\r\n\x1a\n a photo"
FETCH = awaited_files.FETCH_FILES


@pytest.fixture
def files() -> Iterator[FileServer]:
    with running_files() as server, reaching():
        yield server


@pytest.fixture
def client(run_jobs: CollectedJobs) -> Iterator[TestClient]:
    with configured(facebook_stub.SETTINGS):
        app = FastAPI()
        web.install(app)
        app.include_router(webhooks.router)
        with TestClient(app) as client:
            yield client


def a_delivery(*urls: str, mid: str = "m_pic") -> bytes:
    body: dict[str, Any] = json.loads(payload("facebook/attachments"))
    body["entry"][0]["messaging"] = body["entry"][0]["messaging"][:1]
    message = body["entry"][0]["messaging"][0]["message"]
    message["mid"] = mid
    message["attachments"] = [{"type": "image", "payload": {"url": url}} for url in urls]
    return json.dumps(body).encode()


def deliver(client: TestClient, body: bytes) -> dict[str, int]:
    digest = hmac.new(facebook_stub.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    answer = client.post("/webhooks/facebook", content=body, headers=headers)
    assert answer.status_code == 200
    return dict(answer.json())


def fetch(run_jobs: CollectedJobs) -> int:
    """Run the jobs that were asked for, but for the agent's; returns how many fetched."""
    mine = [job for job in run_jobs.published if job[0] == FETCH]
    for _name, arguments, _headers in mine:
        platform_files.fetch_files(int(arguments[0]))
    run_jobs.lose()
    return len(mine)


def listed() -> list[Attachment]:
    with transaction() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def awaited() -> list[AwaitedFile]:
    with transaction() as session:
        return list(session.scalars(select(AwaitedFile).order_by(AwaitedFile.id)))


def make_due(*, age: timedelta = timedelta()) -> None:
    past = func.now() - timedelta(minutes=1)
    with transaction() as session:
        session.execute(update(AwaitedFile).values(due_at=past, created_at=func.now() - age))


def test_a_picture_is_kept_and_its_address_is_nowhere_to_be_read(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    files.put("/v/box.png", PNG, Content_Type="image/jpeg")
    deliver(client, a_delivery(files.url("/v/box.png?signature=s3cret")))
    with transaction() as session:
        ticket, message = session.scalars(select(Ticket)).one(), session.scalars(select(Message)).one()
    case = claimed_case()
    for shown in (ticket.meta, case.metadata, message.text, message.quoted_text, case.question):
        assert "files.example.com" not in str(shown)
    assert b"s3cret" not in awaited()[0].sealed
    assert fetch(run_jobs) == 1
    (file,) = listed()
    assert (file.message_id, file.name, file.type, file.stated_type) == (
        message.id,
        "box.png",
        "image/png",
        "image/jpeg",
    )
    assert (storage.get(file.key), file.refused, awaited()) == (PNG, "", [])


def test_the_answer_is_asked_for_before_any_file(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    deliver(client, a_delivery(files.url("/box.png")))
    assert run_jobs.names() == ["agent_core.tasks.answer_next", FETCH]
    assert files.asked == []


def test_the_files_of_a_later_message_are_its_own(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    for name in ("a", "b"):
        files.put(f"/{name}.png", PNG + name.encode())
        deliver(client, a_delivery(files.url(f"/{name}.png"), mid=f"m_{name}"))
    fetch(run_jobs)
    with transaction() as session:
        messages = list(session.scalars(select(Message).order_by(Message.id)))
    assert len({one.ticket_id for one in messages}) == 1
    assert [(one.message_id, one.name) for one in listed()] == [
        (messages[0].id, "a.png"),
        (messages[1].id, "b.png"),
    ]


def test_what_is_delivered_named_or_fetched_twice_is_listed_once(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    files.put("/box.png", PNG)
    body = a_delivery(files.url("/box.png"), files.url("/box.png"))
    assert (deliver(client, body)["received"], deliver(client, body)["duplicates"]) == (1, 1)
    (row,) = awaited()
    assert fetch(run_jobs) == 1
    platform_files.fetch_files(row.message_id)
    assert len(listed()) == len(files.asked) == 1


def test_two_jobs_at_the_same_moment_fetch_a_file_once(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    files.put("/box.png", PNG)
    deliver(client, a_delivery(files.url("/box.png")))
    message_id = awaited()[0].message_id
    both = [threading.Thread(target=platform_files.fetch_files, args=(message_id,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(listed()) == len(files.asked) == 1


def test_who_comes_late_with_a_file_that_another_worker_listed_lists_nothing(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    files.put("/box.png", PNG)
    deliver(client, a_delivery(files.url("/box.png")))
    with transaction() as session:
        late = awaited_files.claim(session, awaited()[0].message_id)
    assert late is not None
    with transaction() as session:
        assert awaited_files.claim(session, late.message_id) is None
    make_due()
    fetch(run_jobs)
    with transaction() as session:
        awaited_files.record_refused(session, late, "late")
    assert [one.refused for one in listed()] == [""]


def test_what_cannot_be_had_is_named_with_the_reason_and_loses_no_other(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_MAX_BYTES", "1000")
    settings.cache_clear()
    files.put("/program.png", b"\x7fELF")
    files.pages["/large.png"] = Page(endless=True)
    files.put("/box.png", PNG)
    names = ("gone.png", "large.png", "program.png", "box.png")
    with reaching(lambda host, _port: ["10.0.0.8" if "inside" in host else "127.0.0.1"]):
        deliver(
            client,
            a_delivery(
                *(files.url(f"/{name}?s=s3cret") for name in names),
                files.url("/a", host="inside.example.com"),
            ),
        )
        fetch(run_jobs)
    assert [(one.name, one.refused) for one in listed()] == [
        ("image", "files.example.com answered 404"),
        ("image", "It is larger than 1000 bytes"),
        ("program.png", "a program"),
        ("box.png", ""),
        ("image", "inside.example.com is not a public host"),
    ]
    assert awaited() == []


def test_no_more_files_than_the_limit_are_fetched_and_the_others_are_named(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_MAX_FILES", "2")
    settings.cache_clear()
    for number in range(4):
        files.put(f"/{number}.png", PNG)
    deliver(client, a_delivery(*(files.url(f"/{number}.png") for number in range(4))))
    fetch(run_jobs)
    assert sorted(one.refused for one in listed()) == ["", "", "more than 2 files", "more than 2 files"]
    assert len(files.asked) == 2


def test_a_lost_job_is_asked_for_again_and_an_outage_is_waited_out(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    files.put("/box.png", status=503)
    deliver(client, a_delivery(files.url("/box.png")))
    run_jobs.lose()
    platform_files.sweep_files()
    assert run_jobs.names() == []  # Its first job may be under way.
    make_due()
    platform_files.sweep_files()
    assert (fetch(run_jobs), listed()) == (1, [])
    platform_files.sweep_files()
    assert (run_jobs.names(), len(awaited())) == ([], 1)
    files.put("/box.png", PNG)
    make_due()
    platform_files.sweep_files()
    assert (fetch(run_jobs), len(listed()), awaited()) == (1, 1, [])


def test_after_a_day_a_file_is_given_up_aloud(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    files.put("/box.png", status=503)
    deliver(client, a_delivery(files.url("/box.png")))
    make_due(age=timedelta(days=1, minutes=1))
    fetch(run_jobs)
    assert [one.refused for one in listed()] == ["files.example.com answered 503"]
    assert awaited() == []


def test_a_file_that_fails_its_job_each_time_is_not_tried_for_ever(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    deliver(client, a_delivery(files.url("/box.png")))
    with transaction() as session:
        session.execute(update(AwaitedFile).values(attempts=100))
    fetch(run_jobs)
    assert ([one.refused for one in listed()], files.asked) == (["tried too often"], [])


def test_while_the_store_is_away_nothing_is_lost(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_content: bytes) -> str:
        raise Unavailable("The store does not answer.")

    files.put("/box.png", PNG)
    deliver(client, a_delivery(files.url("/box.png")))
    with monkeypatch.context() as patch:
        patch.setattr(storage, "put", away)
        fetch(run_jobs)
    assert (listed(), len(awaited())) == ([], 1)
    make_due()
    platform_files.sweep_files()
    fetch(run_jobs)
    assert len(listed()) == 1


def test_downloads_leave_the_other_threads_to_the_answers(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(client, a_delivery(files.url("/box.png")))
    monkeypatch.setattr(platform_files, "_slots", threading.BoundedSemaphore(1))
    with platform_files._slots:
        fetch(run_jobs)
        assert files.asked == []
    assert len(awaited()) == 1


def test_the_product_itself_fetches_nothing_from_this_machine(
    client: TestClient, run_jobs: CollectedJobs
) -> None:
    fetching.use_reach(None)
    with running_files() as server:
        deliver(
            client, a_delivery(server.url("/a", host="127.0.0.1"), "https://127.0.0.1/a", "https://[::1]/a")
        )
        fetch(run_jobs)
    assert server.asked == []
    assert [one.refused for one in listed()] == [
        "127.0.0.1 is not asked by HTTPS",
        "127.0.0.1 is not a public host",
        "::1 is not a public host",
    ]


def test_a_file_without_an_address_is_named(client: TestClient, run_jobs: CollectedJobs) -> None:
    told = json.loads(payload("intercom/user_replied_among_others"))
    for part in told["data"]["item"]["conversation_parts"]["conversation_parts"]:
        for file in part["attachments"]:
            del file["url"]
    body = json.dumps(told).encode()
    with running_desk(Channel.INTERCOM) as desk:
        answer = client.post("/webhooks/intercom", content=body, headers=desk.sign(body))
    assert answer.json()["received"] == 2
    assert [(one.name, one.refused) for one in listed()] == [("label.png", "without an address")]
    assert (FETCH in run_jobs.names(), awaited()) == (False, [])


def test_zendesk_is_asked_which_files_a_comment_has_and_lets_us_in_by_our_token(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    files.put("/box.png", PNG)
    with running_desk(Channel.ZENDESK) as desk:
        assert isinstance(desk.stub, ZendeskStub)
        (ticket,) = desk.stub.tickets.values()
        named = {"content_url": f"{desk.stub.url}/attachments/token/1", "file_name": "box.png"}
        elsewhere = {
            "content_url": files.url("/box.png"),
            "file_name": "lid\x00.png",
            "content_type": "image/png",
        }
        ticket.comments.append({"id": 1, "attachments": [named, elsewhere]})
        body = payload(desk.question)
        assert client.post("/webhooks/zendesk", content=body, headers=desk.sign(body)).status_code == 200
        fetch(run_jobs)
        asked = [one for one in desk.stub.received if one.path == "/attachments/token/1"]
    assert [one.headers.get("authorization", "")[:6] for one in asked] == ["Basic "]
    assert [(path, authorization) for path, _host, authorization in files.asked] == [("/box.png", "")]
    assert [(one.name, one.refused) for one in listed()] == [
        ("box.png", "127.0.0.1 answered 404"),
        ("lid.png", ""),
    ]
    assert awaited() == []


def test_a_comment_without_files_leaves_nothing_to_do(client: TestClient, run_jobs: CollectedJobs) -> None:
    with running_desk(Channel.ZENDESK) as desk:
        assert isinstance(desk.stub, ZendeskStub)
        for ticket in desk.stub.tickets.values():
            ticket.comments.append({"id": 1, "attachments": []})
        body = payload(desk.question)
        client.post("/webhooks/zendesk", content=body, headers=desk.sign(body))
        assert len(awaited()) == 1
        fetch(run_jobs)
    assert (listed(), awaited()) == ([], [])


def test_what_goes_with_its_message_is_not_fetched(
    client: TestClient, run_jobs: CollectedJobs, files: FileServer
) -> None:
    deliver(client, a_delivery(files.url("/box.png")))
    with transaction() as session:
        for message in session.scalars(select(Message)):
            session.delete(message)
        session.flush()
    fetch(run_jobs)
    assert (awaited(), files.asked) == ([], [])


def test_the_sweep_is_on_the_schedule() -> None:
    entry = schedule.entries()["ingestion.platform_files.sweep_files"]
    assert (entry["options"]["queue"], schedule.queue_of(FETCH)) == ("upkeep", "ingestion")
