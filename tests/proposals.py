"""A ticket with a proposed action, for the tests of who decides about it."""

from decimal import Decimal

from ingestion import intake
from runtime.database import transaction
from tests.samples import a_decision, a_message, claimed_case
from tickets import actions, lifecycle
from tickets.action_kinds import ActionKind, CloseArguments, Proposal, RefundArguments
from tickets.contracts import Reason

REFUND = Proposal(
    ActionKind.REFUND,
    RefundArguments(order_id="A-1001", amount=Decimal("49.00"), currency="EUR"),
    checks=("Ordered 3 days ago, within 30.",),
    answer="We have refunded 49.00 EUR.",
)
CLOSE = Proposal(ActionKind.CLOSE_ACCOUNT, CloseArguments(), answer="Your account is closed.")


def a_proposal(proposal: Proposal = REFUND, **message: object) -> tuple[str, str]:
    """The public ids of a ticket that staff own, and of the action that waits there."""
    with transaction() as session:
        values = {"text": "I want my money back.", "customer_verified": True, **message}
        ticket = intake.receive(session, a_message(**values)).public_id
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.HIGH_STAKES_ACTION, draft=""))
        action = actions.propose(session, case, proposal)
        assert action is not None
        return ticket, action.public_id
