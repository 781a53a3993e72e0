"""The memory over REST: articles written, changed against what was read, found, withdrawn."""

from typing import Any

from accounts.permissions import Permission, Role
from deskfleet.web import create_app
from tests.api.whole_desk import program, staff
from tests.jobs import CollectedJobs

ARTICLE: dict[str, Any] = {
    "title": "Descaling the kettle",
    "body": "Boil one litre of water with two spoons of citric acid and rinse the kettle twice.",
    "product": "Kettle",
}


def test_an_article_is_written_found_changed_and_withdrawn(run_jobs: CollectedJobs) -> None:
    bob = staff(Role.MANAGER, name="Bob")
    written = bob.post("/api/v1/knowledge/articles", json=ARTICLE)
    assert (written.status_code, written.json()["version"]) == (201, 1)
    path = f"/api/v1/knowledge/articles/{written.json()['article_id']}"
    question = {"q": "How do I descale my kettle?"}
    [passage, *_] = bob.get("/api/v1/knowledge/search", params=question).json()["passages"]
    assert (passage["article_id"], passage["version"]) == (written.json()["article_id"], 1)
    changed = bob.put(path, json=ARTICLE | {"body": "Use vinegar to descale the kettle.", "seen_version": 1})
    assert (changed.json()["version"], changed.json()["body"]) == (2, "Use vinegar to descale the kettle.")
    assert bob.put(path, json=ARTICLE | {"seen_version": 1}).status_code == 409
    assert bob.delete(path).status_code == 204
    assert bob.get(path).json()["withdrawn_at"] is not None
    assert bob.get("/api/v1/knowledge/search", params=question).json()["passages"] == []
    assert bob.get("/api/v1/knowledge/articles").json()["articles"] == []


def test_articles_are_listed_in_pages_and_narrowed(run_jobs: CollectedJobs) -> None:
    bob = staff(Role.MANAGER, name="Bob")
    for title in ("A tent", "B kettle", "C parcel"):
        internal = {"audience": "internal"} if title.startswith("C") else {}
        bob.post("/api/v1/knowledge/articles", json=ARTICLE | {"title": title} | internal)
    first = bob.get("/api/v1/knowledge/articles?limit=2").json()
    second = bob.get(f"/api/v1/knowledge/articles?limit=2&cursor={first['next_cursor']}").json()
    assert [one["title"] for one in first["articles"] + second["articles"]] == [
        "A tent",
        "B kettle",
        "C parcel",
    ]
    assert second["next_cursor"] is None
    narrowed = bob.get("/api/v1/knowledge/articles?audience=internal").json()["articles"]
    assert [one["title"] for one in narrowed] == ["C parcel"]


def test_who_only_reads_writes_nothing_and_what_is_wrong_is_named(database: str) -> None:
    app = create_app()
    reader = program(Permission.READ_KNOWLEDGE, app=app)
    assert reader.post("/api/v1/knowledge/articles", json=ARTICLE).status_code == 403
    assert reader.get("/api/v1/knowledge/articles/ART-00000000").status_code == 404
    writer = program(Permission.WRITE_KNOWLEDGE, app=app)
    for changes, field in (
        ({"title": ""}, "title"),
        ({"language": "English"}, "language"),
        ({"url": "x"}, "url"),
    ):
        refused = writer.post("/api/v1/knowledge/articles", json=ARTICLE | changes)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
