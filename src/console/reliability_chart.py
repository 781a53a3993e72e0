"""The reliability diagram as SVG: what was claimed against how often it was right. Colours stand in `figures.css`."""

from collections.abc import Sequence
from math import sqrt

from markupsafe import Markup

from analytics.honesty import Bin

_SIZE, _EDGE = 320, 40
_SMALLEST, _LARGEST = 3.0, 11.0


def diagram(bins: Sequence[Bin], title: str) -> Markup:
    """A dot for each bin, the larger the more answers; on the line claims are as good as they say."""
    most = max((one.texts for one in bins), default=1)
    parts = [_frame()]
    for one in bins:
        radius = _SMALLEST + (_LARGEST - _SMALLEST) * sqrt(one.texts / most)
        told = f"claimed {one.confidence:.2f}, right {one.accuracy:.2f}, {one.texts} answers"
        parts.append(
            Markup('<g><title>{}</title><circle class="chart-bar" cx="{}" cy="{}" r="{}"/></g>').format(
                told, _x(one.confidence), _y(one.accuracy), round(radius, 1)
            )
        )
    return Markup(
        '<svg class="chart-square" viewBox="0 0 {size} {size}" role="img" aria-label="{}">{}</svg>'
    ).format(title, Markup("").join(parts), size=_SIZE)


def _frame() -> Markup:
    parts = [
        Markup('<line class="chart-whisker" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            _x(0), _y(0), _x(1), _y(1)
        )
    ]
    for share in (0.0, 0.5, 1.0):
        parts.append(
            Markup(
                '<line class="chart-line" x1="{}" x2="{}" y1="{y}" y2="{y}"/>'
                '<text class="chart-text chart-scale" x="{}" y="{}">{told}</text>'
                '<text class="chart-text chart-label" x="{}" y="{}">{told}</text>'
            ).format(
                _x(0), _x(1), _EDGE - 6, _y(share) + 4, _x(share), _SIZE - 12, y=_y(share), told=f"{share:g}"
            )
        )
    return Markup("").join(parts)


def _x(share: float) -> float:
    return round(_EDGE + share * (_SIZE - 2 * _EDGE), 1)


def _y(share: float) -> float:
    return round(_SIZE - _EDGE - share * (_SIZE - 2 * _EDGE), 1)
