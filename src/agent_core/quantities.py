"""What a text counts or names exactly: numbers with their units, dates, times, links, addresses and codes.

Two quantities agree when they say the same: thirty days and 30 days, 2 weeks and 14 days, $12.50 and 12.50 USD.
"""

from dataclasses import dataclass

# Units of one thing: durations, sizes of files, speeds, lengths.
_ALIKE = tuple(
    frozenset(units.split())
    for units in (
        "second minute workday month night", "kb mb gb tb kib mib gib tib", "kbps mbps gbps mbit/s", "mm cm km",
    )
)  # fmt: skip

Value = float | str | tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """`values` holds every way to read it: 1.000 is one or a thousand.

    A `soft` one, such as "a week", proves a number but needs no proof itself.
    """

    start: int
    end: int
    kind: str
    values: frozenset[Value]
    shown: str
    soft: bool = False

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(float(one) for one in self.values if isinstance(one, int | float))

    def agrees(self, other: "Quantity") -> bool:
        if "date" in (self.kind, other.kind):
            return self.kind == other.kind and _same_day(self, other)
        if self.kind == other.kind:
            return not self.values.isdisjoint(other.values)
        return self._of_any_kind(other) or other._of_any_kind(self)

    def _of_any_kind(self, other: "Quantity") -> bool:
        """A number alone counts what the other counts; also "at 7" for 7:00, which may be in the evening."""
        if self.kind != "":
            return False
        if other.kind == "percent" and any(one * 100 in other.values for one in self.numbers):
            return True  # Half of it.
        if other.kind == "time":
            return any((one + half) * 60 in other.values for one in self.numbers for half in (0, 12))
        return not self.values.isdisjoint(other.values) or other.shown == self.shown

    def rivals(self, other: "Quantity") -> bool:
        """Of one kind, but another value: one cannot stand for the other."""
        kinds = {self.kind, other.kind}
        return (len(kinds) == 1 or any(kinds <= one for one in _ALIKE)) and not self.agrees(other)


def _same_day(one: Quantity, other: Quantity) -> bool:
    return any(
        all(left == right or None in (left, right) for left, right in zip(mine, theirs, strict=True))
        for mine in one.values
        for theirs in other.values
        if isinstance(mine, tuple) and isinstance(theirs, tuple)
    )
