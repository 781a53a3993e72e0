"""The page of sources: what articles come from, and having it read anew."""

from pathlib import Path

import knowledge.tasks  # noqa: F401  # whose jobs are run
from accounts.permissions import Role
from knowledge import source_syncs
from tests.console.desk import member
from tests.jobs import CollectedJobs

PAGE = "/console/articles/sources"


def test_a_manager_sees_the_sources_and_has_a_folder_read_anew(
    tmp_path: Path, run_jobs: CollectedJobs
) -> None:
    (tmp_path / "shipping.md").write_text("# Shipping\n\nParcels take two days.")
    source_syncs.sync(tmp_path, source_syncs.begin(tmp_path, by="command"))
    carol = member("Carol", role=Role.MANAGER)
    assert f'href="{PAGE}"' in carol.client.get("/console/articles").text
    page = carol.client.get(PAGE).text
    assert str(tmp_path) in page
    assert "by the command line" in page
    (tmp_path / "broken.md").write_bytes(b"\xff\xfe")
    asked = carol.post(f"{PAGE}/sync", folder=str(tmp_path))
    assert asked.headers["location"] == f"{PAGE}?done=asked"
    assert "is being read" in carol.client.get(PAGE).text
    assert carol.post(f"{PAGE}/sync", folder=str(tmp_path)).headers["location"] == f"{PAGE}?done=busy"
    run_jobs()
    page = carol.client.get(PAGE).text
    assert "1 refused" in page
    assert "broken.md is no UTF-8 text" in page
    assert "by Carol" in page


def test_a_round_of_learning_is_asked_for_and_other_places_are_not_read(run_jobs: CollectedJobs) -> None:
    carol = member("Carol", role=Role.MANAGER)
    assert carol.post(f"{PAGE}/sync").status_code == 303
    run_jobs()
    assert "by the nightly job" in carol.client.get(PAGE).text
    assert carol.post(f"{PAGE}/sync", folder="/etc").status_code == 404


def test_who_only_reads_articles_cannot_have_them_read_anew(run_jobs: CollectedJobs) -> None:
    bob = member("Bob", role=Role.AGENT)
    page = bob.client.get(PAGE)
    assert page.status_code == 200
    assert "Learn now" not in page.text
    assert bob.post(f"{PAGE}/sync").status_code == 403
    assert run_jobs.published == []
