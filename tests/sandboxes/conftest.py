"""Both kinds of sandbox, each with two slots for the whole session."""

import os
from collections.abc import Iterator

import pytest

from temper.sandboxes import docker
from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection

BOTH = ["local", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture(scope="session")
def local_box() -> Iterator[Sandbox]:
    box = open_sandbox(SandboxSection(kind="local", languages=("python", "bash")))
    yield box
    box.close()


@pytest.fixture(scope="session")
def docker_box() -> Iterator[Sandbox]:
    reason = docker.unreachable()
    if reason and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":
        pytest.skip(reason)
    box = open_sandbox(SandboxSection(kind="docker", languages=("python", "bash")))
    yield box
    box.close()


@pytest.fixture(params=BOTH)
def box(request: pytest.FixtureRequest) -> Sandbox:
    found: Sandbox = request.getfixturevalue(f"{request.param}_box")
    return found
