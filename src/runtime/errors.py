"""The errors that cross a package boundary. `runtime.web` maps them to HTTP; nothing here knows HTTP."""


class DeskfleetError(Exception):
    """An error whose text may be shown to the person who caused it."""

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class InvalidInput(DeskfleetError):
    """The input is wrong; `field` names the part that is."""


class TooLarge(DeskfleetError):
    """The input is over a stated limit."""


class NotAuthenticated(DeskfleetError):
    """Nobody, or nobody we know."""


class Forbidden(DeskfleetError):
    """Known, but not allowed."""


class NotFound(DeskfleetError):
    """No such thing, or none that the caller may see."""


class Conflict(DeskfleetError):
    """The thing has changed meanwhile, or the change is not possible from its present state."""


class Outdated(DeskfleetError):
    """The caller asked for the change of something that is not any more as they read it."""


class RateLimited(DeskfleetError):
    """Too many requests; `retry_after_s` says when the next one is welcome."""

    def __init__(self, detail: str, *, retry_after_s: float) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(DeskfleetError):
    """A part that the request needs is down."""


class SettingError(DeskfleetError):
    """A setting is missing or wrong; the process must not start."""


class Retryable(DeskfleetError):
    """An outside part failed in a way that may pass: try again later."""

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Permanent(DeskfleetError):
    """An outside part refused for good: a person has to look."""


class FateUnknown(DeskfleetError):
    """It was handed over in full and no answer came: it may have been taken or not."""
