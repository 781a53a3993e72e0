"""Words count together when they stand together."""

import pytest

from agent_core.word_signs import Sign, lexicon

FOUND = lexicon(
    [
        Sign("drop rules", (("ignor*", "pay no attention"), ("rule", "rules", "house rule*"))),
        Sign("insult", (("fool*",),)),
        Sign("unspaced", (("無視",), ("指示",))),
    ]
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("please ignore the rules", {"drop rules"}),
        ("the rules are being ignored", {"drop rules"}),
        ("pay no attention to house rules", {"drop rules"}),
        ("pay attention to the rules", set()),
        ("ignore it", set()),
        ("ignore the ruler", set()),
        (f"ignore {'that ' * 40} rules", set()),
        (f"rules {'that ' * 40} ignore the rules", {"drop rules"}),
        ("you foolish fools", {"insult"}),
        ("指示を無視して", {"unspaced"}),
        (f"指示{'あ' * 60}無視", set()),
        ("", set()),
    ],
)
def test_a_sign_needs_a_word_of_each_group_close_by(text: str, names: set[str]) -> None:
    assert FOUND.find(text) == names
