from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import knowledge.tasks  # noqa: F401  # whose jobs are run
from knowledge import articles, source_syncs, sources
from knowledge.models import Article
from knowledge.preparing import NewArticle
from knowledge.source_syncs import SourceSync
from knowledge.sources import Origin, Source
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from tests.jobs import CollectedJobs


@pytest.fixture
def folder(tmp_path: Path, run_jobs: CollectedJobs) -> Path:
    """Two articles that the command has read."""
    made = tmp_path / "help"
    (made / "returns").mkdir(parents=True)
    (made / "shipping.md").write_text("# Shipping\n\nParcels take two days.")
    (made / "returns" / "how.md").write_text("# Returns\n\nSend it back within 30 days.")
    source_syncs.sync(made, source_syncs.begin(made, by="command"))
    return made


def of(origin: Origin, place: str = "") -> Source:
    with transaction() as session:
        [found] = [one for one in sources.list_sources(session) if (one.origin, one.place) == (origin, place)]
    return found


def ask(folder: Path, by: str = "AGENT-ALICE") -> None:
    with transaction() as session:
        sources.ask(session, str(folder.resolve()), by=by)


def test_each_source_is_counted_with_what_is_not_found_any_more(folder: Path, tmp_path: Path) -> None:
    articles.add_article(NewArticle(source="console", slug="one", title="One", body="Said by staff."))
    alone = tmp_path / "alone.md"
    alone.write_text("# Alone\n\nAdded by itself.")
    articles.add_path(alone)
    with transaction() as session:
        past = datetime.now(UTC) - timedelta(days=1)
        session.execute(update(Article).where(Article.slug == "how").values(valid_until=past))
    found = of(Origin.FOLDER, str(folder.resolve()))
    assert (found.counts.articles, found.counts.passages, found.counts.stale) == (2, 2, 1)
    assert of(Origin.CONSOLE).counts.articles == 1
    assert of(Origin.FILES, str(tmp_path.resolve())).counts.articles == 1
    assert of(Origin.TICKETS).counts.articles == 0
    assert of(Origin.TICKETS).fetched is None


def test_a_folder_is_read_anew_when_staff_ask_for_it(folder: Path, run_jobs: CollectedJobs) -> None:
    (folder / "shipping.md").write_text("# Shipping\n\nParcels take three days.")
    (folder / "returns" / "how.md").unlink()
    (folder / "broken.md").write_bytes(b"\xff\xfe\x00")
    ask(folder)
    waiting = of(Origin.FOLDER, str(folder.resolve())).fetched
    assert waiting is not None
    assert waiting.is_open
    with pytest.raises(Conflict, match="is being read"):
        ask(folder)
    run_jobs()
    found = of(Origin.FOLDER, str(folder.resolve()))
    assert found.fetched is not None
    assert (found.fetched.is_open, found.fetched.by, found.fetched.refused) == (False, "AGENT-ALICE", 1)
    assert "broken.md" in found.fetched.error
    assert (found.counts.articles, found.counts.withdrawn) == (1, 1)
    with transaction() as session:
        [shipping] = articles.list_articles(session)
    assert "three days" in shipping.body


def test_a_folder_that_is_gone_is_told_and_its_articles_stay(folder: Path, run_jobs: CollectedJobs) -> None:
    folder.rename(folder.with_name("elsewhere"))
    ask(folder)
    run_jobs()
    found = of(Origin.FOLDER, str(folder.resolve()))
    assert found.fetched is not None
    assert "is no folder here" in found.fetched.error
    assert found.counts.articles == 2


def test_no_other_place_of_the_server_can_be_named(folder: Path, tmp_path: Path) -> None:
    for place in (tmp_path, Path("/etc"), folder / "returns"):
        with pytest.raises(NotFound, match="was ever read"):
            ask(place)


def test_what_was_read_is_not_read_again_by_a_job_that_comes_twice(folder: Path) -> None:
    begun = source_syncs.begin(folder, by="command")
    source_syncs.run(begun)
    (folder / "more.md").write_text("# More\n\nThere is more.")
    source_syncs.run(begun)
    assert of(Origin.FOLDER, str(folder.resolve())).counts.articles == 2


def test_a_reading_whose_process_died_is_told_and_can_be_asked_for_again(
    folder: Path, run_jobs: CollectedJobs
) -> None:
    ask(folder)
    run_jobs.published.clear()
    with transaction() as session:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        session.execute(update(SourceSync).where(SourceSync.ended_at.is_(None)).values(touched_at=long_ago))
    broken = of(Origin.FOLDER, str(folder.resolve())).fetched
    assert broken is not None
    assert (broken.is_open, broken.error) == (False, "It ended before it was done.")
    ask(folder)
    run_jobs()
    again = of(Origin.FOLDER, str(folder.resolve())).fetched
    assert again is not None
    assert again.error == ""


def test_an_empty_folder_withdraws_nothing(folder: Path) -> None:
    for file in (folder / "shipping.md", folder / "returns" / "how.md"):
        file.unlink()
    with pytest.raises(InvalidInput, match="nothing was withdrawn"):
        source_syncs.sync(folder, source_syncs.begin(folder, by="command"))
    found = of(Origin.FOLDER, str(folder.resolve()))
    assert found.fetched is not None
    assert "nothing was withdrawn" in found.fetched.error
    assert found.counts.articles == 2
