"""The image's recipe."""

import re
from pathlib import Path

from scripts.checks.tools import own, run, said


def image_has_its_files(root: Path) -> list[str]:
    """What the Dockerfile copies exists, and .dockerignore lets it in."""
    let_in = re.findall(r"^!(\S+)", (root / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (root / "Dockerfile").read_text(), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    return [f"Dockerfile: {one} does not exist" for one in sources if not (root / one).exists()] + [
        f".dockerignore: {one} is left out" for one in sources if one not in let_in
    ]


def image_recipe_is_clean(root: Path) -> list[str]:
    """What hadolint finds; the reasons of what it is told to overlook stand beside the lines."""
    done = run(own("hadolint"), "--failure-threshold", "info", str(root / "Dockerfile"))
    return [f"Dockerfile: {said(done)}"] if done.returncode else []
