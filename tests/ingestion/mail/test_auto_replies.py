import pytest

from ingestion.mail.kinds import MailKind
from ingestion.mail.parse import parse
from tests.ingestion.mail.letters import DESK, a_mail, with_parts

_SUBJECTS = [
    "Automatic reply: Your order", "Auto Reply: Delivery", "Out of Office: back on Monday", "Autoreply",
    "Out of office", "Out of Office Re: Your order", "[Auto-Reply] Delivery",
    "Automatische Antwort: Ihre Bestellung", "Abwesenheitsnotiz: Ihre Bestellung", "Abwesenheit - Bestellung",
    "Réponse automatique : Votre commande", "Absence du bureau", "Message d'absence : commande",
    "Respuesta automática: Su pedido", "Fuera de la oficina: pedido",
    "Risposta automatica: Il tuo ordine", "Fuori sede: ordine",
    "Resposta automática: O seu pedido", "Ausência temporária: pedido",
    "Automatisch antwoord: Uw bestelling", "Afwezigheidsbericht: bestelling",
    "Odpowiedź automatyczna: Zamówienie", "Automatyczna odpowiedź: Zamówienie", "Poza biurem: zamówienie",
    "Otomatik yanıt: Siparişiniz", "Otomatik Yanıt: Siparişiniz",
    "自動応答: ご注文", "自動返信：ご注文", "自动答复: 订单", "自动回复：订单", "自動回覆: 訂單",
    "رد تلقائي: طلبك", "الرد التلقائي: طلبك",
    "Autosvar: Din beställning", "Automatiskt svar: Din beställning", "Automatisk svar: Din bestilling",
    "Automatická odpověď: Objednávka", "Автоматический ответ: Заказ", "Автоответ: Заказ",
]  # fmt: skip


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_a_subject_that_only_programs_write_is_enough(subject: str) -> None:
    assert parse(a_mail("I am away.", Subject=subject), mailbox=DESK).kind is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office chairs?",
        "Automatic reply does not work",
        "How do I set an out of office reply",
        "Re: Automatic reply",
        "Absence of an invoice",
        "Your automatic reply: what does it mean",
        "Abwesenheitsnotizen einrichten",
    ],
)
def test_a_person_may_write_about_such_replies(subject: str) -> None:
    assert parse(a_mail("Please help.", Subject=subject), mailbox=DESK).kind is MailKind.MESSAGE


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Auto_Response_Suppress": "All"},
        {"Precedence": "bulk"},
        {"From": "Shop <no-reply@shop.example>"},
    ],
)
def test_the_words_within_a_subject_count_with_a_hint_of_a_machine(headers: dict[str, str]) -> None:
    raw = a_mail("I am away.", Subject="Bob: out of office until Monday", **headers)
    assert parse(raw, mailbox=DESK).kind is MailKind.AUTO_REPLY


def test_a_read_receipt_is_an_auto_reply_also_from_a_null_return_path() -> None:
    receipt = "Content-Type: message/disposition-notification\n\nDisposition: manual-action; displayed"
    words = (
        "Content-Type: text/plain\n\nYour message was displayed. It could not be delivered to anybody else."
    )
    for kind in ("report; report-type=disposition-notification", "report", "mixed"):
        parsed = parse(
            with_parts(kind, words, receipt, Return_Path="<>", Subject="Read: Delivery"), mailbox=DESK
        )
        assert parsed.kind is MailKind.AUTO_REPLY


def test_an_answer_to_an_invitation_is_an_auto_reply_and_an_invitation_is_none() -> None:
    calendar = "Content-Type: text/calendar; method={}\n\nBEGIN:VEVENT\nSUMMARY:Fitting\nEND:VEVENT"
    accepted = with_parts("alternative", calendar.format("REPLY"), Subject="Accepted: Fitting")
    assert parse(accepted, mailbox=DESK).kind is MailKind.AUTO_REPLY
    invited = parse(with_parts("alternative", calendar.format("REQUEST")), mailbox=DESK)
    assert invited.kind is MailKind.MESSAGE
    assert invited.text == "Fitting"
    assert invited.attachments[0].name == "invite.ics"


def test_statistics_of_other_servers_are_never_answered() -> None:
    subject = "Report Domain: example.com Submitter: isp.example Report-ID: 1"
    assert parse(a_mail("", Subject=subject), mailbox=DESK).kind is MailKind.AUTO_REPLY
