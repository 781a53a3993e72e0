"""When a message is about the customer's own order, in every language."""

import pytest

from agent_core.personal import asks_about_own_order, told_of
from tests.agent_core.sample_case import a_case
from tickets.contracts import RecentTicket, Status

ASKED = {
    "en": "Where is my parcel?",
    "de": "Wo bleibt mein Paket?",
    "fr": "Où est ma commande ?",
    "es": "¿Dónde está mi pedido?",
    "it": "Dov'è il mio pacco?",
    "pt": "Onde está a minha encomenda?",
    "nl": "Waar blijft mijn bestelling?",
    "pl": "Gdzie jest moja paczka?",
    "tr": "Siparişim nerede?",
    "ja": "注文した商品がまだ届きません。",
    "zh": "我的包裹到哪里了？",
    "ar": "أين طلبي؟",
}


@pytest.mark.parametrize(("language", "question"), ASKED.items())
def test_a_question_about_the_own_order_is_told_without_a_number(language: str, question: str) -> None:
    assert asks_about_own_order(a_case(question=question), category="shipping", language=language)


@pytest.mark.parametrize(
    ("question", "category"),
    [("Do you ship to Norway?", "shipping"), ("My order was charged twice.", "billing_inquiry")],
)
def test_other_questions_are_not_answered_by_open_orders(question: str, category: str) -> None:
    assert not asks_about_own_order(a_case(question=question), category=category, language="en")


def test_a_prompt_is_told_of_recent_tickets_in_lines() -> None:
    opened = a_case().received_at
    recent = (
        RecentTicket("Lamp broken", "technical_support", Status.RESOLVED, opened),
        RecentTicket("", "", Status.OPEN, opened),
    )
    assert told_of(recent).splitlines() == [
        "- 2026-01-01, technical_support, resolved: Lamp broken",
        "- 2026-01-01, unsorted, open: ",
    ]
