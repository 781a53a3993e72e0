"""What changed between two texts."""

from console.text_changes import Line, Mark, changes


def test_changed_lines_are_shown_with_those_around_them() -> None:
    before = "\n".join(str(number) for number in range(20))
    after = before.replace("9\n", "nine\n", 1).replace("19", "19\n20")
    assert changes(before, after) == [
        Line(Mark.SAME, "7"),
        Line(Mark.SAME, "8"),
        Line(Mark.OLD, "9"),
        Line(Mark.NEW, "nine"),
        Line(Mark.SAME, "10"),
        Line(Mark.SAME, "11"),
        Line(Mark.CUT, "…"),
        Line(Mark.SAME, "18"),
        Line(Mark.SAME, "19"),
        Line(Mark.NEW, "20"),
    ]


def test_equal_texts_have_no_changes_and_endless_ones_are_not_compared() -> None:
    assert changes("a\nb", "a\nb") == []
    assert changes("a\n" * 2_001, "b") is None
