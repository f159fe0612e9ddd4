"""What the tests change around the solution: patched functions of the library, environment, argv, stdin, the seed.

The tests patch their own process. So before each request that is compared with what it was, and the solution's
process is told of the difference; a patch that is undone here is undone there. Looked at are the library's modules
that the tests name, and nothing at all where they use none of `HINTS`.
"""

import importlib
import os
import random
import re
import sys
from typing import Any

HINTS = frozenset(("patch", "monkeypatch", "setattr", "environ", "setenv", "argv", "stdin", "seed", "chdir"))
CLASSES = {"pathlib": ("Path",), "random": ("Random",), "subprocess": ("Popen",)}
ONLY = {"sys": ("argv", "stdin")}
"""The names of a module that matter, where most of it is each process's own."""
WORD = re.compile(r"\w+")
Key = tuple[str, str, str]
"""(module, class or "", name)."""
Change = tuple[str, Any]
"""("patch", (key, value)), ("restore", key), ("environment", {name: text or None}), ("seed", args) or
("folder", path)."""


class Patches:
    """The tests' side."""

    def __init__(self, code: str) -> None:
        self.hinted = any(hint in code for hint in HINTS)
        self.watched: list[tuple[str, str, Any, dict[str, Any]]] = []
        self.patched: dict[Key, Any] = {}
        self.seeds: list[tuple[Any, ...]] = []
        if self.hinted:
            self._watch_all(set(WORD.findall(code)))

    def _watch_all(self, words: set[str]) -> None:
        for name in sorted((words & sys.stdlib_module_names) | {"builtins", "sys"}):
            self._watch(name)
        if "seed" in words:
            self._follow_seed()
        self.environment, self.folder = dict(os.environ), os.getcwd()

    def _watch(self, name: str) -> None:
        module = importlib.import_module(name)
        for kind in ("", *CLASSES.get(name, ())):
            now = vars(getattr(module, kind) if kind else module)
            names = ONLY.get(name, [name for name in now if not name.startswith("_")])
            self.watched.append((name, kind, now, {name: now[name] for name in names}))
        if name == "os":
            self._watch("os.path")

    def _follow_seed(self) -> None:
        seed = random.seed

        def seeded(*args: Any, **kwargs: Any) -> None:
            seed(*args, **kwargs)
            self.seeds.append((*args, *kwargs.values()))

        random.seed = seeded
        for module, kind, _, before in self.watched:
            if (module, kind) == ("random", ""):
                before["seed"] = seeded

    def changes(self) -> list[Change]:
        """What has changed since this was last asked."""
        if not self.hinted:
            return []
        patched = {
            (module, kind, name): now[name]
            for module, kind, now, before in self.watched
            for name, item in before.items()
            if now.get(name, item) is not item and not _is_pytests(now[name])
        }
        found: list[Change] = [("restore", key) for key in self.patched if key not in patched]
        found += [("patch", (key, item)) for key, item in patched.items() if self.patched.get(key, self) is not item]
        self.patched = patched
        found += [("seed", args) for args in self.seeds]
        self.seeds.clear()
        return found + self._surroundings()

    def _surroundings(self) -> list[Change]:
        found: list[Change] = []
        environment, folder = dict(os.environ), os.getcwd()
        if environment != self.environment:
            every = {**dict.fromkeys(self.environment), **environment}
            differing = {name: text for name, text in every.items() if self.environment.get(name) != text}
            found.append(("environment", differing))
        if folder != self.folder:
            found.append(("folder", folder))
        self.environment, self.folder = environment, folder
        return found


def _is_pytests(item: Any) -> bool:
    """pytest puts a stdin of its own in place, which refuses to be read."""
    return type(item).__module__.startswith("_pytest")


class Patched:
    """The solution's side."""

    def __init__(self) -> None:
        self.originals: dict[Key, Any] = {}

    def apply(self, changes: list[Change]) -> None:
        for what, value in changes:
            getattr(self, f"_{what}")(value)

    def _patch(self, value: tuple[Key, Any]) -> None:
        key, item = value
        owner = _owner(key)
        self.originals.setdefault(key, getattr(owner, key[2]))
        setattr(owner, key[2], item)

    def _restore(self, key: Key) -> None:
        setattr(_owner(key), key[2], self.originals.pop(key))

    def _environment(self, differing: dict[str, str | None]) -> None:
        for name, text in differing.items():
            if text is None:
                os.environ.pop(name, None)
            elif not name.startswith("PYTEST_"):
                os.environ[name] = text

    def _seed(self, args: tuple[Any, ...]) -> None:
        random.seed(*args)

    def _folder(self, path: str) -> None:
        os.chdir(path)


def _owner(key: Key) -> Any:
    module = importlib.import_module(key[0])
    return getattr(module, key[1]) if key[1] else module
