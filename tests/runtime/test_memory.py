"""What stays for good is no longer looked through by the collector of garbage."""

import gc
from collections.abc import Iterator

import pytest

from runtime import memory


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_loaded_is_not_looked_through_again_and_later_garbage_is_still_collected() -> None:
    memory.settle()
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 1_000
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
