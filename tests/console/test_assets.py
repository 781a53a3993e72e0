"""The static files."""

import gzip
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from console import assets
from tests.console.desk import console_app

SOURCES = Path(assets.__file__).parent


@pytest.fixture
def client() -> TestClient:
    return TestClient(console_app(), raise_server_exceptions=False)


def test_htmx_comes_from_the_wheel_and_is_kept_by_browsers(client: TestClient) -> None:
    response = client.get(assets.asset("htmx.js"))
    assert response.status_code == 200
    assert response.text.startswith("var htmx=")
    assert "immutable" in response.headers["cache-control"]
    assert "javascript" in response.headers["content-type"]


@pytest.mark.parametrize("path", ["nothing.js", "..%2ftemplates%2fbase.html", "..%2f..%2fpages.py", ""])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"{assets.URL}/{path}").status_code == 404


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'symbol id="([^"]+)"', (SOURCES / "static" / "icons.svg").read_text()))
    templates = "".join(path.read_text() for path in (SOURCES / "templates").iterdir())
    named = set(re.findall(r'icon\("([a-z_-]+[a-z])"', templates)) - {"view-", "channel-", "bars-"}
    named |= {
        f"channel-{channel}"
        for channel in ("mail", "web_chat", "api", "x", "facebook", "zendesk", "intercom")
    }
    named |= {f"bars-{rank}" for rank in range(4)} | {
        f"view-{view}" for view in ("waiting", "mine", "unassigned", "all")
    }
    assert named <= drawn


def test_no_template_has_inline_script_or_style() -> None:
    for path in (SOURCES / "templates").iterdir():
        assert not re.search(
            r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)|hx-on|hx-vals=.?js|\|\s*safe\b", path.read_text()
        ), path


def test_files_are_packed_for_who_takes_that_and_mean_the_same(client: TestClient) -> None:
    plain = client.get(assets.asset("console.css"), headers={"Accept-Encoding": "identity"})
    with client.stream("GET", assets.asset("console.css"), headers={"Accept-Encoding": "br, gzip"}) as packed:
        sent = b"".join(packed.iter_raw())
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 3
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert client.get("/console/static/nothing.css", headers={"Accept-Encoding": "gzip"}).status_code == 404
