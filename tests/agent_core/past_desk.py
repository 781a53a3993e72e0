"""A desk with a past: tickets that were answered, dated back, for replays."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from ingestion import intake
from knowledge.articles import NewArticle, add_article
from runtime.database import transaction
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Reason

NOW = datetime.now(UTC)
SHIPPING = "The delivery takes three days. You get a mail with the tracking number when the parcel leaves us."


def add_shipping(body: str = SHIPPING) -> None:
    add_article(NewArticle(source="test", slug="shipping", title="Delivery times", body=body))


def receive(said: str, *, who: str = "alice@example.com") -> str:
    with transaction() as session:
        return intake.receive(session, a_message(text=said, identity=who)).public_id


def answered(
    said: str, *, reason: Reason | None = None, draft: str = "A draft.", who: str = "alice@example.com"
) -> str:
    """A ticket that the agent decided then."""
    public_id = receive(said, who=who)
    case = claimed_case()
    with transaction() as session:
        if reason:
            assert lifecycle.escalate(session, case, a_decision(reason=reason, draft=draft))
        else:
            assert lifecycle.reply(session, case, a_decision(draft=draft))
    return public_id


def date_back(days: int) -> None:
    """Everything that is there happened so many days earlier."""
    with transaction() as session:
        given = {"days": timedelta(days=days)}
        for table, column in (
            ("tickets", "created_at"), ("messages", "created_at"), ("ticket_events", "at"),
            ("agent_decisions", "at"), ("articles", "created_at"), ("article_versions", "created_at"),
        ):  # fmt: skip
            session.execute(text(f"update {table} set {column} = {column} - :days"), given)


def rows_of_tickets() -> list[tuple[object, ...]]:
    """All that customers and staff can see of tickets."""
    with transaction() as session:
        return [
            tuple(row)
            for table in ("tickets", "messages", "ticket_events", "agent_decisions", "llm_calls", "actions")
            for row in session.execute(text(f"select '{table}', t::text from {table} t order by 2"))
        ]
