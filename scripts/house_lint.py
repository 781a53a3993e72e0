"""The house rules that no other linter knows: file length, one place for commits and statuses, docstrings."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 400
MOST_DOCSTRING_LINES = 8
BANNED_NAMES = {
    "utils",
    "helpers",
    "common",
    "base",
    "manager",
    "platform",
    "email",
    "queue",
    "operator",
    "core",
}
COMMITS = "src/runtime/database.py"
STATUSES = "src/tickets/lifecycle/"
# A page is named for what it shows.
ALLOWED_NAMES = {"src/console/queue.py"}


def problems_of(path: Path, name: str) -> list[str]:
    """What is wrong with one file; `name` is its path from the project's root."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    found = []
    lines = source.count("\n")
    if lines > MOST_LINES:
        found.append(f"{name}: {lines} lines, {MOST_LINES} at most")
    docstring = ast.get_docstring(tree)
    needs_docstring = path.name != "__init__.py" and not path.name.startswith("test_")
    if not docstring and source.strip() and needs_docstring:
        found.append(f"{name}: no module docstring")
    if docstring and docstring.count("\n") >= MOST_DOCSTRING_LINES:
        found.append(f"{name}: the module docstring is longer than {MOST_DOCSTRING_LINES} lines")
    if path.stem in BANNED_NAMES and name not in ALLOWED_NAMES:
        found.append(f"{name}: the name {path.stem} says nothing")
    if name.startswith("src/"):
        found += [f"{name}:{line}: {what}" for line, what in forbidden_in(tree, name)]
    return found


def forbidden_in(tree: ast.AST, name: str) -> list[tuple[int, str]]:
    """Commits and changes of a ticket's status outside of their one file."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call | ast.Assign | ast.AugAssign):
            continue
        called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        if called == "commit" and name != COMMITS:
            found.append((node.lineno, f"commits belong to {COMMITS}"))
        if not isinstance(node, ast.Call) and not name.startswith(STATUSES):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets):
                found.append((node.lineno, f"a ticket's status changes in {STATUSES} alone"))
    return found


def main(root: Path = ROOT) -> int:
    files = [path for folder in ("src", "tests", "scripts") for path in sorted((root / folder).rglob("*.py"))]
    problems = [problem for path in files for problem in problems_of(path, path.relative_to(root).as_posix())]
    print("\n".join(problems) or f"House rules kept in {len(files)} files.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
