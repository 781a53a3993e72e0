from ingestion.mail.calendars import invitation

_INVITE = (
    "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nDTSTART:16010101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    "SUMMARY;LANGUAGE=en:Installation of the ov\r\n en\r\nDTSTART;TZID=CET:20261110T100000\r\n"
    "LOCATION:Main Street 1\\, Springfield\r\nDESCRIPTION:Please ring\\ntwice.\r\nEND:VEVENT\r\nEND:VCALENDAR"
)


def test_an_invitation_says_what_when_and_where() -> None:
    assert invitation(_INVITE) == (
        "Installation of the oven\nFrom: 20261110T100000\nWhere: Main Street 1, Springfield\nPlease ring\ntwice."
    )


def test_what_is_no_invitation_says_nothing() -> None:
    assert invitation("") == invitation("BEGIN:VEVENT") == invitation("SUMMARY") == ""
