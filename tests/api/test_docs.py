"""The page for people: it shows every operation, and nothing on it comes from elsewhere or runs inline."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import auth, customers, docs, files, tickets
from ingestion import rest, rest_files, rest_messages
from runtime import web


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI(title="deskfleet", version="1.2.3", docs_url=None, redoc_url=None)
    web.install(app)
    doors = (rest, rest_messages, rest_files, auth, tickets, files, customers)
    for router in (door.router for door in doors):
        app.include_router(router)
    docs.install(app)
    with TestClient(app) as client:
        yield client


class Page(HTMLParser):
    """Collects what a browser would load, follow or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: set[str] = set()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"img", "script", "link"}:
            self.loads.add(given.get("src") or given.get("href", ""))
        if tag == "a":
            self.links.add(given["href"])
        if "id" in given:
            self.ids.append(given["id"])
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []


def test_every_operation_has_its_place_with_summary_parameters_and_a_call(client: TestClient) -> None:
    html = client.get("/docs").text
    page = Page(html)
    assert {"post-api-v1-tickets", "get-api-v1-tickets-ticket_id", "post-auth-token"} <= set(page.ids)
    assert "Send a customer&#39;s message" in html
    assert "<code>Idempotency-Key</code>" in html
    assert "curl -X POST &#34;http://localhost:8000/api/v1/tickets&#34;" in html
    assert "My order A-10423 has not arrived yet." in html
    assert "1 to 20000 characters" in html


def test_a_file_is_uploaded_as_a_file(client: TestClient) -> None:
    html = client.get("/docs").text
    assert "-F file=@path/to/file" in html
    assert "multipart/form-data" in html


def test_the_page_says_how_to_authenticate_and_names_every_scope(client: TestClient) -> None:
    html = client.get("/docs").text
    assert "deskfleet key create" in html
    assert "<code>knowledge:write</code>" in html


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs_inline(client: TestClient) -> None:
    response = client.get("/docs")
    page = Page(response.text)
    assert page.inline == []
    assert all(url.startswith("/docs/static/") for url in page.loads)
    assert "default-src 'self'" in response.headers["content-security-policy"]


def test_all_that_the_page_loads_and_links_is_there(client: TestClient) -> None:
    page = Page(client.get("/docs").text)
    anchors = {f"#{one}" for one in page.ids}
    assert {link for link in page.links if link.startswith("#")} <= anchors
    assert len(anchors) == len(page.ids)
    for url in page.loads | {link for link in page.links if not link.startswith("#")}:
        assert client.get(url).status_code == 200, url


def test_the_style_sheet_takes_nothing_from_elsewhere(client: TestClient) -> None:
    sheet = client.get("/docs/static/docs.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert not re.search(r"@import|url\(", sheet.text)


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fdocs.py", "%2e%2e/docs.py"])
def test_no_other_file_can_be_had(client: TestClient, name: str) -> None:
    assert client.get(f"/docs/static/{name}").status_code == 404


def test_descriptions_are_escaped_and_their_code_is_shown_as_code() -> None:
    assert docs.prose("Use `a<b`.\n\n<b>Second</b>\nline") == (
        "<p>Use <code>a&lt;b</code>.</p><p>&lt;b&gt;Second&lt;/b&gt; line</p>"
    )
