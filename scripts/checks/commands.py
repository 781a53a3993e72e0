"""The commands that runbooks tell: ours exist with their options, and what they name in the cluster is there."""

import re
from pathlib import Path

import click
import typer.main

from deskfleet.cli import app
from scripts.checks.kubernetes import render

_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_OURS = re.compile(r"\bdeskfleet ((?:[a-z-]+ ?)+(?:--[a-z-]+)?)")
_NAMED = re.compile(r"\b(deploy|svc|rollout|scaledobject|hpa|ingress|job|endpoints)[/ ]([a-z][a-z-]+)\b")
_KINDS = {
    "deploy": "Deployment", "svc": "Service", "endpoints": "Service", "rollout": "Rollout", "ingress": "Ingress",
    "scaledobject": "ScaledObject", "hpa": "HorizontalPodAutoscaler", "job": "Job",
}  # fmt: skip
_VERBS = {"undo", "restart", "status"}  # kubectl rollout undo deploy/worker


def runbook_commands_exist(root: Path) -> list[str]:
    there = {(one["kind"], one["metadata"]["name"]) for one in render(root, "production")}
    command = typer.main.get_command(app)
    problems = []
    for page in sorted((root / "docs" / "runbooks").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        code = "\n".join([*_BLOCK.findall(text), *_INLINE.findall(_BLOCK.sub("", text))])
        wrong = [one for words in _OURS.findall(code) if (one := _unknown(command, words.split()))]
        wrong += [
            f"{kind} {name}"
            for kind, name in _NAMED.findall(_kubectl_of(code))
            if _is_wrong(kind, name, there)
        ]
        problems += [f"{page.name}: {one} does not exist" for one in sorted(set(wrong))]
    return problems


def _kubectl_of(code: str) -> str:
    lines = [line for line in code.splitlines() if line.startswith("kubectl")]
    return "\n".join(re.split(r" -- | \| ", line)[0] for line in lines)


def _is_wrong(kind: str, name: str, there: set[tuple[str, str]]) -> bool:
    return name not in _VERBS and (_KINDS[kind], name) not in there


def _unknown(command: object, words: list[str], path: str = "deskfleet") -> str:
    """Empty when the words are a command, its options or its arguments."""
    if not words:
        return ""
    context = click.Context(click.Command("deskfleet"))
    if hasattr(command, "get_command"):
        found = command.get_command(context, words[0])
        return _unknown(found, words[1:], f"{path} {words[0]}") if found else f"{path} {words[0]}"
    options = {name for one in getattr(command, "params", []) for name in one.opts}
    return next((f"{path} {one}" for one in words if one.startswith("--") and one not in options), "")
