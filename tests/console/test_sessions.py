"""What the session decides without a browser."""

import pytest

from console.sessions import local_path


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/console/queue", "//evil.example/console/", "/\\evil.example", "/console/\\evil.example",
        "javascript:alert(1)", "/console/queue\r\nSet-Cookie: a=b", "/console/../chat", "/chat", "", "console/queue",
        "/console/queue#x", "/console/queue?q=<script>", "/console/queue\n",
    ],
)  # fmt: skip
def test_a_login_leads_to_no_other_place_than_the_console(wanted: str) -> None:
    assert local_path(wanted) == "/console/queue"


@pytest.mark.parametrize(
    "wanted",
    ["/console/queue", "/console/tickets/TKT-20250101-ABCDEFGH", "/console/queue?view=all&q=a%20b+c"],
)
def test_pages_of_the_console_are_kept(wanted: str) -> None:
    assert local_path(wanted) == wanted
