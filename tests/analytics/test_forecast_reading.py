"""CSV files of counts, good and bad."""

from collections.abc import Callable

import numpy as np
import pytest

from analytics.forecast_reading import minutes_of, read_series
from runtime.errors import InvalidInput
from tests.analytics.made_up import as_long, as_wide, counts, expected

SERIES = counts(expected(21))


@pytest.mark.parametrize("written", [as_long, as_wide])
def test_wide_and_long_files_hold_the_same_series(written: Callable[..., str]) -> None:
    reading = read_series(written(SERIES), "h")
    np.testing.assert_array_equal(reading.series.values, SERIES.values)
    np.testing.assert_array_equal(reading.series.days, SERIES.days)
    assert reading.warnings == ()


def test_hours_are_added_up_to_days() -> None:
    daily = read_series(as_wide(SERIES), "D").series
    np.testing.assert_allclose(daily.values[:, 0], SERIES.values.sum(axis=1))


def test_a_file_may_begin_with_its_newest_line() -> None:
    for text in (as_long(SERIES), as_wide(SERIES)):
        head, *lines = text.splitlines()
        read = read_series("\n".join([head, *reversed(lines)]), "h").series
        np.testing.assert_array_equal(read.values, SERIES.values)


def test_only_the_first_column_of_values_is_read_and_that_is_told() -> None:
    text = "day,questions,de\n" + "\n".join(f"2026-01-{day:02},{day},1" for day in range(1, 29))
    reading = read_series(text, "D")
    assert reading.series.values[4, 0] == 5
    assert reading.warnings == ("Read the column 'questions'; 'de' are left out.",)


def test_missing_days_and_empty_cells_are_told_and_not_taken_for_zero() -> None:
    lines = as_wide(SERIES).splitlines()
    lines[3] = lines[3].rsplit(",", 1)[0] + ","
    del lines[10]
    reading = read_series("\n".join(lines), "h")
    assert np.isnan(reading.series.values[2, 23])
    assert [warning.split(",")[0] for warning in reading.warnings] == [
        "1 days are missing",
        "1 bins have no value; they are neither learned from nor judged.",
    ]


def test_offsets_that_change_with_the_season_are_read_in_utc() -> None:
    lines = [f"2026-03-{day:02}T12:00+0{1 + (day > 28)}:00,5" for day in range(20, 32)]
    reading = read_series("\n".join(["t,v", *lines]), "h")
    assert list(reading.series.slots) == [600, 660]
    assert "daylight-saving" in reading.warnings[0]


def test_the_hour_that_comes_twice_when_the_clock_is_set_back_is_two_hours() -> None:
    lines = [
        f"2026-10-{day}T{hour:02}:00+02:00,{hour}"
        for day, hours in ((24, range(24)), (25, range(3)))
        for hour in hours
    ]
    lines += [f"2026-10-25T{hour:02}:00+01:00,{100 + hour}" for hour in range(2, 24)]
    reading = read_series("\n".join(["t,v", *lines]), "h")
    values = reading.series.values.ravel()
    known = values[~np.isnan(values)]
    assert len(known) == 24 + 25
    assert list(known[24:29]) == [0, 1, 2, 102, 103]


def test_days_of_zeros_are_outages_and_told_where_something_is_usual() -> None:
    lines = [f"2026-01-{day:02},{0 if day == 20 else 50 + day % 7}" for day in range(1, 32)]
    reading = read_series("\n".join(["t,v", *lines]), "D")
    assert reading.warnings == (
        "1 days without a single contact look like outages, the first is 2026-01-20: nothing is learned from "
        "them, but they are judged as they stand.",
    )
    quiet = read_series("\n".join(["t,v", *(f"2026-01-{day:02},0" for day in range(1, 32))]), "D")
    assert quiet.warnings == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "t,v\n2026-10-25T02:00,1\n2026-10-25T02:00,2",
            "Line 3: the timestamp 2026-10-25 02:00 occurs twice",
        ),
        (
            "t,v\n2026-01-02,1\n2026-01-03,1\n2026-01-01,2",
            "Line 4: 2026-01-01 00:00 comes after a later timestamp",
        ),
        ("t,v\n2026-01-02,-3", "Line 2: -3 is no count"),
        ("t,v\n2026-01-02,many", "Line 2: 'many' is no number"),
        ("t,v\n2026-01-02,inf", "Line 2: inf is no count"),
        ("t,v\n-5,3", "Line 2: '-5' is no timestamp"),
        ("date,h00,h01\n02/01/2026,1,2", "Line 2: '02/01/2026' is no date"),
        ("date,h00,h01\n2026-01-02,1", "Line 2 has 2 columns where the headers name 3"),
        ("date,h00,h00\n2026-01-02,1,1", "name a bin twice"),
        ("t,v\n2026-01-02T09:00,1\n2026-01-02T09:30+00:00,1", "some have none"),
        ("t,v\n2026-01-01,1\n2026-01-02,1\n2026-03-01,2", "days are missing"),
        ("t,v", "at least two columns, and a line of values"),
    ],
)
def test_what_is_no_series_is_refused_with_the_line(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        read_series(text, "D")


def test_days_cannot_be_split_into_hours() -> None:
    hours = "t,v\n2026-01-02T00:00,1\n2026-01-02T01:00,4"
    with pytest.raises(InvalidInput, match="cannot be split into 5"):
        read_series(hours, "5min")


@pytest.mark.parametrize(("text", "minutes"), [("D", 1440), ("h", 60), ("5min", 5), ("15 min", 15)])
def test_lengths_of_bins(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["7min", "0min", "W", "", "-5min"])
def test_a_bin_must_divide_a_day(text: str) -> None:
    with pytest.raises(InvalidInput, match="no length of a bin"):
        minutes_of(text)
