"""The steps of an answer as the settings have them: each does its work, or what is safe without it."""

from collections.abc import Sequence
from dataclasses import replace

from agent_core import grounding, guard, tools
from agent_core.drafts import Draft
from agent_core.fencing import fenced
from agent_core.grounding import Support
from agent_core.guard import ScreenedCase
from agent_core.routing import Step, is_on
from agent_core.tools import LookUp
from knowledge import retrieval
from knowledge.retrieval import Passage
from runtime.language import DEFAULT
from tickets.contracts import Case


def screen_case(case: Case) -> ScreenedCase:
    """Off: nothing is taken out, but a stranger's text still cannot pass for a part of a prompt."""
    if is_on(Step.GUARD):
        return guard.screen_case(case)
    shown = replace(case, question=fenced(case.question), subject=fenced(" ".join(case.subject.split())))
    return ScreenedCase(shown, (), asks_nothing=False)


def screen_passages(passages: Sequence[Passage]) -> tuple[list[Passage], tuple[str, ...]]:
    return guard.screen_passages(passages) if is_on(Step.GUARD) else (list(passages), ())


def search(question: str, *, language: str = DEFAULT) -> list[Passage]:
    """Off: only orders can answer."""
    return retrieval.search(question, language=language) if is_on(Step.SEARCH) else []


def look_up_orders(case: Case, *, open_ones: bool = False) -> LookUp:
    return tools.look_up_orders(case, open_ones=open_ones) if is_on(Step.SHOP) else LookUp()


def check_grounding(draft: Draft) -> Support:
    """Off: what is not proven stays in the draft, which then goes to staff whatever it says."""
    support = grounding.check_grounding(draft)
    return support if is_on(Step.GROUNDING_STRICT) else replace(support, draft=draft, dropped=())
