"""The shop and the postbox of the ownership test: a shop that may refuse, be away, or die with whoever asks it."""

from collections.abc import Callable
from enum import StrEnum

from agent_core.shop_contract import Account, Command, Fate, Outcome, ShopOrder
from runtime.errors import FateUnknown, Retryable
from tests.code_desk import code_of, link_of
from tests.tickets.ownership_people import Killed, ScriptedSender
from tickets.action_kinds import PAYS
from tickets.deliveries import Outgoing


class ShopFate(StrEnum):
    """What becomes of a command. `SLOW`: it is done, and so late that another worker has asked meanwhile."""

    DONE = "done"
    REFUSED = "refused"
    BUSY = "busy"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    KILLED_BEFORE = "killed_before"
    KILLED_AFTER = "killed_after"
    SLOW = "slow"


_DOES_IT = (ShopFate.DONE, ShopFate.LOST_AFTER, ShopFate.KILLED_AFTER, ShopFate.SLOW)


class ScriptedShop:
    """It would do twice what it is asked twice, so that nobody can hide behind its memory."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another story begins."""
        self.fate = ShopFate.DONE
        self.tells_fates = True
        self.meanwhile: Callable[[], None] = lambda: None
        self.done: list[str] = []
        self.refused: list[str] = []
        self.paid: list[tuple[str, str]] = []

    def account_of(self, _mail: str) -> Account | None:
        return None

    def orders_of(self, _mail: str) -> tuple[ShopOrder, ...]:
        return ()

    def execute(self, command: Command) -> Fate:
        fate = self.fate
        if fate in _DOES_IT:
            self.done.append(command.key)
            if command.kind in PAYS:
                self.paid.append((command.mail, str(command.arguments["order_id"])))
        if fate is ShopFate.SLOW:
            self.fate = ShopFate.DONE
            self.meanwhile()
        if fate in (ShopFate.DONE, ShopFate.SLOW):
            return Fate(Outcome.DONE, reference="SHOP-1")
        if fate is ShopFate.REFUSED:
            self.refused.append(command.key)
            return Fate(Outcome.REFUSED, reason="No.")
        raise _ERRORS[fate]

    def fate_of(self, key: str) -> Fate:
        if not self.tells_fates:
            raise Retryable("away")
        if key in self.done:
            return Fate(Outcome.DONE, reference="SHOP-1")
        return Fate(Outcome.REFUSED if key in self.refused else Outcome.NEVER_SEEN)


_ERRORS: dict[ShopFate, BaseException] = {
    ShopFate.BUSY: Retryable("busy"),
    ShopFate.LOST_BEFORE: FateUnknown("no answer"),
    ShopFate.LOST_AFTER: FateUnknown("no answer"),
    ShopFate.KILLED_BEFORE: Killed(),
    ShopFate.KILLED_AFTER: Killed(),
}


class Postbox(ScriptedSender):
    """Where the codes go. What was killed or not heard of may have arrived all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.code = ""
        self.link = ""

    def send(self, outgoing: Outgoing) -> None:
        self.code, self.link = code_of(outgoing.text), link_of(outgoing.text)
        super().send(outgoing)
