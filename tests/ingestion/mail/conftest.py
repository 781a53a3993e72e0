"""Settings of one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingestion.mail.desk import Configure, configuring


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        yield change
