"""One gateway for most tests, and more for those that end theirs."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from served import Scripted, Served, scripted_gateway, served


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("gateway")) as started:
        yield started


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., AbstractContextManager[Served]]:
    """A gateway of the test's own."""
    return lambda *words, **how: served(tmp_path, *words, **how)


@pytest.fixture
def scripted() -> Callable[..., AbstractContextManager[Scripted]]:
    gateway: Callable[..., AbstractContextManager[Scripted]] = scripted_gateway
    return gateway
