"""Published jobs, collected and run by hand, as a worker would."""

from runtime import jobs

_MOST_ROUNDS = 1_000


class CollectedJobs:
    """`published` is what waits; calling the object runs it, and what that publishes, to the end."""

    def __init__(self) -> None:
        self.published: list[tuple[str, tuple[int | str, ...], dict[str, str]]] = []

    def publish(
        self, name: str, arguments: tuple[int | str, ...], headers: dict[str, str], _expires_s: float | None
    ) -> None:
        self.published.append((name, arguments, headers))

    def names(self) -> list[str]:
        return [name for name, _arguments, _headers in self.published]

    def lose(self) -> None:
        """What a broker that died takes with it."""
        self.published.clear()

    def __call__(self) -> int:
        """Run everything; returns how many jobs ran."""
        for ran in range(_MOST_ROUNDS):
            if not self.published:
                return ran
            jobs.call(*self.published.pop(0))
        raise AssertionError(f"{_MOST_ROUNDS} jobs ran and more wait: {self.names()[:5]}")
