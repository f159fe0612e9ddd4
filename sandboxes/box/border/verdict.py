"""How a `unit` test ends: the one word over the pipe that only the tests' process holds."""

import os
from typing import NoReturn

from temper.sandboxes.box import zygote


class Verdict:
    """The pipe to the supervisor."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.refused: list[str] = []
        """What the border refused, the solution or the tests."""
        self.handed: list[str] = []
        """What the tests handed to the solution that is of no use there."""

    def give(self, passed: bool, detail: str, died: bool = False) -> NoReturn:
        asked = "" if passed or not self.handed else f"the tests hand the solution {self.handed[0]}"
        said = {"passed": passed, "detail": detail[:500], "died": died, "asks": asked}
        self._say(said | {"refused": "" if passed or not self.refused else self.refused[0][:500]})

    def fail(self, reason: str) -> NoReturn:
        self.give(False, reason)

    def lose(self, reason: str) -> NoReturn:
        self.give(False, reason, died=True)

    def abstain(self, reason: str) -> NoReturn:
        self._say({"passed": False, "detail": reason, "died": False, "refused": "", "asks": reason})

    def lack(self, reason: str) -> NoReturn:
        self._say({"lacks": reason})

    def _say(self, message: dict[str, object]) -> NoReturn:
        zygote.say(zygote.CHANNEL, {**message, "token": self.token})
        os._exit(0)
