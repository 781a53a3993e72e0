"""The language of short messages."""

import time

import pytest

from runtime.language import DEFAULT, LANGUAGES, UNKNOWN, identify, language_of

SENTENCES = {
    "en": "Where is my parcel? I have been waiting for two weeks now.",
    "fr": "Où est mon colis ? J'attends depuis deux semaines maintenant.",
    "de": "Wo ist mein Paket? Ich warte jetzt schon seit zwei Wochen.",
    "es": "¿Dónde está mi paquete? Llevo esperando dos semanas.",
    "it": "Dov'è il mio pacco? Sto aspettando da due settimane ormai.",
    "pt": "Onde está a minha encomenda? Estou à espera há duas semanas.",
    "nl": "Waar is mijn pakket? Ik wacht nu al twee weken.",
    "pl": "Gdzie jest moja paczka? Czekam już od dwóch tygodni.",
    "tr": "Kargom nerede? İki haftadır bekliyorum.",
    "ja": "荷物はどこですか?もう二週間待っています。",
    "zh": "我的包裹在哪里?我已经等了两个星期了。",
    "ar": "أين طردي؟ أنا أنتظر منذ أسبوعين.",
}
SHORT = {
    "en": "refund please",
    "fr": "toujours rien reçu",
    "de": "wo ist mein Paket",
    "es": "no funciona",
    "it": "non funziona",
    "pt": "não funciona",
    "nl": "werkt niet",
    "pl": "nie działa",
    "tr": "hala gelmedi",
    "ja": "返金お願いします",
    "zh": "密码忘了",
    "ar": "لا يعمل",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_recognised(language: str) -> None:
    found = identify(SENTENCES[language])
    assert (found.language, found.other) == (language, "")
    assert found.confidence > 0.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_or_three_words_are_enough(language: str) -> None:
    assert language_of(SHORT[language]) == language


@pytest.mark.parametrize("language", ["de", "es", "pt", "nl"])
def test_capitals_alone_do_not_mislead(language: str) -> None:
    assert language_of(SENTENCES[language].upper()) == language


@pytest.mark.parametrize("text", ["", "123", "?!", "https://example.com/a", "[EMAIL_ADDRESS]", "a"])
def test_without_words_it_is_the_default_and_unsure(text: str) -> None:
    found = identify(text)
    assert found.language == DEFAULT
    assert found.confidence < 0.5


def test_addresses_and_placeholders_say_nothing_of_the_language() -> None:
    text = (
        "Waar is mijn pakket? https://example.com/where/is/the/order/that/was/sent [CREDIT_CARD 1] @support"
    )
    assert language_of(text) == "nl"


def test_a_product_name_does_not_make_a_japanese_text_english() -> None:
    assert language_of("WIRELESS HEADPHONES PRO2026が届きません") == "ja"
    assert language_of("我的 Bluetooth Speaker Mini 坏了，怎么办") == "zh"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("En voi avata sähköpostia koska ohjelma ei toimi enää", "fi"),
        ("Nem tudom megnyitni a levelezőt, mert nem indul el", "hu"),
        ("Где мой заказ? Я жду уже две недели.", "ru"),
        ("내 주문은 어디에 있습니까?", "ko"),
        ("بسته من کجاست؟ دو هفته است که منتظر هستم و هیچ خبری نیست چرا", "fa"),
    ],
)
def test_a_language_that_is_not_served_is_told(text: str, other: str) -> None:
    found = identify(text)
    assert found.other in (other, UNKNOWN)
    assert (found.language, found.confidence) == (DEFAULT, 0.0)


def test_a_long_or_hostile_text_takes_no_longer_than_its_beginning() -> None:
    language_of("warm")
    for shape in ("<", "a@", "https://", "[A", "@", "ä "):
        started = time.perf_counter()
        language_of(shape * 500_000)
        assert time.perf_counter() - started < 2
