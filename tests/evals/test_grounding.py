"""How many wrong replies the check of claims refuses and how many right ones, on the development half and the other.

The texts that nobody looked at while developing tell how it does on new ones; the target stands beside each figure.
"""

import pytest

from agent_core.grounding import check_reply
from runtime.language import LANGUAGES
from tests.evals.grounding_cases import Case, cases

_CATCH = 0.97
_FALSE_BLOCK = 0.05


def _refused(case: Case) -> bool:
    return any(one.problem for one in check_reply(case.reply, case.passages, language=case.language))


def _measure(name: str, chosen: list[Case]) -> tuple[float, float]:
    """The shares of wrong and of right replies that were refused, printed beside the targets."""
    refused = {case: _refused(case) for case in chosen}
    wrong = [refused[case] for case in chosen if not case.supported]
    right = [refused[case] for case in chosen if case.supported]
    catch, blocked = sum(wrong) / len(wrong), sum(right) / len(right)
    print(f"\n{name}: catch rate {catch:.3f} of {len(wrong)} (target {_CATCH}),", end=" ")
    print(f"false blocks {blocked:.3f} of {len(right)} (target {_FALSE_BLOCK})")
    for kind in sorted({case.kind for case in chosen}):
        of_kind = [refused[case] for case in chosen if case.kind == kind]
        print(f"    {kind}: {sum(of_kind)} of {len(of_kind)} refused")
    return catch, blocked


def test_the_development_half_meets_the_targets() -> None:
    catch, blocked = _measure("development half", cases(held_out=False))
    assert catch >= _CATCH
    assert blocked <= _FALSE_BLOCK


def test_the_half_that_nobody_looked_at_misses_the_targets_by_no_more_than_known() -> None:
    """Texts of other topics in words of their own are harder: the floors are what was measured, not the targets."""
    catch, blocked = _measure("held-out half", cases(held_out=True))
    assert catch >= 0.92
    assert blocked <= 0.16


@pytest.mark.parametrize("held_out", [False, True])
def test_both_halves_have_every_kind_of_error_and_every_language(held_out: bool) -> None:
    chosen = cases(held_out=held_out)
    assert {case.language for case in chosen} == set(LANGUAGES)
    kinds = {case.kind for case in chosen}
    assert {
        "amount",
        "number",
        "date",
        "negation",
        "product",
        "link",
        "promise",
        "policy",
        "condition",
    } <= kinds


def test_the_halves_share_no_text() -> None:
    halves = [{case.passages for case in cases(held_out=held_out)} for held_out in (False, True)]
    assert not halves[0] & halves[1]
