"""The house lint finds what it is for."""

from pathlib import Path

import pytest

from scripts.house_lint import ROOT, main, problems_of


def found(tmp_path: Path, source: str, name: str) -> list[str]:
    path = tmp_path / Path(name).name
    path.write_text(source)
    return problems_of(path, name)


@pytest.mark.parametrize(
    ("source", "name", "word"),
    [
        ('"""Doc."""\n' + "x = 1\n" * 400, "src/a/b.py", "lines"),
        ("x = 1\n", "src/a/b.py", "docstring"),
        ('"""Doc."""\n', "src/a/utils.py", "says nothing"),
        ('"""Doc."""\nsession.commit()\n', "src/a/b.py", "commits"),
        ('"""Doc."""\nticket.status = 1\n', "src/a/b.py", "status"),
    ],
)
def test_a_breach_is_named(tmp_path: Path, source: str, name: str, word: str) -> None:
    assert any(word in problem for problem in found(tmp_path, source, name))


def test_the_one_place_is_allowed(tmp_path: Path) -> None:
    assert found(tmp_path, '"""Doc."""\nsession.commit()\n', "src/runtime/database.py") == []


def test_a_tree_with_a_breach_is_red(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("x = 1\n")
    assert main(tmp_path) == 1


def test_this_project_keeps_its_rules() -> None:
    assert main(ROOT) == 0
