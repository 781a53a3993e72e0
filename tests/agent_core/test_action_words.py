"""How an action is asked for, in twelve languages, and what only sounds like it."""

import pytest

from agent_core.action_words import asks_for, document_in
from tickets.action_kinds import ActionKind, Document


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


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Do not cancel my order.", "en"),
        ("Please do not, under any circumstances, cancel my order.", "en"),
        ("Please do not\ncancel my order.", "en"),
        ("I already cancelled order A-1002.", "en"),
        ("I cancelled order A-1002 yesterday.", "en"),
        ("Please do not close my account.", "en"),
        ("Never send me the invoice again.", "en"),
        ("Bitte stornieren Sie meine Bestellung nicht.", "de"),
        ("Ich habe meine Bestellung bereits storniert.", "de"),
        ("N'annulez pas ma commande.", "fr"),
        ("J'ai déjà annulé ma commande.", "fr"),
        ("No cancelen mi pedido.", "es"),
        ("Ya cancelé mi pedido.", "es"),
        ("Non annullate il mio ordine.", "it"),
        ("Ho già annullato il mio ordine.", "it"),
        ("Não cancelem a minha encomenda.", "pt"),
        ("Já cancelei a minha encomenda.", "pt"),
        ("Annuleer mijn bestelling niet.", "nl"),
        ("Ik heb mijn bestelling al geannuleerd.", "nl"),
        ("Proszę nie anulować mojego zamówienia.", "pl"),
        ("Już anulowałem zamówienie.", "pl"),
        ("Siparişimi iptal etmeyin.", "tr"),
        ("Siparişimi zaten iptal ettim.", "tr"),
        ("注文をキャンセルしないでください。", "ja"),
        ("注文はすでにキャンセルしました。", "ja"),
        ("请不要取消我的订单。", "zh"),
        ("我已经取消了订单。", "zh"),
        ("لا تقوموا بإلغاء الطلب.", "ar"),
        ("لقد تم إلغاء الطلب بالفعل.", "ar"),
    ],
)
def test_what_is_not_wanted_or_was_done_asks_for_nothing(text: str, language: str) -> None:
    assert asks_for(text, language) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The kettle does not work, please cancel my order.", "en"),
        ("Please cancel my order because it has not arrived.", "en"),
        ("Der Kocher geht nicht, bitte stornieren Sie meine Bestellung.", "de"),
        ("Je n'en ai plus besoin, merci d'annuler ma commande.", "fr"),
        ("No lo necesito, cancelen mi pedido.", "es"),
        ("不要了，请取消我的订单。", "zh"),
        ("届きませんので注文をキャンセルしてください。", "ja"),
    ],
)
def test_a_denial_of_something_else_does_not_stop_a_wish(text: str, language: str) -> None:
    assert asks_for(text, language) is ActionKind.CANCEL_ORDER


def test_a_complaint_about_a_lost_parcel_asks_for_no_document() -> None:
    complaint = "My parcel was lost although the confirmation says it was delivered."
    assert asks_for(complaint, "en") is None


@pytest.mark.parametrize(
    ("text", "language", "document"),
    [
        ("Please send me the invoice again.", "en", Document.INVOICE),
        ("The confirmation came. Please resend the receipt.", "en", Document.RECEIPT),
        ("Bitte schicken Sie mir die Bestätigung noch einmal.", "de", Document.CONFIRMATION),
        ("Please resend the invoice or the receipt.", "en", None),
    ],
)
def test_the_document_is_the_one_that_is_named(text: str, language: str, document: Document | None) -> None:
    assert document_in(text, language) is document
