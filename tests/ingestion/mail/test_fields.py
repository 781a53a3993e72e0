from ingestion.mail.fields import Fields, read_fields


def _read(raw: bytes) -> tuple[Fields, bytes]:
    fields, body = read_fields(raw, 0, len(raw))
    return fields, raw[body:]


def test_fields_are_unfolded_and_the_body_begins_after_the_empty_line() -> None:
    fields, body = _read(b"Subject: one\r\n two\r\n\tthree\r\nTO: b@example.com\r\n\r\nHello\r\n")
    assert fields == (("subject", "one two three"), ("to", "b@example.com"))
    assert body == b"Hello\r\n"


def test_a_space_before_the_colon_is_no_reason_to_stop() -> None:
    assert _read(b"From : a@example.com\nSubject\t: x\n\nHello")[0] == (
        ("from", "a@example.com"),
        ("subject", "x"),
    )


def test_a_broken_line_between_fields_does_not_hide_the_rest() -> None:
    fields, body = _read(b"From: a@example.com\n__\n  more\nSubject: x\n\nHello")
    assert dict(fields)["subject"] == "x"
    assert body == b"Hello"


def test_a_parameter_that_nobody_indented_belongs_to_its_field() -> None:
    fields, body = _read(b'Content-Type: multipart/mixed;\nboundary="cut"\n\n--cut')
    assert fields == (("content-type", 'multipart/mixed; boundary="cut"'),)
    assert body == b"--cut"


def test_a_body_without_an_empty_line_before_it_is_found() -> None:
    fields, body = _read(b"Subject: x\nDear desk, where is it?\nBob")
    assert fields == (("subject", "x"),)
    assert body == b"Dear desk, where is it?\nBob"


def test_lines_of_spaces_within_the_header_are_part_of_it_and_end_it_before_text() -> None:
    assert dict(_read(b"Subject: x\n \nTo: b@example.com\n\nHello")[0])["to"] == "b@example.com"
    assert _read(b"Subject: x\n \nHello there\n")[1] == b"Hello there\n"


def test_the_line_of_an_mbox_is_no_field() -> None:
    assert _read(b"From a@example.com Mon Feb  8 02:53:47 1993\nSubject: x\n\n")[0] == (("subject", "x"),)


def test_plain_letters_beyond_ascii_are_read_in_the_charset_of_the_text() -> None:
    raw = "Subject: Привет из Москвы\nContent-Type: text/plain; charset=koi8-r\n\n".encode("koi8-r")
    assert dict(_read(raw)[0])["subject"] == "Привет из Москвы"


def test_a_header_of_a_megabyte_is_cut_and_the_body_is_still_found() -> None:
    fields, body = _read(b"X-Long: " + b"x" * 1_000_000 + b"\nSubject: late\n\nHello")
    assert len(dict(fields)["x-long"]) <= 20_000
    assert body == b"Hello"
    fields, body = _read(b"X-Many: x\r\n" * 100_000 + b"\r\nHello")
    assert len(fields) == 1_000
    assert body == b"Hello"
