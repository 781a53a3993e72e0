import pytest

from ingestion.mail.decoding import decode, scrub


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("5 € – “ok”".encode("cp1252"), "iso-8859-1", "5 € – “ok”"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        ("注文".encode("iso-2022-jp"), "iso-2022-jp", "注文"),
        ("注文".encode("shift_jis"), "Shift_JIS", "注文"),
        ("订单鿍".encode("gb18030"), "gb2312", "订单鿍"),
        ("Grüße".encode(), "no-such-charset", "Grüße"),
        ("Grüße".encode("utf-16"), "utf-8", "Grüße"),
        ("Grüße".encode("utf-8-sig"), "iso-8859-1", "Grüße"),
        (b"plain", "utf-16", "plain"),
        (b"Gr+APwA3w-e", "utf-7", "Grüße"),
        ("привет".encode("cp1251"), "win-1251", "привет"),
        ("Dzień".encode("cp1250"), "windows1250", "Dzień"),
        ("注文".encode("iso-2022-jp"), "utf-8", "注文"),
        ("注文です".encode("euc-jp"), "x-euc-jp", "注文です"),
        (b"\x1b$B-!\x1b(B 5\x1b$B1_\x1b(B", "iso-2022-jp", "① 5円"),  # A letter of a maker's own.
        ("訂單在哪裡".encode("big5"), "big5", "訂單在哪裡"),
        ("注文はまだですか".encode(), "iso-2022-jp", "注文はまだですか"),
        ("订单在哪里".encode(), "gb2312", "订单在哪里"),
        ("Grüße".encode(), "charset=utf-8;", "Grüße"),
        ("Grüße".encode(), "", "Grüße"),
        (b"plain", "hex", "plain"),
        (b"plain", "undefined", "plain"),
        (b"plain", "utf\x008", "plain"),
    ],
)
def test_text_is_read_though_its_charset_is_wrong_odd_or_unknown(
    data: bytes, charset: str, text: str
) -> None:
    assert decode(data, charset) == text


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Здравствуйте, мой заказ ещё не пришёл, где он?", "cp1251"),
        ("Здравствуйте, мой заказ ещё не пришёл, где он?", "koi8-r"),
        ("你好，我的订单还没有到，请帮我查一下。", "gb18030"),
        ("您好，我的訂單還沒有到，請幫我查一下。", "big5"),
        ("注文した商品がまだ届きません。いつ届きますか？", "shift_jis"),
        ("注文した商品がまだ届きません。いつ届きますか？", "euc-jp"),
        ("안녕하세요, 제 주문이 아직 도착하지 않았습니다.", "euc-kr"),
        ("Καλημέρα, πού είναι η παραγγελία μου;", "cp1253"),
        ("مرحبا، أين طلبي؟ شكرا جزيلا", "cp1256"),
    ],
)
def test_a_text_that_hides_its_charset_is_recognised(text: str, charset: str) -> None:
    for label in ("", "x-unknown", "us-ascii", "iso-8859-1", "utf-8"):
        assert decode(text.encode(charset), label) == text


@pytest.mark.parametrize(
    "text", ["Schöne Grüße aus Köln", "Où est ma commande, réglée à Nîmes ?", "¿Dónde está?", "é"]
)
def test_a_western_text_without_a_charset_stays_western(text: str) -> None:
    assert decode(text.encode("cp1252"), "") == text


def test_bytes_that_fit_no_charset_still_become_text() -> None:
    assert decode(b"price \x81\xff\xfe", "utf-8").startswith("price ")
    assert decode(b"\xd8\x00\xd8", "utf-16")
    assert decode("Grüße ".encode() + b"\xff", "utf-8") == "Grüße \ufffd"


def test_what_cannot_be_stored_is_taken_out() -> None:
    scrubbed = scrub("\ufeffa\x00b\x07c\r\nd\re\ud800")
    assert scrubbed == "abc\nd\ne?"
