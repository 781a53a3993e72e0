"""The checks of `make check-ops` find what is planted. The compose program here is a stand-in; CI asks the real one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import check_ops

# Takes the arguments of docker compose: refuses a file with the word "broken", and a secret that is not set.
_COMPOSE = """#!/bin/sh
file=$4
grep -q broken "$file" && { echo "$file: broken is not allowed" >&2; exit 15; }
grep -q ':?' "$file" && [ -z "$SECRET" ] && { echo "SECRET is missing a value" >&2; exit 1; }
exit 0
"""
COMPOSE = "docker-compose.yml"
_FILES = {
    COMPOSE: """
x-ours: &ours
  environment:
    DESKFLEET_SECRET_KEY: ${SECRET:?set it}

services:
  web:
    <<: *ours
    command: ["web"]
    healthcheck: {test: ["CMD", "true"]}
  worker:
    <<: *ours
    command: ["worker", "--queues", "agent_core,ingestion,knowledge,analytics,upkeep"]
    healthcheck: {test: ["CMD", "true"]}

volumes:
  data:
""",
    "Dockerfile": "FROM base\nENV DESKFLEET_HOST=0.0.0.0\nCOPY src migrations ./\nCOPY --from=build /app /app\n",
    ".dockerignore": "*\n!src\n!migrations\n",
    "Makefile": "up: ## start\ntest-fast: up ## some\n",
    "README.md": "See [how](docs/how.md#the-way) and `make up`.\n",
    "AGENTS.md": "Run `make test-fast`.\n",
    "docs/how.md": "# How\n\n## The way\n\n`src/a.py`, `deskfleet demo`, [back](../README.md)\n",
    "src/a.py": "",
    "migrations/0001.py": "",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def compose(tmp_path: Path) -> list[str]:
    program = tmp_path / "compose"
    program.write_text(_COMPOSE)
    program.chmod(0o755)
    return [str(program)]


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))


def test_a_sound_project_has_no_problems(repo: Path, compose: list[str]) -> None:
    assert check_ops.compose_is_valid(repo, compose) == []
    assert [problem for check in check_ops.CHECKS[1:] for problem in check(repo)] == []


def test_a_compose_file_that_compose_refuses_is_a_problem_in_its_own_words(
    repo: Path, compose: list[str]
) -> None:
    change(repo, COMPOSE, "services:", "broken: true\nservices:")
    (problem,) = check_ops.compose_is_valid(repo, compose)
    assert "broken is not allowed" in problem


def test_a_compose_file_that_starts_without_secrets_is_a_problem(repo: Path, compose: list[str]) -> None:
    change(repo, COMPOSE, "${SECRET:?set it}", "secret")
    assert check_ops.compose_is_valid(repo, compose) == ["docker-compose.yml: starts without its secrets"]


@pytest.mark.parametrize(
    ("check", "name", "old", "new", "problem"),
    [
        (check_ops.services_are_health_checked, COMPOSE, 'command: ["web"]\n    healthcheck', "x", "web has"),
        (check_ops.settings_exist, COMPOSE, "SECRET_KEY", "SECRET_KEYS", "no setting DESKFLEET_SECRET_KEYS"),
        (check_ops.settings_exist, "AGENTS.md", "Run", "DESKFLEET_RUN", "AGENTS.md: there is no setting"),
        (check_ops.settings_exist, "Dockerfile", "_HOST", "_HOTS", "no setting DESKFLEET_HOTS"),
        (check_ops.commands_and_queues_exist, COMPOSE, '["web"', '["wob"', "no command wob"),
        (check_ops.commands_and_queues_exist, COMPOSE, ",upkeep", "", "the queues are"),
        (check_ops.image_has_its_files, "Dockerfile", "migrations", "nothing", "nothing does not exist"),
        (check_ops.image_has_its_files, ".dockerignore", "!src\n", "", "src is left out"),
        (check_ops.links_resolve, "README.md", "how.md", "who.md", "docs/who.md does not exist"),
        (check_ops.links_resolve, "README.md", "#the-way", "#a-way", "#a-way does not exist"),
        (check_ops.links_resolve, "README.md", "[how](docs/how.md#the-way)", "", "no document links to it"),
        (check_ops.documents_are_true, "docs/how.md", "src/a.py", "src/b.py", "src/b.py does not exist"),
        (check_ops.documents_are_true, "AGENTS.md", "test-fast", "test-slow", "make test-slow does not exist"),
        (check_ops.documents_are_true, "docs/how.md", "demo", "dome", "deskfleet dome does not exist"),
        (check_ops.documents_are_true, "AGENTS.md", "Run", "\n" * 100 + "Run", "longer than 100 lines"),
    ],
)  # fmt: skip
def test_what_is_planted_is_found(
    repo: Path, check: Callable[[Path], list[str]], name: str, old: str, new: str, problem: str
) -> None:
    change(repo, name, old, new)
    assert any(problem in found for found in check(repo)), check(repo)


def test_without_compose_and_without_apt_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(check_ops.Missing, match="docker compose is needed: install it"):
        check_ops.compose_command()


def test_the_last_line_counts_and_the_exit_code_is_red(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    (repo / "Dockerfile").unlink()
    assert check_ops.main(repo) == 1
    out = capsys.readouterr().out
    assert "Dockerfile" in out
    assert out.splitlines()[-1] == "4 passed, 3 failed"
