"""What the agent proposes to do in the shop for a case, and the doing of what staff have approved."""

import logging
from dataclasses import dataclass

from agent_core import tool_calls, toolbox
from agent_core.action_words import asks_for, document_in
from agent_core.proposals import Refused, Wish, propose
from agent_core.routing import Step, is_on
from agent_core.shop import connected
from agent_core.shop_contract import Command, Fate, Outcome, Shop
from agent_core.toolbox import Desk
from agent_core.tools import FAILURES, LookUp, named_orders, shop_for, told
from agent_core.triage import Triage
from llm import shadow
from runtime import telemetry
from runtime.database import transaction
from runtime.errors import FateUnknown, Permanent, Retryable
from runtime.redaction import Kind, find
from runtime.settings import settings
from tickets import action_execution
from tickets.action_execution import Work
from tickets.action_kinds import ActionKind, Proposal
from tickets.contracts import Case, Order, Reason
from tickets.raw_texts import newest_text

log = logging.getLogger(__name__)

# Staff who get a ticket for one of these may find the action prepared; for the others nothing is to be done at once.
_MAY_PROPOSE = frozenset(
    {
        None,
        Reason.HIGH_STAKES_ACTION,
        Reason.VIP,
        Reason.ASKS_FOR_PERSON,
        Reason.NEGATIVE_SENTIMENT,
        Reason.TOO_MANY_TURNS,
        Reason.REPEATED_QUESTION,
    }
)
_NO_SHOP = "No shop is connected."
_CATEGORIES = ("billing_inquiry", "shipping", "account_management")


@dataclass(frozen=True)
class Consulted:
    """What was found in the shop and what is proposed. `failure`: the shop could not be asked."""

    proposal: Proposal | None = None
    orders: tuple[Order, ...] = ()
    failure: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def seen(self) -> LookUp | None:
        """What a reply can be written from; None: nothing was looked up."""
        return LookUp(self.orders, self.failure) if self.orders or self.failure else None


NOTHING = Consulted()


def consult(case: Case, triage: Triage, reason: Reason | None) -> Consulted:
    """What the customer wants done, as a proposal: by a model with the tools, else by rules. It never raises.

    A customer for whom nobody vouches proposes nothing.
    """
    shop = shop_for(case) if is_on(Step.SHOP) and reason in _MAY_PROPOSE else None
    if shop is None:
        return NOTHING
    kind = asks_for(f"{case.subject}\n{case.question}", triage.language)
    if kind is None and not (tool_calls.has_model() and triage.category in _CATEGORIES):
        return NOTHING
    shadow.refuse("The orders of that day are not known.")
    with telemetry.span("act", wanted=kind.value if kind else ""):
        desk = Desk(case, shop, language=triage.language, address=_address(case))
        if (found := tool_calls.consult(desk)) is not None:
            return Consulted(found.proposal, found.orders, found.failure, found.notes)
        return _by_rules(desk, kind) if kind else NOTHING


def _by_rules(desk: Desk, kind: ActionKind) -> Consulted:
    try:
        orders = desk.shop.orders_of(desk.case.customer_mail)
    except FAILURES as error:
        return Consulted(failure=told(error, desk.case))
    wish = _wish(desk, kind)
    found: Proposal | Refused = (
        propose(wish, orders, language=desk.language, refund_days=settings().agent.refund_days)
        if isinstance(wish, Wish)
        else wish
    )
    if isinstance(found, Refused):
        return Consulted(notes=(f"no {kind.value} proposed: {found.why}",))
    return Consulted(found)


def _wish(desk: Desk, kind: ActionKind) -> Wish | Refused:
    """What the customer's words say; where they name several orders or amounts, nobody knows which is meant."""
    named = named_orders(desk.case)
    if len(named) > 1 and kind is not ActionKind.CLOSE_ACCOUNT:
        return Refused("More than one order is named.")
    order_id = named[0] if named else ""
    text = f"{desk.case.subject}\n{desk.case.question}"
    if kind is ActionKind.RESEND:
        return Wish(kind, order_id, document=document_in(text, desk.language))
    if kind is not ActionKind.REFUND:
        return Wish(kind, order_id, address=desk.address)
    amounts = toolbox.amounts_in(desk.case)
    if len(amounts) > 1:
        return Refused(toolbox.SEVERAL_AMOUNTS)
    amount, currency = next(iter(amounts), ("", ""))
    return Wish(kind, order_id, amount=amount, currency=currency)


def _address(case: Case) -> str:
    """The last address of the newest message. The case has none: it is redacted."""
    with transaction() as session:
        text = newest_text(session, case)
    found = [text[one.start : one.end] for one in find(text, {Kind.STREET_ADDRESS})]
    return " ".join(found[-1].split()) if found else ""


def carry_out(action_id: int) -> None:
    """Do one approved action once: claim it, ask the shop with no transaction open, record what became of it."""
    with transaction() as session:
        work = action_execution.claim(session, action_id)
    if work is None:
        return
    with telemetry.span("execute_action", kind=work.kind.value):
        shop = connected()
        if shop is not None:
            _carry_out(shop, work)
        elif work.may_have_reached_the_shop:
            _doubt(work, _NO_SHOP)
        else:
            _put_off(work, Retryable(_NO_SHOP))


def _carry_out(shop: Shop, work: Work) -> None:
    try:
        fate = _fate(shop, work)
    except Retryable as error:
        _put_off(work, error)
    except FateUnknown as error:
        _doubt(work, error.detail)
    except Permanent as error:
        with transaction() as session:
            action_execution.mark_failed(session, work, why=error.detail)
    else:
        _settle(work, fate)


def _fate(shop: Shop, work: Work) -> Fate:
    """What an earlier attempt may have done is asked of the shop first: it is never blindly repeated."""
    if work.may_have_reached_the_shop:
        try:
            known = shop.fate_of(work.public_id)
        except (Retryable, Permanent) as error:
            raise FateUnknown(error.detail) from None
        if known.outcome is not Outcome.NEVER_SEEN:
            return known
    return shop.execute(Command(work.public_id, work.kind, work.mail, work.arguments))


def _settle(work: Work, fate: Fate) -> None:
    with transaction() as session:
        if fate.outcome is Outcome.DONE:
            action_execution.mark_done(session, work, reference=fate.reference)
        else:
            action_execution.mark_failed(session, work, why=fate.reason or "The shop refused it.")
    log.info("action ended", extra={"action": work.public_id, "outcome": fate.outcome.value})


def _put_off(work: Work, error: Retryable) -> None:
    with transaction() as session:
        if work.is_last:
            action_execution.mark_failed(session, work, why=error.detail)
        else:
            action_execution.postpone(session, work, why=error.detail, retry_after_s=error.retry_after_s)


def _doubt(work: Work, why: str) -> None:
    with transaction() as session:
        if work.is_last:
            action_execution.park_unknown(session, work, why=why)
        else:
            action_execution.note_doubt(session, work, why=why)
