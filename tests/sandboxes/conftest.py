"""Both kinds of sandbox, each with two slots for the whole session.

The image carries what is cheap to build (`.ci/run` builds it); `TEMPER_TEST_LANGUAGES` names others. `local` has the
languages whose tools this machine has.
"""

import os
from collections.abc import Iterator

import pytest

from temper.sandboxes import docker, local
from temper.sandboxes.job import Sandbox
from temper.sandboxes.languages import LANGUAGES
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection

BOTH = ["local", pytest.param("docker", marks=pytest.mark.docker)]
IMAGE_LANGUAGES = "python,bash,c,cpp,javascript,typescript,php"


@pytest.fixture(scope="session")
def local_box() -> Iterator[Sandbox]:
    here = tuple(name for name in LANGUAGES if not local.lacking([name]))
    box = open_sandbox(SandboxSection(kind="local", languages=here))
    yield box
    box.close()


@pytest.fixture(scope="session")
def docker_box() -> Iterator[Sandbox]:
    reason = docker.unreachable()
    if reason and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":
        pytest.skip(reason)
    languages = os.environ.get("TEMPER_TEST_LANGUAGES", IMAGE_LANGUAGES).split(",")
    box = open_sandbox(SandboxSection(kind="docker", languages=tuple(languages)))
    yield box
    box.close()


@pytest.fixture(params=BOTH)
def box(request: pytest.FixtureRequest) -> Sandbox:
    found: Sandbox = request.getfixturevalue(f"{request.param}_box")
    return found
