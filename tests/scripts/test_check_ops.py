"""`make check-ops` runs every check, counts what failed, and takes a tool that is missing for a failure."""

from pathlib import Path

import pytest

from scripts import check_ops, cost_table, services
from scripts.checks import (
    alerting,
    compose,
    documents,
    grafana,
    image,
    kubernetes,
    logs_overlay,
    migrations,
    terraform,
    workflows,
)
from scripts.checks.tools import Missing, own, program


def _fails(_root: Path) -> list[str]:
    return ["the one is broken", "and the other"]


def _misses(_root: Path) -> list[str]:
    raise Missing("a tool is needed: install it.")


def _holds(_root: Path) -> list[str]:
    return []


def test_the_last_line_counts_and_the_exit_code_is_red(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_ops, "CHECKS", (_fails, _misses, _holds))
    assert check_ops.main() == 1
    out = capsys.readouterr().out
    assert "the one is broken" in out
    assert "a tool is needed: install it." in out
    assert out.splitlines()[-1] == "1 passed, 2 failed"


def test_all_green_ends_with_zero(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_ops, "CHECKS", (_holds,))
    assert check_ops.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


def test_no_check_is_forgotten() -> None:
    """A public function of a module of checks that takes the root and names problems is run."""
    run = {check.__name__ for check in check_ops.CHECKS}
    deployed = (compose, image, kubernetes, logs_overlay, migrations, terraform, workflows)
    for module in (*deployed, alerting, cost_table, documents, grafana):
        written = {
            name
            for name, one in vars(module).items()
            if callable(one)
            and getattr(one, "__module__", "") == module.__name__
            and not name.startswith("_")
            and list(getattr(one, "__annotations__", {}).values())[-1:] == [list[str]]
            and "root" in one.__annotations__
        }
        assert written <= run, written - run


def test_without_compose_and_without_apt_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(services, "_PATH", "")
    with pytest.raises(Missing, match="docker-compose is needed"):
        compose.compose_command()


def test_a_tool_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Missing, match="terraform is needed: install it"):
        program("terraform")
    with pytest.raises(Missing, match="make setup"):
        own("no-such-tool")
