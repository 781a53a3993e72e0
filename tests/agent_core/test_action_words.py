"""How an action is asked for, in twelve languages, and what only sounds like it."""

import pytest

from agent_core.action_words import asks_for
from tickets.action_kinds import ActionKind


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please cancel my order A-1001.", "en"),
        ("Bitte stornieren Sie meine Bestellung A-1001.", "de"),
        ("Merci d'annuler ma commande A-1001.", "fr"),
        ("Por favor, cancelen mi pedido A-1001.", "es"),
        ("Vi prego di annullare il mio ordine A-1001.", "it"),
        ("Por favor cancelem a minha encomenda A-1001.", "pt"),
        ("Graag mijn bestelling A-1001 annuleren.", "nl"),
        ("Proszę anulować moje zamówienie A-1001.", "pl"),
        ("Lütfen A-1001 numaralı siparişimi iptal edin.", "tr"),
        ("注文A-1001をキャンセルしてください。", "ja"),
        ("请取消我的订单 A-1001。", "zh"),
        ("أرجو إلغاء الطلب A-1001.", "ar"),
    ],
)
def test_a_cancellation_is_understood(text: str, language: str) -> None:
    assert asks_for(text, language) is ActionKind.CANCEL_ORDER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I have moved. Please change my address to 12 Garden Street.", ActionKind.ADDRESS_CHANGE),
        ("Please send me the invoice again.", ActionKind.RESEND),
        ("I want my money back.", ActionKind.REFUND),
        ("Close my account, please.", ActionKind.CLOSE_ACCOUNT),
    ],
)
def test_the_other_actions_are_understood(text: str, kind: ActionKind) -> None:
    assert asks_for(text, "en") is kind


@pytest.mark.parametrize(
    "text",
    [
        "How do I cancel an order?",
        "Where is my order A-1001?",
        "Can I change my address later?",
        "I have noise cancelling headphones. I will order more.",
        "",
    ],
)
def test_what_asks_for_nothing_is_left_alone(text: str) -> None:
    assert asks_for(text, "en") is None


def test_a_hostile_text_takes_no_longer_than_its_length() -> None:
    assert asks_for("cancel " * 200_000, "en") is None
