"""A tiny checkpoint behind the server, in this process; and the same over an engine that says what it is told."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from openai import OpenAI
from scripted_live import ScriptedLive

from temper.gateway.doors.listening import run, server
from temper.policy.bases import TinyBase
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.tiny import write_untrained
from temper.recipes import tiny
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.section import TransformersEngineSection
from temper.serving.app import App
from temper.serving.loading import Loading
from temper.serving.section import Served, ServingSection
from temper.serving.service import Service

BATCH = 8


class Address(str):
    """Of a server, with its app."""

    app: App

    @property
    def port(self) -> int:
        return int(self.rpartition(":")[2])

    def client(self) -> OpenAI:
        return OpenAI(base_url=f"{self}/v1", api_key="none", max_retries=0, timeout=60)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thinking, untrained, of 1,024 tokens."""
    base, folder = tmp_path_factory.mktemp("served") / "base", tmp_path_factory.mktemp("served") / "checkpoint"
    section = TinyBase(
        hidden=32, heads=4, kv_heads=2, experts=4, expert_width=16, vocabulary=384, window=16, context=1024,
    )  # fmt: skip
    write_untrained(section, list(tiny.text(300, 0)), seed=0, out=base)
    save(load_model(base), dress(load_tokenizer(base), "thinking"), folder)
    return folder


@pytest.fixture(scope="session")
def served(checkpoint: Path) -> Iterator[Served]:
    with Loading(checkpoint, "tiny").load(TransformersEngineSection(batch=BATCH)) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def engine(checkpoint: Path) -> TransformersEngine:
    """One that nobody else asks."""
    return TransformersEngine(load_model(checkpoint), load_tokenizer(checkpoint), BATCH)


@contextmanager
def listening(section: ServingSection, served: Served) -> Iterator[Address]:
    """The app on a port, by a loop of its own."""
    app = App(section, served)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = server("serve", app.app({}), app.admission)
        thread = threading.Thread(target=lambda: run(running._serve([listener])))
        thread.start()
        address = Address(f"http://127.0.0.1:{listener.getsockname()[1]}")
        address.app = app
        try:
            yield address
        finally:
            running.should_exit = running.force_exit = True
            thread.join()


@pytest.fixture(scope="session")
def address(served: Served) -> Iterator[Address]:
    with listening(ServingSection(max_body=1 << 21), served) as found:
        yield found


@pytest.fixture(scope="session")
def client(address: Address) -> Iterator[OpenAI]:
    with address.client() as made:
        yield made


@pytest.fixture
def hears() -> Callable[..., AbstractContextManager[Address]]:
    return listening


@pytest.fixture
def listen(served: Served) -> Callable[..., AbstractContextManager[Address]]:
    """A server over an engine of the test's own."""

    @contextmanager
    def listens(engine: ScriptedLive, **limits: int) -> Iterator[Address]:
        service = Service(engine, BATCH).start()
        try:
            with listening(ServingSection(**limits), replace(served, service=service)) as found:
                yield found
        finally:
            service.close()

    return listens


@pytest.fixture
def scripted(
    served: Served, listen: Callable[..., AbstractContextManager[Address]]
) -> Iterator[Callable[..., Address]]:
    """A server whose n-th completion is the n-th of the texts."""
    with ExitStack() as opened:
        tokenizer = served.renderer.tokenizer
        yield lambda texts, **limits: opened.enter_context(listen(ScriptedLive(tokenizer, texts), **limits))
