"""A verifier for the tests of processes: what a fresh process imports for it is little."""

import logging
import os
import re
import signal
import time
from pathlib import Path

from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges
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
