"""A verifier and a session for the tests of processes: what a fresh process imports for them is little."""

import logging
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges, Reply, Session, SessionError, Tool
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Sandbox, SandboxError, Verifier

log = logging.getLogger("temper.tests")


class Does(Verifier):
    """Does what the completion says, then tells its process in the detail."""

    patient: bool = False
    silly: bool = False

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        what, _, argument = completion.partition(" ")
        match what:
            case "sleep":
                time.sleep(float(argument))
            case "hold":  # without end, and nobody else in the process has a turn
                re.match(r"(a+)+$", "a" * 60 + "b")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "leave":
                os._exit(3)
            case "exit":
                raise SystemExit(0)
            case "interrupt":
                raise KeyboardInterrupt
            case "note":
                with open(argument, "a") as file:  # noqa: PTH123
                    file.write(f"{problem.id}\n")
            case "float":
                return 0.5  # type: ignore[return-value]
            case "break":
                if not Path(argument).exists():
                    Path(argument).touch()
                    raise SandboxError("the box is gone")
            case "broken":
                raise SandboxError("the box is gone")
            case "sandbox":
                what = "open" if getattr(sandbox, "opened", None) else "closed"
            case "environment":
                what = str(os.environ.get(argument))
            case "log":
                log.info("told by %s", argument)
        return scored(1.0, f"{os.getpid()} {what}")

    def longest_s(self, problem: Problem) -> float:
        if self.silly:
            raise KeyError("ten")
        return 60.0 if self.patient else 0.0


class ReadsTurns(Verifier):
    """Tells in its detail what it was given."""

    def reads_turns(self, problem: Problem) -> bool:
        return True

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        raise NotImplementedError

    def verify_turns(self, problem: Problem, turns: Exchanges, sandbox: Sandbox | None = None) -> Verdict:
        return scored(0.5, repr(turns))


class Acts(Session):
    """Does what its calls say; what they have said so far is its state. Each opening and closing leaves a word."""

    told: str = ""
    _said: str = PrivateAttr("")

    def tools(self) -> list[Tool]:
        texts: Any = {"type": "object", "properties": {key: {"type": "string"} for key in ("what", "argument")}}
        return [{"type": "function", "function": {"name": "act", "parameters": texts}}]

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        self._said = ""
        self._tell("open")

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        match arguments["what"]:
            case "hang":
                time.sleep(99)
            case "wait":
                time.sleep(0.5)
                return Reply("waited")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "broken":
                raise SessionError("the service is gone")
        self._said += arguments["argument"]
        return Reply(self._said)

    def close(self) -> None:
        self._tell("close")

    def _tell(self, word: str) -> None:
        if self.told:
            with Path(self.told).open("a") as file:
                file.write(f"{word}\n")
