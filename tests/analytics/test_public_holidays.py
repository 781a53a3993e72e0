"""Holidays of a country, and what the forecast makes of them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics import public_holidays
from analytics.forecast import fit, predict
from runtime.errors import InvalidInput
from tests.analytics.made_up import MONDAY, counts, expected

DAYS = np.arange(MONDAY, MONDAY + 400, dtype=np.int64)


def test_the_holidays_of_the_years_of_a_series_are_known() -> None:
    found = public_holidays.of_country("DE", DAYS)
    assert date(2025, 12, 25).toordinal() in found
    assert date(2026, 10, 3).toordinal() in found
    assert date(2025, 12, 24).toordinal() not in found


def test_without_a_country_there_are_none() -> None:
    assert public_holidays.of_country("", DAYS) == frozenset()


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(InvalidInput, match="'XX' are not known"):
        public_holidays.of_country("XX", DAYS)


def test_a_holiday_to_come_is_forecast_like_those_before() -> None:
    means = expected(280)
    quiet = [60, 95, 130, 170, 210, 245, 275]
    means[quiet] *= 0.2
    series = counts(means)
    told = replace(series, holidays=frozenset(MONDAY + day for day in quiet))
    origin = 273 * 24
    usual, aware = (predict(fit(one, origin, 168)).point[48:72].sum() for one in (series, told))
    assert aware < 0.6 * usual
