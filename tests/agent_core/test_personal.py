"""When a message is about the customer's own order, in every language."""

import pytest

from agent_core.personal import asks_about_own_order, asks_for_state, told_of
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


HAS_IT = {
    "en": "My parcel A-10425 came today, but the lid is missing. How do I get it?",
    "de": "Mein Paket A-10425 ist da, aber es fehlt der Deckel. Wie bekomme ich ihn?",
    "fr": "Ma commande A-10425 a été livrée aujourd'hui, mais il manque le couvercle.",
    "es": "Mi pedido A-10425 llegó hoy, pero falta la tapa. ¿Cómo la consigo?",
    "it": "Il mio ordine A-10425 è arrivato oggi, ma manca il coperchio.",
    "pt": "A minha encomenda A-10425 chegou hoje, mas falta a tampa.",
    "nl": "Mijn bestelling A-10425 kwam vandaag, maar het deksel ontbreekt.",
    "pl": "Paczka A-10425 dotarła dzisiaj, ale brakuje pokrywki.",
    "tr": "A-10425 siparişim bugün geldi ama kapağı eksik.",
    "ja": "注文A-10425は今日届きましたが、ふたが入っていません。",
    "zh": "订单A-10425今天到了，但是少了盖子。",
    "ar": "وصل اليوم طلبي A-10425 لكن الغطاء ناقص.",
}


@pytest.mark.parametrize(("language", "question"), HAS_IT.items())
def test_who_has_the_parcel_does_not_ask_where_it_is(language: str, question: str) -> None:
    assert not asks_for_state(a_case(question=question), language=language)


@pytest.mark.parametrize(("language", "question"), ASKED.items())
def test_who_asks_where_it_is_asks_for_its_state(language: str, question: str) -> None:
    assert asks_for_state(a_case(question=f"{question} A-10425, {question}"), language=language)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("A-10425", True),
        ("Has order A-10425 left your warehouse yet?", True),
        ("Order A-10425 should have arrived on Friday, and there is no sign of it.", True),
        ("Can the voucher still be used for order A-10425, which I placed yesterday?", False),
        ("The tracking page says A-10425 was delivered, but nothing is at my door.", False),
    ],
)
def test_the_state_answers_only_who_asks_for_it(question: str, asks: bool) -> None:
    assert asks_for_state(a_case(question=question, subject=""), language="en") is asks


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
