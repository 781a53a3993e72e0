"""checkov finds nothing that nobody gave a reason for, and no reason outlives its finding."""

from pathlib import Path

import pytest

from scripts.checks.checkov import Excuse, Finding, checkov_is_content, excuses, judged

ROOT = Path(__file__).resolve().parents[3]
_FOUND = Finding("CKV_AWS_1", "module.store.aws_s3_bucket.main", "Buckets have a lid")
_REASON = "The lid is on the other side of the bucket."


def test_what_nobody_excused_is_named() -> None:
    assert judged([_FOUND], []) == ["CKV_AWS_1 module.store.aws_s3_bucket.main: Buckets have a lid"]
    assert judged([_FOUND], [Excuse("CKV_AWS_1", "module.store", _REASON)]) == []


def test_an_excuse_holds_for_its_check_and_resource_alone() -> None:
    assert len(judged([_FOUND], [Excuse("CKV_AWS_2", "module.store", _REASON)])) == 2
    assert len(judged([_FOUND], [Excuse("CKV_AWS_1", "module.other", _REASON)])) == 2


def test_an_excuse_without_a_finding_or_a_reason_is_named() -> None:
    [stale] = judged([], [Excuse("CKV_AWS_1", "module.store", _REASON)])
    assert stale.endswith("is not found any more")
    [empty] = judged([_FOUND], [Excuse("CKV_AWS_1", "module.store", "because")])
    assert empty.endswith("has no reason")


def test_every_excuse_has_a_reason() -> None:
    assert all(len(one.because) >= 30 for one in excuses(ROOT))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_checkov_is_content_with_all_that_is_deployed() -> None:
    assert checkov_is_content(ROOT) == []
