"""`temper chat`: pipes, a terminal, Ctrl-C, and what of an answer may reach either."""

import io
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from scripted_live import ScriptedLive

from temper.serving.chat import DIM, PLAIN, Manner, converse
from temper.serving.section import Served
from temper.serving.service import Service

Chats = Callable[..., tuple[str, ScriptedLive]]
Kind = type[ScriptedLive]
HOSTILE = "a\x1b]0;title\x07\x1b[2Jb\r\x9bc\u202ed"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Interrupting(ScriptedLive):  # type: ignore[misc]
    """Ctrl-C comes while the first answer is written."""

    def collect(self, wait_s: float = 0.0) -> Any:
        if self.steps == 6:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            threading.Event().wait(0.05)
        return super().collect(wait_s)


@pytest.fixture
def chats(served: Served) -> Iterator[Chats]:
    with ExitStack() as opened:

        def chat(
            asked: str,
            texts: Sequence[str],
            terminal: bool = False,
            kind: type[ScriptedLive] = ScriptedLive,
            **how: Any,
        ) -> tuple[str, ScriptedLive]:
            engine = kind(served.renderer.tokenizer, texts)
            service = Service(engine, 1).start()
            opened.callback(service.close)
            streams = (Terminal(asked), Terminal()) if terminal else (io.StringIO(asked), io.StringIO())
            converse(replace(served, service=service), Manner(**how), *streams)
            return streams[1].getvalue(), engine

        yield chat


def test_a_pipe_gets_the_answers_alone_line_by_line(chats: Chats) -> None:
    out, engine = chats("one\n\n  \ntwo", ["<think>\nwhy\n</think>\n\nfirst", "second\n"])
    assert out == "first\nsecond\n\n" and len(engine.asked) == 2


def test_the_conversation_goes_on_behind_what_was_said(chats: Chats, served: Served) -> None:
    _, engine = chats("one\ntwo\n", ["<think>\nwhy\n</think>\n\nfirst", "second"], system="Be brief.")
    wanted = [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "one"},
        {"role": "assistant", "content": "first", "reasoning": "why"}, {"role": "user", "content": "two"},
    ]  # fmt: skip
    assert engine.asked[0].prompt_tokens == tuple(served.renderer.prompt_ids(wanted[:2]))
    assert engine.asked[1].prompt_tokens == tuple(served.renderer.prompt_ids(wanted))


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_that_the_policy_writes_drives_the_terminal(chats: Chats, terminal: bool) -> None:
    out, _ = chats("x\n", [f"<think>\n{HOSTILE}\n</think>\n\n{HOSTILE}"], terminal)
    ours = out.replace(DIM, "").replace(PLAIN, "")
    assert not set(ours) & set("\x1b\x07\r\x9b\u202e") and ours.count("\u241b") == (4 if terminal else 2)


def test_a_terminal_shows_reasoning_dimmed_or_folded(chats: Chats) -> None:
    texts = ["<think>\nwhy so\n</think>\n\nfirst"]
    shown, _ = chats("x\n", texts, True)
    assert shown == f"> {DIM}why so{PLAIN}\nfirst\n> "
    folded, _ = chats("x\n", texts, True, reasoning=False)
    assert folded == f"> {DIM}[6 characters of reasoning]\n{PLAIN}\nfirst\n> "


def test_ctrl_c_stops_the_answer_and_not_the_program(chats: Chats, capsys: pytest.CaptureFixture[str]) -> None:
    out, engine = chats("one\ntwo\n", ["abcdefghijklmnopqrstuvwxyz" * 9, "next"], kind=Interrupting)
    first, second = out.splitlines()
    assert second == "next" and "abcdefghijklmnopqrstuvwxyz".startswith(first[:26]) and len(first) < 200
    assert engine.dropped == [1] and "stopped" in capsys.readouterr().err


def test_a_question_that_cannot_be_asked_leaves_no_trace(chats: Chats, capsys: pytest.CaptureFixture[str]) -> None:
    out, engine = chats(f"{'long ' * 1000}\nshort\n", ["ok"])
    assert out == "\nok\n" and len(engine.asked) == 1 and "the context has 1024" in capsys.readouterr().err
