"""The public help centre: what customers find where the links of a reply lead."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ingestion import help_centre
from knowledge import articles
from knowledge.articles import Audience, Kind, NewArticle
from runtime import web
from runtime.database import transaction

DEMO_ARTICLES = Path(__file__).resolve().parents[2] / "src" / "deskfleet" / "demo_data" / "articles"


@pytest.fixture
def client(database: str) -> TestClient:
    app = FastAPI()
    web.install(app)
    app.include_router(help_centre.router)
    return TestClient(app, raise_server_exceptions=False)


def add(body: str = "# Shipping\n\nThree days.", **changes: Any) -> str:
    """One article; its public id."""
    values: dict[str, Any] = {
        "source": "test", "slug": "shipping", "title": "Shipping", "url": "/help/shipping", "body": body,
    }  # fmt: skip
    return articles.add_article(NewArticle(**(values | changes))).public_id


def test_an_article_is_a_page_with_its_table(client: TestClient) -> None:
    add("# Shipping\n\n| Option | Cost |\n|---|---|\n| Standard | $4.95 |\n\nWrite **us**.")
    page = client.get("/help/shipping")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert re.search(r"<table>.*<th>Option</th>.*<td>\$4\.95</td>.*</table>", page.text, re.DOTALL)
    assert "<strong>us</strong>" in page.text
    assert "<title>Shipping · Customer Support</title>" in page.text


def test_markup_in_an_article_is_text(client: TestClient) -> None:
    add(
        "# <i>Shipping</i>\n\n<script>alert(1)</script>\n\nSee <img src=x onerror=alert(2)> and "
        "[here](javascript:alert(3)).",
        title="</title><script>alert(4)</script>",
    )
    for path in ("/help/shipping", "/help"):
        page = client.get(path).text
        assert "<script" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert "&lt;/title&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in client.get("/help/shipping").text


def test_a_page_has_one_heading_also_when_its_text_has_none(client: TestClient) -> None:
    add("# Shipping\n\nThree days.")
    add("Three days.", slug="plain", url="/help/plain", title="Delivery & more")
    assert re.findall("<h1>.*</h1>", client.get("/help/shipping").text) == ["<h1>Shipping</h1>"]
    assert re.findall("<h1>.*</h1>", client.get("/help/plain").text) == ["<h1>Delivery &amp; more</h1>"]


def test_a_page_says_its_language(client: TestClient) -> None:
    add("Drei Tage.", language="de")
    assert '<article lang="de">' in client.get("/help/shipping").text


def test_only_what_is_for_customers_has_a_page(client: TestClient) -> None:
    add(slug="internal", url="/help/internal", title="Internal", audience=Audience.INTERNAL)
    add(slug="learned", url="/help/learned", title="Learned", kind=Kind.LEARNED)
    withdrawn = add(slug="old", url="/help/old", title="Old")
    with transaction() as session:
        articles.withdraw(session, withdrawn)
    for path in ("/help/internal", "/help/learned", "/help/old", "/help/nothing", "/help/%27"):
        page = client.get(path)
        assert page.status_code == 404
        assert "This page does not exist" in page.text
        assert "Three days" not in page.text
    index = client.get("/help").text
    assert "There are no help pages yet" in index
    assert not re.search("Internal|Learned|Old", index)


def test_an_address_that_no_database_holds_is_no_failure_of_ours(client: TestClient) -> None:
    assert client.get("/help/%00").status_code == 422


def test_the_style_comes_from_here(client: TestClient) -> None:
    style = client.get("/help/static/help.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_every_link_of_the_demo_articles_leads_somewhere(client: TestClient) -> None:
    files = articles.files_in([DEMO_ARTICLES])
    stated = [re.findall(r"^url: (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE) for file in files]
    added = [one for file in files for one in articles.add_path(file)]
    index = client.get("/help").text
    listed = re.findall('<li><a href="(.+?)">(.+?)</a>', index)
    assert [title for _url, title in listed] == sorted(one.title for one in added)
    assert sorted(url for url, _title in listed) == sorted(url for [url] in stated)
    for url, title in listed:
        page = client.get(url)
        assert page.status_code == 200
        assert f"<h1>{title}</h1>" in page.text
        for link in re.findall('href="(/help[^"]*)"', page.text):
            assert client.get(link).status_code == 200, f"{link} in {url}"
