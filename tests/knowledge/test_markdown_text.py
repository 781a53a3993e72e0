"""What a Markdown source says without its marks."""

import pytest

from knowledge.markdown_text import plain


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("Open **Account → Orders** and *wait*.", "Open Account → Orders and wait."),
        ("See [our shop](https://shop.example.com).", "See our shop."),
        ("![the label](label.png) is attached", "the label is attached"),
        ("1. One\n2. Two", "One\nTwo"),
        ("| Option | Cost |\n|---|---|\n| Express | $12.95 |", "Option, Cost\nExpress, $12.95"),
        ("a line\nthat goes on", "a line that goes on"),
        ("```sh\nls -l\n```", "ls -l"),
        ("<p>some <b>HTML</b></p>", "some HTML"),
        ("use `--force`", "use --force"),
    ],
)
def test_marks_go_and_words_stay(markdown: str, expected: str) -> None:
    assert plain(markdown) == expected
