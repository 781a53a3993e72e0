"""Markdown into the units that a reply quotes."""

from agent_core.sentences import Unit, plain, split_sentences, units

ARTICLE = """Open **Account → Orders** and choose the order. A refund takes 5.5 days, e.g. for cards.

1. Sign in.
2. Choose `Return`.

- Keep the receipt.

| Status | Meaning |
|---|---|
| Sent | The parcel is on its way. |
"""


def test_sentences_steps_bullets_and_rows_are_units() -> None:
    assert units(ARTICLE) == [
        Unit("Open Account → Orders and choose the order."),
        Unit("A refund takes 5.5 days, e.g. for cards."),
        Unit("Sign in.", step=True),
        Unit("Choose Return.", step=True),
        Unit("Keep the receipt."),
        Unit("Sent — meaning: The parcel is on its way."),
    ]


def test_headings_say_nothing_by_themselves() -> None:
    assert units("## Returns\n\nSend it back.") == [Unit("Send it back.")]


def test_a_line_break_inside_a_sentence_is_a_space() -> None:
    assert units("A parcel\ncan be late.") == [Unit("A parcel can be late.")]


def test_links_keep_their_address() -> None:
    assert plain("See [returns](/help/returns).") == "See returns (/help/returns)."


def test_numbers_and_abbreviations_do_not_end_sentences() -> None:
    assert split_sentences("It costs 4.95 euros at 2 p.m. Eastern Time. Ask us! E. Smith wrote No. 5.") == [
        "It costs 4.95 euros at 2 p.m. Eastern Time.",
        "Ask us!",
        "E. Smith wrote No. 5.",
    ]


def test_sentences_of_chinese_are_split() -> None:
    assert split_sentences("你好。再见。") == ["你好。", "再见。"]
