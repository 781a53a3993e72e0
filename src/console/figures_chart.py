"""Charts as SVG, drawn by the server: no script, no inline style. The colours stand in `static/figures.css`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from markupsafe import Markup

_WIDTH, _HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 12, 24
_MOST_LABELS = 10


@dataclass(frozen=True)
class Bar:
    """`label` stands below, `told` is what a reader of the bar learns; `low` and `high` are an interval around it."""

    label: str
    value: float
    told: str
    low: float | None = None
    high: float | None = None


def bars(found: Sequence[Bar], title: str) -> Markup:
    """A chart of bars from zero, with whiskers where there is an interval."""
    top = _round_up(max([one.high if one.high is not None else one.value for one in found], default=0.0))
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(found), 1)
    every = max(1, ceil(len(found) / _MOST_LABELS))
    parts = [_grid(top)]
    for place, one in enumerate(found):
        parts.append(_bar(one, _LEFT + place * step, step, top))
        if place % every == 0:
            parts.append(_label(one.label, _LEFT + (place + 0.5) * step))
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, title, Markup("").join(parts)
    )


def _grid(top: float) -> Markup:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _y(share * top, top)
        lines.append(
            Markup(
                '<line class="chart-line" x1="{}" x2="{}" y1="{y}" y2="{y}"/>'
                '<text class="chart-text chart-scale" x="{}" y="{}">{}</text>'
            ).format(_LEFT, _WIDTH - _RIGHT, _LEFT - 6, round(y + 4, 1), f"{share * top:g}", y=y)
        )
    return Markup("").join(lines)


def _bar(one: Bar, left: float, step: float, top: float) -> Markup:
    y, width = _y(one.value, top), max(step * 0.72, 1.0)
    x = left + (step - width) / 2
    bar = Markup('<rect class="chart-bar" x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(
        round(x, 1), y, round(width, 1), round(_HEIGHT - _BOTTOM - y, 1)
    )
    if one.low is not None and one.high is not None:
        middle = round(left + step / 2, 1)
        bar += Markup('<line class="chart-whisker" x1="{x}" x2="{x}" y1="{}" y2="{}"/>').format(
            _y(one.low, top), _y(one.high, top), x=middle
        )
    return Markup("<g><title>{}</title>{}</g>").format(one.told, bar)


def _label(text: str, x: float) -> Markup:
    return Markup('<text class="chart-text chart-label" x="{}" y="{}">{}</text>').format(
        round(x, 1), _HEIGHT - 8, text
    )


def _y(value: float, top: float) -> float:
    return round(_HEIGHT - _BOTTOM - min(value / top, 1.0) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _round_up(value: float) -> float:
    """To a round number, and its half is one too."""
    if value <= 2:
        return 2.0
    power = 10.0 ** int(log10(value))
    return next(factor * power for factor in (1, 2, 3, 4, 6, 8, 10) if factor * power >= value)
