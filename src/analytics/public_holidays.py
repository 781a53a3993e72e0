"""Public holidays of a country, for `forecast_levels`. The only module that knows the library."""

from datetime import date

import holidays

from analytics.forecast_series import Ints
from runtime.errors import InvalidInput


def of_country(country: str, days: Ints) -> frozenset[int]:
    """Ordinals of the holidays in the years of `days`; none without a country. Raises InvalidInput when unknown."""
    if not country:
        return frozenset()
    years = range(_year(days[0]), _year(days[-1]) + 2)  # What is to come may lie in the next year.
    try:
        found = holidays.country_holidays(country, years=years)
    except NotImplementedError:
        raise InvalidInput(
            f"The holidays of {country[:10]!r} are not known; use two letters such as DE."
        ) from None
    return frozenset(day.toordinal() for day in found)


def _year(ordinal: int) -> int:
    return date.fromordinal(int(ordinal)).year
