import base64

import pytest

from ingestion.mail.bodies import Attachment, Body, read_body
from ingestion.mail.mime import read_mail
from tests.ingestion.mail.letters import a_mail, with_parts

_PLAIN = "Content-Type: text/plain; charset=utf-8\n\nplain words"
_HTML = "Content-Type: text/html; charset=utf-8\n\n<p>html words</p>"


def _body(raw: bytes) -> Body:
    return read_body(read_mail(raw)[0])


def test_plain_text_is_preferred_to_html() -> None:
    assert _body(with_parts("alternative", _HTML, _PLAIN)).text.strip() == "plain words"


def test_html_is_read_when_the_plain_part_says_nothing() -> None:
    assert _body(with_parts("alternative", "Content-Type: text/plain\n\n \n", _HTML)).text == "html words"


def test_html_alone_becomes_text() -> None:
    assert _body(a_mail("<p>Hello</p>", Content_Type="text/html")).text == "Hello"


def test_plain_text_that_only_says_there_is_html_is_not_preferred() -> None:
    html = "Content-Type: text/html\n\n<p>Where is my parcel? It was due on Monday.</p>"
    for stub in ("Your mail program cannot show HTML.", "This message needs a newer reader", "[image: logo]"):
        assert _body(with_parts("alternative", f"Content-Type: text/plain\n\n{stub}", html)).text.startswith(
            "Where"
        )
    said = "Content-Type: text/plain\n\nWhere is my parcel?"
    assert _body(with_parts("alternative", said, html)).text == "Where is my parcel?"


def test_the_same_text_sent_twice_is_shown_once() -> None:
    html = "Content-Type: text/html\n\n<p>plain&nbsp;words</p>"
    assert _body(with_parts("mixed", _PLAIN, html)).text == "plain words"
    assert _body(with_parts("mixed", _PLAIN, _HTML)).text == "plain words\n\nhtml words"


def test_html_that_is_called_plain_text_is_read_as_html() -> None:
    assert _body(a_mail("<!DOCTYPE html><html><body><p>words</p></body></html>")).text == "words"


def test_the_charset_of_html_is_read_from_the_html() -> None:
    raw = a_mail("@", Content_Type="text/html")
    html = '<meta charset="windows-1251"><p>Где мой заказ?</p>'.encode("cp1251")
    assert _body(raw.replace(b"@", html)).text == "Где мой заказ?"


def test_history_that_html_marks_is_kept_apart() -> None:
    history = (
        "On Mon, 9 Nov 2026 Support &lt;support@example.com&gt; wrote:<blockquote>Two days.</blockquote>"
    )
    html = f'<p>Where is it?</p><div class="gmail_quote">{history}</div>'
    body = _body(a_mail(html, Content_Type="text/html"))
    assert body.text == "Where is it?"
    assert "Two days." in body.quoted


def test_attachments_keep_their_bytes_and_are_not_read() -> None:
    pdf = "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf\n" \
        "Content-Transfer-Encoding: base64\n\naGVsbG8="  # fmt: skip
    text = "Content-Type: text/plain\nContent-Disposition: attachment; filename=notes.txt\n\nsecret"
    body = _body(with_parts("mixed", _PLAIN, pdf, text))
    assert body.text.strip() == "plain words"
    assert body.attachments == [
        Attachment("résumé.pdf", "application/pdf", b"hello"), Attachment("notes.txt", "text/plain", b"secret"),
    ]  # fmt: skip
    assert body.attachments[0].size == 5


def test_an_image_within_the_text_is_known_by_its_id() -> None:
    html = 'Content-Type: text/html\n\n<p>See</p><img src="cid:one@x">'
    image = "Content-Type: image/png\nContent-ID: <one@x>\n\nPNG"
    body = _body(with_parts("related", html, image))
    assert body.text == "See"
    assert body.attachments == [Attachment("unnamed", "image/png", b"PNG", inline=True, content_id="one@x")]


def test_files_beside_an_alternative_that_is_not_shown_are_kept() -> None:
    image = "Content-Type: image/png\n\nPNG"
    inner = f'Content-Type: multipart/mixed; boundary="in"\n\n--in\n{_HTML}\n--in\n{image}\n--in--'
    body = _body(with_parts("alternative", _PLAIN, inner))
    assert body.text == "plain words"
    assert [one.type for one in body.attachments] == ["image/png"]


@pytest.mark.parametrize(
    ("kind", "signature"),
    [("pgp-signature", "signature.asc"), ("pkcs7-signature; name=smime.p7s", "smime.p7s")],
)
def test_a_signed_mail_is_read_and_its_signature_is_a_file(kind: str, signature: str) -> None:
    body = _body(with_parts("signed", _PLAIN, f"Content-Type: application/{kind}\n\nabc"))
    assert body.text == "plain words"
    assert [one.name for one in body.attachments] == [signature]


def test_an_encrypted_mail_is_kept_as_files() -> None:
    body = _body(
        with_parts(
            "encrypted",
            "Content-Type: application/pgp-encrypted\n\nVersion: 1",
            "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----",
        )
    )
    assert body.text == ""
    assert [one.name for one in body.attachments] == ["version.asc", "encrypted.asc"]
    smime = _body(a_mail("AAAA", Content_Type="application/pkcs7-mime; name=smime.p7m"))
    assert [one.name for one in smime.attachments] == ["smime.p7m"]


def test_flowed_text_becomes_paragraphs() -> None:
    raw = a_mail("Where is \nit?", Content_Type="text/plain; format=flowed")
    assert _body(raw).text.strip() == "Where is it?"


def test_a_file_within_the_text_becomes_an_attachment() -> None:
    body = _body(a_mail("Here:\nbegin 644 a.txt\n#86)C\n`\nend\nBob"))
    assert body.text.split() == ["Here:", "Bob"]
    assert [(one.name, one.content) for one in body.attachments] == [("a.txt", b"abc")]


def test_japanese_korean_chinese_and_russian_texts_are_read() -> None:
    for text, charset in (
        ("注文です", "iso-2022-jp"),
        ("한국말로", "ks_c_5601-1987"),
        ("退货", "gb2312"),
        ("Заказ", "koi8-r"),
    ):
        encoded = base64.encodebytes(text.encode(charset.replace("ks_c_5601-1987", "cp949"))).decode()
        raw = a_mail(
            encoded, Content_Type=f"text/plain; charset={charset}", Content_Transfer_Encoding="base64"
        )
        assert _body(raw).text == text


def test_a_name_without_a_disposition_does_not_hide_the_body() -> None:
    assert "words" in _body(with_parts("mixed", "Content-Type: text/plain; name=body.txt\n\nwords")).text


def test_winmail_dat_is_ignored() -> None:
    tnef = (
        "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\naGVsbG8="
    )
    body = _body(with_parts("mixed", _PLAIN, tnef))
    assert body.attachments == []
    assert body.defects == ["winmail.dat ignored"]


def test_a_mail_attached_as_a_mail_is_kept_apart() -> None:
    inner = "Content-Type: message/rfc822\n\nFrom: Bob <bob@example.net>\nSubject: Shoes\n\nMy shoes broke."
    body = _body(with_parts("mixed", _PLAIN, inner))
    assert body.text.strip() == "plain words"
    assert "My shoes broke." in body.nested
    (file,) = body.attachments
    assert file.name == "Shoes.eml"
    assert file.content.startswith(b"From: Bob")


def test_the_files_of_a_mail_within_are_kept_and_mails_deeper_down_lie_in_the_first() -> None:
    deepest = "From: Carol <carol@example.net>\nSubject: Deep\n\nDeep words"
    inner = with_parts(
        "mixed",
        "Content-Type: image/png; name=shoe.png\n\nPNG",
        f"Content-Type: message/rfc822\n\n{deepest}",
        boundary="in",
    )
    body = _body(with_parts("mixed", _PLAIN, f"Content-Type: message/rfc822\n\n{inner.decode()}"))
    assert [one.name for one in body.attachments] == ["Delivery.eml", "shoe.png"]
    assert "Deep words" in body.nested


def test_a_multipart_whose_boundary_never_comes_keeps_its_words() -> None:
    assert "words" in _body(a_mail("just words", Content_Type="multipart/mixed; boundary=nowhere")).text


def test_very_long_text_is_cut_and_says_so() -> None:
    body = _body(a_mail("word " * 150_000))
    assert len(body.text) == 500_000
    assert body.defects == ["text cut to 500000 characters"]
