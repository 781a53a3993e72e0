"""The demo desk: its sample tickets, how they arrive, and what a second start does."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from analytics import volume
from analytics.models import HourlyVolume
from deskfleet import demo
from ingestion.mail.folder import read_folder
from ingestion.mail.parse import parse
from knowledge import articles
from knowledge.articles import Article
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tickets.contracts import Channel, Kind
from tickets.models import Customer, CustomerIdentity, Message, Ticket

THREADS = [sample for sample in demo.sample_tickets() if not sample.follows]
FOLLOW_UPS = [sample for sample in demo.sample_tickets() if sample.follows]


@pytest.fixture(autouse=True)
def folder(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the sample mails are put."""
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    yield tmp_path / "mail" / "in"
    settings.cache_clear()


def feed() -> int:
    return demo.feed(threading.Event(), pace_s=0.0)


def conversations() -> list[list[str]]:
    """The texts of each ticket, in order."""
    query = select(Message.ticket_id, Message.text).where(Message.kind == Kind.INBOUND).order_by(Message.id)
    found: dict[int, list[str]] = {}
    with transaction() as session:
        for ticket_id, said in session.execute(query):
            found.setdefault(ticket_id, []).append(said)
    return list(found.values())


def test_there_is_a_sample_for_every_channel_of_the_demo() -> None:
    samples = demo.sample_tickets()
    assert {sample.channel for sample in samples} == {Channel.MAIL, Channel.WEB_CHAT, Channel.API}
    assert len({sample.external_id for sample in samples}) == len(samples) >= 40
    assert all(
        sample.mail.endswith("@example.com") and sample.text.strip() and sample.name for sample in samples
    )


def test_a_follow_up_continues_an_earlier_conversation_of_the_same_person() -> None:
    samples = demo.sample_tickets()
    assert FOLLOW_UPS
    for sample in FOLLOW_UPS:
        first = samples[sample.thread]
        assert first.index < sample.index
        assert (first.channel, first.mail) == (sample.channel, sample.mail)


def test_orders_that_are_named_are_in_the_sample_shop() -> None:
    orders = {one["order_id"]: one for one in json.loads((demo.DATA / "shop.json").read_text())["orders"]}
    named = [sample for sample in demo.sample_tickets() if sample.order_id]
    assert named
    assert [sample.order_id for sample in named if sample.order_id not in orders] == []


def test_a_sample_by_mail_is_a_real_mail() -> None:
    sample = next(one for one in FOLLOW_UPS if one.channel is Channel.MAIL)
    mail = parse(demo.as_mail(sample), mailbox="support@example.com")
    assert (mail.sender, mail.sender_name, mail.message_id) == (sample.mail, sample.name, sample.external_id)
    assert mail.in_reply_to == f"demo-{sample.thread}@example.com"
    assert mail.defects == ()


def test_every_sample_arrives_in_its_conversation() -> None:
    assert feed() == len(demo.sample_tickets())
    read_folder()
    found = conversations()
    assert len(found) == len(THREADS)
    assert sorted(len(texts) for texts in found)[-len(FOLLOW_UPS) :] == [2] * len(FOLLOW_UPS)
    with transaction() as session:
        stated = session.execute(select(Ticket.channel, func.count()).group_by(Ticket.channel)).all()
        names = set(session.scalars(select(Customer.name)))
    assert {channel: count for channel, count in stated} == {
        channel: len([one for one in THREADS if one.channel is channel])
        for channel in (Channel.MAIL, Channel.WEB_CHAT, Channel.API)
    }
    assert names == {sample.name for sample in THREADS}


def test_with_a_real_mailbox_the_samples_thread_as_well(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("DESKFLEET_MAIL_IMAP_URL", "imap://desk:secret@127.0.0.1:1/INBOX")
    settings.cache_clear()
    assert feed() == len(demo.sample_tickets())
    assert len(conversations()) == len(THREADS)
    assert not folder.exists()


class _StopsSoon(threading.Event):
    """Is set once seven samples were sent."""

    waited = 0

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        self.waited += 1
        if self.waited == 7:
            self.set()
        return self.is_set()


def test_what_was_interrupted_goes_on_without_doubles() -> None:
    assert demo.feed(_StopsSoon(), pace_s=0.0) == 7
    # Its mails are still in the folder: unread ones may be written again, but arrive once.
    assert feed() >= len(demo.sample_tickets()) - 7
    read_folder()
    assert sum(len(texts) for texts in conversations()) == len(demo.sample_tickets())
    assert feed() == 0
    read_folder()
    assert sum(len(texts) for texts in conversations()) == len(demo.sample_tickets())


def test_a_stop_is_heard_at_once() -> None:
    stop = threading.Event()
    stop.set()
    assert demo.feed(stop) == 0


def stored() -> tuple[list[tuple[str, int]], int, int, int]:
    with transaction() as session:
        return (
            [(one.title, one.version) for one in articles.list_articles(session)],
            session.scalar(select(func.count()).select_from(Customer)) or 0,
            session.scalar(select(func.count()).select_from(CustomerIdentity)) or 0,
            session.scalar(select(func.sum(HourlyVolume.messages))) or 0,
        )


def test_a_second_preparation_does_nothing_twice_and_keeps_what_staff_changed() -> None:
    demo.prepare()
    before = stored()
    assert len(before[0]) == 10
    assert before[1] == before[2] == len(json.loads((demo.DATA / "shop.json").read_text())["customers"])
    with transaction() as session:
        assert volume.count(session) > 5_000
        assert "vip" in session.scalars(select(Customer.tier)).all()
    demo.prepare()
    assert stored() == before

    with transaction() as session:
        warranty = next(one for one in articles.list_articles(session) if one.title.startswith("Warranty"))
        articles.withdraw(session, warranty.public_id)
        session.execute(update(Customer).where(Customer.name == "Alice").values(tier="vip"))
    demo.prepare()
    with transaction() as session:
        assert set(session.scalars(select(Customer.tier).where(Customer.name == "Alice"))) == {"vip"}
        assert session.scalar(select(Article.withdrawn_at).where(Article.id == warranty.id)) is not None
        assert len(articles.list_articles(session)) == 9


def test_the_sample_shop_is_connected_unless_another_one_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_FILE", str(tmp_path / "own.json"))
    settings.cache_clear()
    demo.connect_sample_shop()
    assert settings().agent.shop_file == tmp_path / "own.json"
    monkeypatch.delenv("DESKFLEET_AGENT_SHOP_FILE")
    settings.cache_clear()
    demo.connect_sample_shop()
    assert settings().agent.shop_file == demo.DATA / "shop.json"
