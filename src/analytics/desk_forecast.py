"""The desk's own forecast: fitted by the scheduled refit on the volume of its tickets, and stored for its readers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from analytics import public_holidays, volume, volume_events
from analytics.forecast import Forecast, Model, fit, predict
from analytics.forecast_bands import Bands, interval
from analytics.forecast_series import Floats, Series
from analytics.forecast_trials import LEAST_DAYS
from analytics.stored_forecasts import Kind, Wanted, store
from runtime.database import transaction
from runtime.settings import settings

HOURS = 168
DAYS, FEW_DAYS = 28, 7
_HALF_A_YEAR = (
    168  # Days: with fewer, forecasts of four weeks cannot be tried often enough to tell their error.
)
_MOST_DAYS = 730
_MOST_PARTS = 24
_NO_BANDS = Bands(0.25, np.array([]), np.array([]), {}, {})
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Fitted:
    """A forecast by bin with the beginning of each, and what is told of its making."""

    begins: list[datetime]
    forecast: Forecast
    told: dict[str, Any]


def refit(now: datetime | None = None) -> list[Wanted]:
    """Everything, then each channel and category that brought anything in four weeks. Returns what was made."""
    moment = (now or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)
    with transaction() as session:
        wanted = [("", ""), *volume.parts(session, moment - timedelta(days=28))[:_MOST_PARTS]]
        volumes = [volume.by_hour(session, moment, channel=one, category=other) for one, other in wanted]
        lifts = volume_events.lifts(session)
    made = []
    for (channel, category), hours in zip(wanted, volumes, strict=True):
        hourly, daily = _both(hours, moment, lifts)
        with transaction() as session:
            for kind, fitted in ((Kind.HOURLY, hourly), (Kind.DAILY, daily)):
                made.append(Wanted(kind, channel, category))
                store(session, made[-1], moment, fitted.told, _bins(fitted))
    return made


def _both(
    hours: Mapping[datetime, int], moment: datetime, lifts: Mapping[int, float]
) -> tuple[_Fitted, _Fitted]:
    """Hours are scaled so that those of a whole day add up to the forecast of that day.

    What is learned from is what would have come without the events of an admin; they are put on what is to come.
    """
    series = _without(_series(hours, moment), lifts)
    hourly = _fitted(series, moment, HOURS)
    reach = DAYS if len(series.days) > _HALF_A_YEAR else FEW_DAYS
    daily = _fitted(_days(series), moment.replace(hour=0), reach)
    totals = {begin.date(): value for begin, value in zip(daily.begins, daily.forecast.point, strict=True)}
    return _lifted(_scaled(hourly, totals), lifts), _lifted(daily, lifts)


def _series(hours: Mapping[datetime, int], moment: datetime) -> Series:
    """From the first whole day on; an hour without a message is a zero. The begun day has its hours so far."""
    today = moment.date()
    begin = min(hours, default=moment)
    first = begin.date() + (_DAY if begin.hour else timedelta())
    first = max(first, today - _MOST_DAYS * _DAY)
    days = np.arange(min(first, today).toordinal(), today.toordinal() + 1, dtype=np.int64)
    values = np.zeros((len(days), 24))
    for at, number in hours.items():
        row = at.date().toordinal() - int(days[0])
        if row >= 0:
            values[row, at.hour] = number
    values[-1, moment.hour :] = np.nan
    country = settings().analytics.country
    return Series(days, np.arange(24, dtype=np.int64) * 60, values, public_holidays.of_country(country, days))


def _without(series: Series, lifts: Mapping[int, float]) -> Series:
    factors = np.array([lifts.get(int(day), 1.0) for day in series.days])
    return replace(series, values=series.values / factors[:, None])


def _lifted(fitted: _Fitted, lifts: Mapping[int, float]) -> _Fitted:
    factors = np.array([lifts.get(begin.toordinal(), 1.0) for begin in fitted.begins])
    bands: dict[float, tuple[Floats, Floats]] = {
        level: (low * factors, high * factors) for level, (low, high) in fitted.forecast.bands.items()
    }
    return _Fitted(fitted.begins, Forecast(fitted.forecast.point * factors, bands), fitted.told)


def _days(series: Series) -> Series:
    """Sums; the begun day is the first that is forecast."""
    totals = series.values[:-1].sum(axis=1, keepdims=True)
    return Series(
        series.days,
        np.array([0], dtype=np.int64),
        np.vstack([totals, np.full((1, 1), np.nan)]),
        series.holidays,
    )


def _fitted(series: Series, moment: datetime, horizon: int) -> _Fitted:
    width = series.width
    origin = (len(series.days) - 1) * width + moment.hour * width // 24
    ahead = (
        series.followed_by(-(-horizon // width) + 1)
        if len(series.days) > LEAST_DAYS
        else _every_day(series, horizon)
    )
    begins = [_begin(ahead, origin + number) for number in range(horizon)]
    if origin < LEAST_DAYS * width:
        return _Fitted(begins, _simplest(series, origin, begins), _too_little(series, origin))
    model = fit(ahead, origin, horizon)
    return _Fitted(begins, predict(model), _told(model))


def _every_day(series: Series, horizon: int) -> Series:
    days = np.arange(series.days[0], series.days[-1] + 2 + horizon // series.width)
    values = np.full((len(days), series.width), np.nan)
    values[: len(series.days)] = series.values
    return Series(days, series.slots, values)


def _begin(series: Series, number: int) -> datetime:
    day = date.fromordinal(int(series.days[number // series.width]))
    minute = int(series.slots[number % series.width])
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=UTC)


def _simplest(series: Series, origin: int, begins: list[datetime]) -> Forecast:
    """The mean of the same hour on the days that there are, or zero; the interval is assumed, and wide."""
    known = series.known_before(origin).values
    counts = (~np.isnan(known)).sum(axis=0)
    means = np.nansum(known, axis=0) / np.maximum(counts, 1)
    places = {int(minute): place for place, minute in enumerate(series.slots)}
    point = np.array([means[places[one.hour * 60 + one.minute]] for one in begins])
    return Forecast(point, {level: interval(_NO_BANDS, point, level) for level in (0.8, 0.95)})


def _too_little(series: Series, origin: int) -> dict[str, Any]:
    days = origin // series.width
    note = (
        f"Too little history: {days} days, {LEAST_DAYS} at least. This is the mean of the same hours so far."
    )
    return {
        "best": "mean of the same hours",
        "weights": {},
        "back_test": None,
        "coverage": {},
        "trials": 0,
        "training_days": days,
        "outages": [],
        "is_enough": False,
        "note": note,
    }


def _told(model: Model) -> dict[str, Any]:
    days = model.origin // model.series.width
    return {
        "best": model.best,
        "weights": {name: round(one, 3) for name, one in model.weights.items() if one >= 0.001},
        "beside_seasonal_naive": {name: round(one, 3) for name, one in model.relative_errors.items()},
        "back_test": {name: round(one, 4) for name, one in asdict(model.back_test).items()}
        if model.back_test
        else None,
        "coverage": {f"{level:.0%}": round(one, 3) for level, one in model.bands.coverage.items()},
        "trials": model.trials,
        "training_days": days,
        "training_from": date.fromordinal(int(model.series.days[0])).isoformat(),
        "outages": [day.isoformat() for day in model.outages],
        "is_enough": True,
        "note": ""
        if model.bands.are_measured
        else "Too few trials yet: the interval is assumed, not measured.",
    }


def _scaled(hourly: _Fitted, totals: Mapping[date, float]) -> _Fitted:
    days = [begin.date() for begin in hourly.begins]
    sums: dict[date, float] = {}
    for day, value in zip(days, hourly.forecast.point, strict=True):
        sums[day] = sums.get(day, 0.0) + float(value)
    factors = np.array(
        [
            totals[day] / sums[day] if days.count(day) == 24 and day in totals and sums[day] > 0 else 1.0
            for day in days
        ]
    )
    bands: dict[float, tuple[Floats, Floats]] = {
        level: (low * factors, high * factors) for level, (low, high) in hourly.forecast.bands.items()
    }
    return _Fitted(hourly.begins, Forecast(hourly.forecast.point * factors, bands), hourly.told)


def _bins(fitted: _Fitted) -> list[dict[str, Any]]:
    found = []
    for place, begin in enumerate(fitted.begins):
        ends = {
            f"{side}_{level * 100:.0f}": round(float(values[place]), 2)
            for level, both in fitted.forecast.bands.items()
            for side, values in zip(("low", "high"), both, strict=True)
        }
        found.append(
            {"at": begin.isoformat(), "expected": round(float(fitted.forecast.point[place]), 3), **ends}
        )
    return found
