import time

import pytest

from ingestion.mail.parameters import file_name, read_parameters


@pytest.mark.parametrize(
    ("value", "bare", "parameters"),
    [
        ("text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (
            'TEXT/Plain; Charset="utf-8"; format=flowed',
            "text/plain",
            {"charset": "utf-8", "format": "flowed"},
        ),
        ("text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("text/plain;;; charset = utf-8 ;", "text/plain", {"charset": "utf-8"}),
        ("multipart/mixed; boundary=----=_Next", "multipart/mixed", {"boundary": "----=_Next"}),
        ('multipart/mixed; boundary="a;b"', "multipart/mixed", {"boundary": "a;b"}),
        ("attachment; filename=my old file.pdf", "attachment", {"filename": "my old file.pdf"}),
        ('attachment; filename="the "best" file.pdf"', "attachment", {"filename": 'the "best" file.pdf'}),
        ('attachment; filename="open.pdf', "attachment", {"filename": "open.pdf"}),
        (r'attachment; filename="a\"b.pdf"', "attachment", {"filename": 'a"b.pdf'}),
        ("attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf", "attachment", {"filename": "résumé.pdf"}),
        ("attachment; filename*=\"utf-8'en'r%C3%A9sum%C3%A9.pdf\"", "attachment", {"filename": "résumé.pdf"}),
        ("attachment; filename*=r%C3%A9sum%C3%A9.pdf", "attachment", {"filename": "résumé.pdf"}),
        ("attachment; filename*1=b.pdf; filename*0=a-", "attachment", {"filename": "a-b.pdf"}),
        ("a; name*0*=utf-8''%C3; name*1*=%A9.pdf", "a", {"name": "é.pdf"}),  # A letter cut in two.
        ("a; name*0==?utf-8?q?r=C3=A9; name*1=sum=C3=A9?=", "a", {"name": "résumé"}),
        ("a; filename=plain.pdf; filename*=utf-8''b%C3%A9.pdf", "a", {"filename": "bé.pdf"}),
        ("a; charset*=ansi-x3.4-1968''us-ascii", "a", {"charset": "us-ascii"}),
        ("", "", {}),
        (";;;", "", {}),
    ],
)
def test_parameters_are_read_in_every_broken_form(value: str, bare: str, parameters: dict[str, str]) -> None:
    assert read_parameters(value) == (bare, parameters)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (("", "b.pdf"), "b.pdf"),
        (("=?utf-8?q?r=C3=A9sum=C3=A9.pdf?=",), "résumé.pdf"),
        (("%E6%B3%A8%E6%96%87.pdf",), "注文.pdf"),
        (("100%25 sure.pdf",), "100%25 sure.pdf"),
        (("../../etc/passwd",), "passwd"),
        (("C:\\Users\\Bob\\photo.jpg",), "photo.jpg"),
        (("https://example.com/logo.png",), "logo.png"),
        (("..",), ""),
        (("",), ""),
    ],
)
def test_a_file_name_has_no_folder_and_no_code(values: tuple[str, ...], name: str) -> None:
    assert file_name(*values) == name


def test_a_name_too_long_keeps_its_ending() -> None:
    assert file_name("x" * 5_000 + ".pdf").endswith("x.pdf")
    assert len(file_name("x" * 5_000 + ".pdf")) <= 200


def test_hostile_parameters_are_read_in_little_time() -> None:
    started = time.perf_counter()
    for value in (
        'a="\\' * 5_000,
        " " * 20_000 + "=",
        "a*0*=utf-8''%41;" * 1_000,
        "a=" * 10_000,
        '"' * 20_000,
    ):
        read_parameters(f"text/plain; {value}")
    assert time.perf_counter() - started < 10
