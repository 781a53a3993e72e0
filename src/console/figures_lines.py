"""Lines with bands as SVG, drawn by the server as `figures_chart` draws bars: no script, no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 12, 24


@dataclass(frozen=True)
class Line:
    """Shares from 0 to 1 at `x` from 0 to 1; `name` is also the class that colours it. A gap ends a stretch."""

    name: str
    points: Sequence[tuple[float, float | None, float | None, float | None]]  # x, value, low, high


def lines(found: Sequence[Line], title: str, *, mark: float) -> Markup:
    """`mark` is where the dial stands."""
    parts = [_grid()]
    for line in found:
        known = [
            (x, y, low, high)
            for x, y, low, high in line.points
            if y is not None and low is not None and high is not None
        ]
        band = [(x, high) for x, _y, _low, high in known] + [
            (x, low) for x, _y, low, _high in reversed(known)
        ]
        parts.append(Markup('<polygon class="band {}" points="{}"/>').format(line.name, _places(band)))
        told = _places([(x, y) for x, y, _low, _high in known])
        parts.append(Markup('<polyline class="line {}" points="{}"/>').format(line.name, told))
        for x, y, low, high in known:
            text = f"{line.name} from {x:.2f}: {y:.1%} ({low:.1%} to {high:.1%})"
            parts.append(
                Markup('<circle class="dot-{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>').format(
                    line.name, _x(x), _y(y), text
                )
            )
    parts.append(
        Markup('<line class="mark" x1="{x}" x2="{x}" y1="{}" y2="{}"/>').format(
            _TOP, _HEIGHT - _BOTTOM, x=_x(mark)
        )
    )
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, title, Markup("").join(parts)
    )


def _grid() -> Markup:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            Markup(
                '<line class="chart-line" x1="{}" x2="{}" y1="{y}" y2="{y}"/>'
                '<text class="chart-text chart-scale" x="{}" y="{}">{}</text>'
                '<text class="chart-text {}" x="{}" y="{}">{}</text>'
            ).format(
                _LEFT, _WIDTH - _RIGHT, _LEFT - 6, round(_y(share) + 4, 1), f"{share:.0%}",
                "chart-scale" if share == 1 else "chart-label", _x(share), _HEIGHT - 8, f"{share:.2f}", y=_y(share),
            )
        )  # fmt: skip
    return Markup("").join(parts)


def _places(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_x(x)},{_y(y)}" for x, y in points)


def _x(share: float) -> float:
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(share: float) -> float:
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)
