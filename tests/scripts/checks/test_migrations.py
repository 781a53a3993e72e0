"""What a migration may do while the previous version works."""

from pathlib import Path

import pytest

from scripts.checks.migrations import migrations_stay_online

_MIGRATION = '''"""Something."""

from alembic import op

revision = "{number}"


def upgrade() -> None:
    op.execute(
        """
        {statement}
        """
    )
'''


def problems(tmp_path: Path, statement: str, *, number: str = "0101", more: str = "") -> list[str]:
    folder = tmp_path / "migrations" / "versions"
    folder.mkdir(parents=True)
    text = _MIGRATION.format(number=number, statement=statement) + more
    (folder / f"{number}_new.py").write_text(text)
    return migrations_stay_online(tmp_path)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("CREATE INDEX ix_messages_at ON messages (at)", "ix_messages_at is not made CONCURRENTLY"),
        ("create unique index if not exists ix_a on tickets (id)", "ix_a is not made CONCURRENTLY"),
        ("CREATE INDEX CONCURRENTLY ix_a ON messages (at)", "outside of autocommit_block"),
        ("ALTER TABLE messages ADD CONSTRAINT ck_a CHECK (seq > 0)", "without NOT VALID"),
        ("ALTER TABLE messages ALTER COLUMN text SET NOT NULL", "reads all rows"),
        ("ALTER TABLE messages ALTER COLUMN seq TYPE BIGINT", "changes a column's type"),
        ("ALTER TABLE messages DROP COLUMN seq", "drops a column"),
        ("ALTER TABLE messages RENAME COLUMN seq TO number", "renames"),
        ("ALTER TABLE messages ADD COLUMN mood TEXT NOT NULL", "does not fill"),
        ("DROP TABLE messages", "messages is dropped"),
    ],
)
def test_what_stops_the_previous_version_is_named(tmp_path: Path, statement: str, fault: str) -> None:
    [problem] = problems(tmp_path, statement)
    assert problem.startswith("migrations/versions/0101_new.py: ")
    assert fault in problem


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE moods (id BIGINT NOT NULL); CREATE INDEX ix_moods ON moods (id)",
        "ALTER TABLE messages ADD COLUMN mood TEXT DEFAULT '' NOT NULL",
        "ALTER TABLE messages ADD COLUMN mood TEXT",
        "ALTER TABLE messages ADD CONSTRAINT ck_a CHECK (seq > 0) NOT VALID",
        "ALTER TABLE messages VALIDATE CONSTRAINT ck_a",
    ],
)
def test_what_disturbs_nobody_passes(tmp_path: Path, statement: str) -> None:
    assert problems(tmp_path, statement) == []


def test_an_index_outside_of_a_transaction_passes(tmp_path: Path) -> None:
    block = "with op.get_context().autocommit_block():"
    assert problems(tmp_path, "CREATE INDEX CONCURRENTLY ix_a ON messages (at)", more=f"    {block}\n") == []


def test_a_migration_that_says_why_it_cannot_passes(tmp_path: Path) -> None:
    reason = '\nOFFLINE_BECAUSE = "The table has a row for each member of the staff."\n'
    assert problems(tmp_path, "CREATE INDEX ix_users_at ON users (at)", more=reason) == []


def test_a_reason_that_is_none_does_not_count(tmp_path: Path) -> None:
    more = '\nOFFLINE_BECAUSE = "because"\n'
    assert problems(tmp_path, "CREATE INDEX ix_users_at ON users (at)", more=more)


def test_what_was_there_before_the_rule_is_left_alone(tmp_path: Path) -> None:
    assert problems(tmp_path, "CREATE INDEX ix_users_at ON users (at)", number="0012") == []
