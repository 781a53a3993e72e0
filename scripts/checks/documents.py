"""What documents say is true: links, paths, make targets, commands and settings exist."""

import re
from pathlib import Path

from deskfleet.cli import COMMANDS
from runtime.settings import known_variables

MOST_LINES_OF_AGENTS = 100
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_PATH = re.compile(r"(?<![\w/.])(?:src|tests|scripts|docs|migrations|k8s|terraform|ops)/[\w./-]*\w")


def settings_exist(root: Path) -> list[str]:
    """Every setting that the compose file, the Dockerfile or a document names."""
    known = known_variables()
    return [
        f"{file.relative_to(root)}: there is no setting {variable}"
        for file in (root / "docker-compose.yml", root / "Dockerfile", *_documents(root))
        for variable in sorted(set(re.findall(r"\bDESKFLEET_\w+", file.read_text())))
        if variable not in known and not variable.startswith("DESKFLEET_TEST_")
    ]


# What is said beside a command, in words.
_SAID = re.compile(r"\s#\s.*$", re.MULTILINE)


def _documents(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def _anchors(document: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links_resolve(root: Path) -> list[str]:
    """Every relative link leads somewhere, and every document of docs/ is linked from another."""
    problems, linked = [], set()
    for document in _documents(root):
        for path, anchor in _LINK.findall(document.read_text()):
            target = (document.parent / path).resolve() if path else document
            linked |= {target} - {document}
            if not target.exists():
                problems.append(f"{document.relative_to(root)}: {path} does not exist")
            elif anchor and target.suffix == ".md" and anchor[1:] not in _anchors(target):
                problems.append(f"{document.relative_to(root)}: {path}{anchor} does not exist")
    orphans = [one.relative_to(root) for one in _documents(root) if one.parent != root and one not in linked]
    return problems + [f"{orphan}: no document links to it" for orphan in orphans]


def documents_are_true(root: Path) -> list[str]:
    """The files, make targets and commands that a document names in code exist; AGENTS.md stays short."""
    targets = re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE)
    problems = []
    for document in _documents(root):
        text = document.read_text()
        code = "\n".join(_CODE.findall(text))
        wrong = [path for path in _PATH.findall(code) if not (root / path).exists()]
        run = _SAID.sub("", code)
        wrong += [f"make {one}" for one in re.findall(r"\bmake ([a-z-]+)", run) if one not in targets]
        wrong += [
            f"deskfleet {one}" for one in re.findall(r"\bdeskfleet ([a-z]+)", code) if one not in COMMANDS
        ]
        problems += [f"{document.relative_to(root)}: {one} does not exist" for one in sorted(set(wrong))]
        if document.name == "AGENTS.md" and text.count("\n") > MOST_LINES_OF_AGENTS:
            problems.append(f"AGENTS.md: longer than {MOST_LINES_OF_AGENTS} lines")
    return problems
