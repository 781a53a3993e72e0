"""deskfleet evaluate forecast: how well the volume of a known series would have been forecast."""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from analytics import public_holidays
from analytics.forecast_accuracy import Accuracy, measure
from analytics.forecast_reading import Reading, read_series
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from runtime.errors import InvalidInput

_MOST_BYTES = 50_000_000


def run(
    series: Annotated[
        Path, typer.Option("--series", help="CSV: date and bins of the day, or timestamp and value.")
    ],
    freq: Annotated[str, typer.Option("--freq", help="Length of a bin: D, h, or minutes such as 5min.")],
    horizon: Annotated[int, typer.Option("--horizon", help="How many bins each forecast reaches.")],
    origins: Annotated[int, typer.Option("--origins", help="How many forecasts, one horizon apart.")] = 13,
    country: Annotated[
        str, typer.Option("--country", help="Whose public holidays it knows, such as DE.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """The last forecast ends with the series; each knows only what was before it. Exit code 2: unusable series."""
    try:
        reading = _with_holidays(read_series(_text(series), freq), country.upper())
        with progress_bar(quiet=json) as progress:
            task = progress.add_task(f"Forecasting {origins} times …", total=origins)
            found = measure(reading.series, horizon, origins, tell=lambda: progress.advance(task))
    except InvalidInput as error:
        print(f"deskfleet: {error.detail}", file=sys.stderr)
        raise typer.Exit(2) from None
    if json:
        print_json(_figures(found, reading))
        return
    for warning in reading.warnings:
        print(f"Note: {warning}", file=sys.stderr)
    rows = [
        (name.replace("_", " "), value)
        for name, value in _figures(found, reading).items()
        if name != "warnings"
    ]
    print_table(("figure", "value"), rows, empty="")


def _with_holidays(reading: Reading, country: str) -> Reading:
    known = replace(reading.series, holidays=public_holidays.of_country(country, reading.series.days))
    return replace(reading, series=known)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInput(f"{path} is larger than {_MOST_BYTES:,} bytes.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is no text in UTF-8.") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None


def _figures(found: Accuracy, reading: Reading) -> dict[str, Any]:
    rounded = {name: round(one, 4) if isinstance(one, float) else one for name, one in asdict(found).items()}
    return {**rounded, "warnings": list(reading.warnings)}
