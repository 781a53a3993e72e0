"""What is planted into documents, the image's recipe and the compose file is found. Compose here is a stand-in; CI asks
the real one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.checks import compose, documents, image

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
    image: deskfleet:latest
    restart: always
    command: ["web"]
    healthcheck: {test: ["CMD", "true"]}
  worker:
    <<: *ours
    image: deskfleet:latest
    restart: always
    volumes: ["./src:/src:ro"]
    command: ["worker", "--queues", "agent_core,ingestion,knowledge,analytics,upkeep"]
    healthcheck: {test: ["CMD", "true"]}
  redis:
    image: redis:7
    restart: always
    healthcheck: {test: ["CMD", "redis-cli", "ping"]}

volumes:
  data:
""",
    "Dockerfile": "FROM base:1\nENV DESKFLEET_HOST=0.0.0.0\nCOPY src migrations ./\nCOPY --from=build /app /app\n",
    ".dockerignore": "*\n!src\n!migrations\n",
    "Makefile": "up: ## start\ntest-fast: up ## some\n",
    "README.md": "See [how](docs/how.md#the-way) and `make up`.\n",
    "AGENTS.md": "Run `make test-fast`.\n",
    "docs/how.md": "# How\n\n## The way\n\n`src/a.py`, `deskfleet demo`, [back](../README.md)\n",
    "src/a.py": "",
    "migrations/0001.py": "",
}


SOUND = (
    compose.services_are_sound,
    compose.compose_fits_its_schema,
    compose.commands_and_queues_exist,
    image.image_has_its_files,
    documents.settings_exist,
    documents.links_resolve,
    documents.documents_are_true,
)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_words_beside_a_command_are_no_command(repo: Path) -> None:
    with (repo / "AGENTS.md").open("a") as file:
        file.write("```sh\ndeskfleet demo   # make every figure again\n```\n")
    assert documents.documents_are_true(repo) == []


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    file = tmp_path / "compose"
    file.write_text(_COMPOSE)
    file.chmod(0o755)
    return [str(file)]


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))


def test_a_sound_project_has_no_problems(repo: Path, program: list[str]) -> None:
    assert compose.compose_is_valid(repo, program) == []
    assert [problem for check in SOUND for problem in check(repo)] == []


def test_a_compose_file_that_compose_refuses_is_a_problem_in_its_own_words(
    repo: Path, program: list[str]
) -> None:
    change(repo, COMPOSE, "services:", "broken: true\nservices:")
    (problem,) = compose.compose_is_valid(repo, program)
    assert "broken is not allowed" in problem


def test_a_compose_file_that_starts_without_secrets_is_a_problem(repo: Path, program: list[str]) -> None:
    change(repo, COMPOSE, "${SECRET:?set it}", "secret")
    assert compose.compose_is_valid(repo, program) == ["docker-compose.yml: starts without its secrets"]


@pytest.mark.parametrize(
    ("check", "name", "old", "new", "problem"),
    [
        (compose.services_are_sound, COMPOSE, 'healthcheck: {test: ["CMD", "redis', 'x-h: {test: ["', "no health"),
        (compose.services_are_sound, COMPOSE, "redis:7", "redis", "redis has no version"),
        (compose.services_are_sound, COMPOSE, "./src:", "./scr:", "./scr does not exist"),
        (compose.compose_fits_its_schema, COMPOSE, "restart: always", "restrat: always", "restrat"),
        (compose.commands_and_queues_exist, COMPOSE, '["web"', '["wob"', "no command wob"),
        (compose.commands_and_queues_exist, COMPOSE, ",upkeep", "", "the queues are"),
        (image.image_has_its_files, "Dockerfile", "migrations", "nothing", "nothing does not exist"),
        (image.image_has_its_files, ".dockerignore", "!src\n", "", "src is left out"),
        (image.image_recipe_is_clean, "Dockerfile", "FROM base:1", "FROM base", "DL3006"),
        (documents.settings_exist, COMPOSE, "SECRET_KEY", "SECRET_KEYS", "no setting DESKFLEET_SECRET_KEYS"),
        (documents.settings_exist, "AGENTS.md", "Run", "DESKFLEET_RUN", "AGENTS.md: there is no setting"),
        (documents.settings_exist, "Dockerfile", "_HOST", "_HOTS", "no setting DESKFLEET_HOTS"),
        (documents.links_resolve, "README.md", "how.md", "who.md", "docs/who.md does not exist"),
        (documents.links_resolve, "README.md", "#the-way", "#a-way", "#a-way does not exist"),
        (documents.links_resolve, "README.md", "[how](docs/how.md#the-way)", "", "no document links to it"),
        (documents.documents_are_true, "docs/how.md", "src/a.py", "src/b.py", "src/b.py does not exist"),
        (documents.documents_are_true, "AGENTS.md", "test-fast", "test-slow", "make test-slow does not exist"),
        (documents.documents_are_true, "docs/how.md", "demo", "dome", "deskfleet dome does not exist"),
        (documents.documents_are_true, "AGENTS.md", "Run", "\n" * 100 + "Run", "longer than 100 lines"),
    ],
)  # fmt: skip
def test_what_is_planted_is_found(
    repo: Path, check: Callable[[Path], list[str]], name: str, old: str, new: str, problem: str
) -> None:
    change(repo, name, old, new)
    assert any(problem in found for found in check(repo)), check(repo)
