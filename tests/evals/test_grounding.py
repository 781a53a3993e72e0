"""How many wrong replies the check of claims refuses and how many right ones, on the development half and the other.

The texts that nobody looked at while developing tell how it does on new ones; the target stands beside each figure.
"""

import pytest

from agent_core.grounding import check_reply
from runtime.language import LANGUAGES
from tests.evals.grounding_cases import Case, Part, cases

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


def test_replies_that_keep_to_the_words_of_the_passages_meet_the_targets() -> None:
    catch, blocked = _measure("near", cases(Part.NEAR))
    assert catch >= _CATCH
    assert blocked <= _FALSE_BLOCK


def test_replies_in_words_of_their_own_miss_the_targets_by_no_more_than_known() -> None:
    """The floors are what was measured, not the targets."""
    catch, blocked = _measure("far", cases(Part.FAR))
    assert catch >= 0.92
    assert blocked <= 0.17


def test_the_replies_that_nobody_looked_at_miss_the_targets_by_no_more_than_known() -> None:
    """Half of the right ones are sent to staff: what a free paraphrase says is not proven by words and cosines."""
    catch, blocked = _measure("held out", cases(Part.HELD_OUT))
    assert catch >= 0.87
    assert blocked <= 0.46


@pytest.mark.parametrize("part", [Part.NEAR, Part.HELD_OUT])
def test_both_halves_have_every_kind_of_error_and_every_language(part: Part) -> None:
    chosen = cases(part)
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
    known = {case.passages for part in (Part.NEAR, Part.FAR) for case in cases(part)}
    assert not known & {case.passages for case in cases(Part.HELD_OUT)}
