"""How a server that the tests need is started."""

import os
from pathlib import Path

import pytest

from scripts import services


def a_program(folder: Path, name: str, *, exit_code: int) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    program.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found; nobody may install any."""
    monkeypatch.setattr(services, "_PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path


@pytest.mark.parametrize("server", services.SERVERS, ids=lambda server: server.name)
def test_an_installed_program_comes_first(programs: Path, server: services.Server) -> None:
    a_program(programs, server.program, exit_code=0)
    a_program(programs, "docker", exit_code=0)
    assert services.command_for(server) == server.command


@pytest.mark.parametrize("server", services.SERVERS, ids=lambda server: server.name)
def test_without_it_and_without_apt_a_container_serves_on_loopback(
    programs: Path, server: services.Server
) -> None:
    a_program(programs, "docker", exit_code=0)
    command = services.command_for(server)
    assert command[:4] == ("docker", "run", "-d", "--rm")
    assert f"127.0.0.1:{server.port}:{server.port}" in command


@pytest.mark.parametrize("engine", ["none", "one that does not answer"])
def test_without_an_engine_too_the_missing_package_is_named(programs: Path, engine: str) -> None:
    if engine != "none":
        a_program(programs, "docker", exit_code=1)
    with pytest.raises(services.Missing, match="redis-server is needed"):
        services.command_for(services.SERVERS[0])
