"""Articles as pages: nothing in them runs, loads or breaks the page."""

import pytest

from console.markdown import as_html


def test_headings_stand_below_the_title_and_the_title_is_not_said_twice() -> None:
    assert as_html("# Refunds\n\n## When\n\n###### Deep", title="Refunds") == (
        "<h3>When</h3>\n<h6>Deep</h6>\n"
    )
    assert as_html("# Other\n", title="Refunds") == "<h2>Other</h2>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        '![x" onerror="alert(1)](https://example.com/x.png)',
        "```\n</code></pre><script>alert(1)</script>\n```",
    ],
)
def test_nothing_in_an_article_runs_or_is_loaded(text: str) -> None:
    html = as_html(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "href=" not in html
    assert ' onerror="' not in html


def test_a_picture_of_another_site_is_named_and_not_loaded() -> None:
    assert as_html("![The box](https://example.com/box.png)") == (
        '<p><span class="picture">The box</span></p>\n'
    )


def test_links_open_beside_the_console() -> None:
    assert 'href="https://example.com" rel="noopener noreferrer" target="_blank"' in as_html(
        "[x](https://example.com)"
    )


def test_a_table_is_aligned_without_a_style() -> None:
    html = as_html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert "style=" not in html
    assert '<td class="right">2</td>' in html
