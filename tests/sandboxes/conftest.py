"""Both kinds of sandbox, each with two slots for the whole session.

The image carries what is cheap to build (`.ci/run` builds it); `TEMPER_TEST_LANGUAGES` names others. `local` has the
languages whose tools this machine has.
"""

import os
from collections.abc import Iterable, Iterator

import pytest

from temper.sandboxes import daemon, local
from temper.sandboxes.box.languages import LANGUAGES
from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import Pool, open_sandbox
from temper.sandboxes.section import SandboxSection

BOTH = ["local", pytest.param("docker", marks=pytest.mark.docker)]
PAIR_MB = 1024
IMAGE_LANGUAGES = "python,bash,c,cpp,javascript,typescript,php,jsx,css"


@pytest.fixture(scope="session")
def local_box() -> Iterator[Sandbox]:
    here = tuple(name for name in LANGUAGES if not local.lacking([name]))
    box = open_sandbox(SandboxSection(kind="local", languages=here))
    yield box
    box.close()


@pytest.fixture(scope="session")
def docker_box() -> Iterator[Sandbox]:
    reason = daemon.unreachable()
    if reason and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":
        pytest.skip(reason)
    languages = os.environ.get("TEMPER_TEST_LANGUAGES", IMAGE_LANGUAGES).split(",")
    box = open_sandbox(SandboxSection(kind="docker", languages=tuple(languages)))
    yield box
    box.close()


@pytest.fixture(scope="session")
def docker_pair(docker_box: Sandbox) -> Iterator[list[Sandbox]]:
    """Two sandboxes of one slot each, so that what follows a program surely runs where it ran."""
    assert isinstance(docker_box, Pool)
    section = SandboxSection(kind="docker", slots=1, languages=docker_box.languages, memory_mb=PAIR_MB)
    yield from _opened(open_sandbox(section) for _ in range(2))


@pytest.fixture(scope="session")
def local_pair(local_box: Sandbox) -> Iterator[list[Sandbox]]:
    assert isinstance(local_box, Pool)
    section = SandboxSection(kind="local", slots=1, languages=local_box.languages)
    yield from _opened(open_sandbox(section) for _ in range(2))


@pytest.fixture(scope="session")
def one_uid_pair() -> Iterator[list[Sandbox]]:
    """`local` as it is for a user who is not root: program and supervisor have one uid."""
    yield from _opened(Pool(one_uid_slots(), 1, ("python", "bash")) for _ in range(2))


def one_uid_slots() -> local.LocalSlots:
    slots = local.LocalSlots()
    slots.plan, slots.uids = "namespaces", 0
    return slots


def _opened(boxes: Iterable[Sandbox]) -> Iterator[list[Sandbox]]:
    pair = list(boxes)
    yield pair
    for box in pair:
        box.close()


@pytest.fixture(params=BOTH)
def pair(request: pytest.FixtureRequest) -> list[Sandbox]:
    found: list[Sandbox] = request.getfixturevalue(f"{request.param}_pair")
    return found


@pytest.fixture(params=BOTH)
def box(request: pytest.FixtureRequest) -> Sandbox:
    found: Sandbox = request.getfixturevalue(f"{request.param}_box")
    return found
