"""The demo desk: a starter knowledge base, a sample shop, past volume, and sample tickets that arrive by themselves."""

import json
import logging
import os
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, select

from analytics import volume
from deskfleet import sample_volume
from ingestion import intake
from knowledge import articles
from knowledge.articles import Article
from runtime import correlation
from runtime.data_folder import data_folder
from runtime.database import transaction
from runtime.settings import settings
from tickets import customers
from tickets.contracts import Channel, IncomingMessage, MailHeaders, Priority
from tickets.models import ReceivedMessage

log = logging.getLogger(__name__)

DATA = Path(__file__).parent / "demo_data"
_PACE_S = 1.5


@dataclass(frozen=True)
class SampleTicket:
    """One sample message. `thread` is the index of the ticket that it continues, or its own."""

    index: int
    thread: int
    follows: bool
    channel: Channel
    name: str
    mail: str
    subject: str
    text: str
    priority: Priority | None
    order_id: str

    @property
    def external_id(self) -> str:
        return f"demo-{self.index}@example.com"


@lru_cache(maxsize=1)
def sample_tickets() -> tuple[SampleTicket, ...]:
    lines = (DATA / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_sample(index, json.loads(line)) for index, line in enumerate(lines) if line.strip())


def _sample(index: int, raw: dict[str, str | int | None]) -> SampleTicket:
    follows = raw.get("follow_up_of")
    priority = raw.get("priority")
    return SampleTicket(
        index=index,
        thread=int(follows) if follows is not None else index,
        follows=follows is not None,
        channel=Channel(str(raw["channel"])),
        name=str(raw["name"]),
        mail=str(raw["email"]),
        subject=str(raw.get("subject") or ""),
        text=str(raw["text"]),
        priority=Priority(str(priority)) if priority else None,
        order_id=str(raw.get("order_id") or ""),
    )


def connect_sample_shop() -> None:
    """The agent looks orders up in the sample shop unless another one is set."""
    if settings().agent.shop_file is None:
        os.environ["DESKFLEET_AGENT_SHOP_FILE"] = str(DATA / "shop.json")
        settings.cache_clear()


def prepare() -> None:
    """Articles, customers and past volume; what staff have withdrawn or changed since stays so."""
    with transaction() as session:
        withdrawn = set(session.scalars(select(Article.source).where(Article.withdrawn_at.is_not(None))))
    for file in articles.files_in([DATA / "articles"]):
        if str(file.resolve()) not in withdrawn:
            articles.add_path(file)
    articles.note_names()
    with transaction() as session:
        for customer in json.loads((DATA / "shop.json").read_text(encoding="utf-8"))["customers"]:
            customers.create_customer(
                session, customers.MAIL, customer["email"], name=customer["name"], tier=customer["tier"]
            )
        if not volume.count(session):
            volume.add(session, sample_volume.past_weeks())


def feed(stop: threading.Event, *, pace_s: float = _PACE_S) -> int:
    """Send the sample tickets that have not come yet, one every `pace_s` seconds; returns how many."""
    sent = 0
    for sample in sample_tickets():
        if stop.is_set():
            break
        if not _came_before(sample):
            send(sample)
            sent += 1
            stop.wait(pace_s)
    return sent


def _came_before(sample: SampleTicket) -> bool:
    with transaction() as session:
        found = select(func.count()).where(ReceivedMessage.external_id == sample.external_id)
        return bool(session.scalar(found))


def send(sample: SampleTicket) -> None:
    """By mail through the mailbox's folder when that is where mail comes from; else straight to the intake."""
    if sample.channel is Channel.MAIL and not settings().ingestion.imap_url:
        folder = data_folder() / "mail" / "in"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f".demo-{sample.index:03}").write_bytes(as_mail(sample))
        (folder / f".demo-{sample.index:03}").rename(folder / f"demo-{sample.index:03}.eml")
        return
    with correlation.correlate(correlation.new_id()), transaction() as session:
        intake.receive(session, as_message(sample))


def as_mail(sample: SampleTicket) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"{sample.name} <{sample.mail}>"
    mail["To"] = settings().ingestion.address
    mail["Subject"] = sample.subject or "Question"
    mail["Message-ID"] = f"<{sample.external_id}>"
    if sample.follows:
        mail["In-Reply-To"] = f"<demo-{sample.thread}@example.com>"
    mail.set_content(sample.text)
    return bytes(mail)


def as_message(sample: SampleTicket) -> IncomingMessage:
    chat = sample.channel is Channel.WEB_CHAT
    metadata: dict[str, object] = {"order_id": sample.order_id} if sample.order_id else {}
    before = f"demo-{sample.thread}@example.com" if sample.follows else ""
    return IncomingMessage(
        channel=sample.channel,
        external_id=sample.external_id,
        identity=f"demo-visitor-{sample.thread}" if chat else sample.mail,
        text=sample.text,
        subject="" if chat else sample.subject,
        name=sample.name,
        thread=f"demo-conversation-{sample.thread}" if chat else "",
        priority=sample.priority,
        mail=MailHeaders(sample.external_id, before) if sample.channel is Channel.MAIL else None,
        metadata=metadata,
        customer_verified=not chat,
    )
