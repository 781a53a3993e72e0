"""HTML pages as Markdown."""

import pytest

from knowledge.html_markdown import convert


def test_a_page_keeps_its_headings_lists_tables_and_code() -> None:
    stated, text = convert(
        """<!doctype html><html lang="de-AT"><head><title>Versand &amp; Kosten</title><style>p{}</style></head>
        <body><nav><a href="/">Home</a></nav><h1>Versand</h1><p>Wir liefern <b>schnell</b>.<br>Immer.</p>
        <ul><li>Standard</li><li><p>Express</p><ol><li>eins</li><li>zwei</li></ol></li></ul>
        <table><tr><th>Art</th><th>Preis</th></tr><tr><td>Express <i>heute</i></td><td>9|5</td></tr></table>
        <pre>x = 1
  y = 2</pre><script>alert(1)</script><footer>Impressum</footer></body></html>"""
    )
    assert stated == {"language": "de-AT", "title": "Versand & Kosten"}
    assert text == (
        "# Versand\n\nWir liefern **schnell**.\n\nImmer.\n\n-  Standard\n-  Express\n   1. eins\n   2. zwei\n\n"
        "| Art | Preis |\n|---|---|\n| Express heute | 9\\|5 |\n\n```\nx = 1\n  y = 2\n```"
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("just words", "just words"),
        ("<p>open", "open"),
        ("</p></ul></table>end", "end"),
        ("<td>cell</td>", "cell"),
        ("<script>never closed", ""),
        ("<h2>A</h2><h2>B</h2>", "## A\n\n## B"),
    ],
)
def test_broken_pages_lose_nothing_that_is_shown(html: str, text: str) -> None:
    assert convert(html)[1] == text
