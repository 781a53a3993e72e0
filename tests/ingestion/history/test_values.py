"""Words and dates of other desks mean what they say, or are refused."""

from datetime import UTC, datetime

import pytest

from ingestion.history.values import author_of, channel_of, date_of, status_of, tags_of
from runtime.errors import InvalidInput
from tickets.contracts import Author, Channel, Status

MOMENT = datetime(2024, 1, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2024-01-02T09:30:00Z",
        "2024-01-02 10:30:00 +0100",
        "2024-01-02 09:30:00 UTC",
        "2024-01-02T09:30",
        "02.01.2024 09:30",
        "Tue, 02 Jan 2024 09:30:00 +0000",
        1704187800,
        1704187800000,
        "1704187800",
    ],
)
def test_dates_are_read_in_utc(written: object) -> None:
    assert date_of(written) == MOMENT


@pytest.mark.parametrize("written", ["01/02/2024 09:30", "yesterday", "", "12", True, None, [], "9" * 400])
def test_a_date_that_could_be_another_is_refused(written: object) -> None:
    with pytest.raises(InvalidInput, match="no date that can be read for sure"):
        date_of(written)


def test_the_map_file_says_how_dates_are_written() -> None:
    assert date_of("01/02/2024 09:30", pattern="%m/%d/%Y %H:%M") == MOMENT


def test_statuses_of_other_desks_are_three_of_ours() -> None:
    assert [status_of(word, {}) for word in ("Solved", "On-Hold", "archived", True)] == [
        Status.RESOLVED, Status.OPEN, Status.CLOSED, Status.RESOLVED,
    ]  # fmt: skip
    assert status_of("Erledigt", {"erledigt": Status.CLOSED}) is Status.CLOSED
    with pytest.raises(InvalidInput, match="The status 'Erledigt' is unknown"):
        status_of("Erledigt", {})


def test_writers_are_customers_staff_bots_or_leave_notes() -> None:
    assert author_of("End-User") == (Author.CUSTOMER, False)
    assert author_of("agent") == (Author.STAFF, False)
    assert author_of("Bot") == (Author.AGENT, False)
    assert author_of("internal note") == (Author.STAFF, True)
    with pytest.raises(InvalidInput, match="neither customer nor staff"):
        author_of("martian")


def test_channels_and_tags_are_taken_where_they_are_known() -> None:
    assert channel_of("Live Chat", otherwise=Channel.API) is Channel.WEB_CHAT
    assert channel_of("carrier pigeon", otherwise=Channel.API) is Channel.API
    assert tags_of("a, b;c") == ("a", "b", "c")
    assert tags_of('["a", "b"]') == ("a", "b")
    assert tags_of(["a", " "]) == ("a",)
    assert tags_of(7) == ()
