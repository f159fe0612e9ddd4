"""Which modules the rows of data may name: none but those that a recipe, a command or a caller lists.

A row may name a class of its own as its verifier or as an instruction, and importing a module runs it: data from
anywhere would choose what runs here. So every name in data passes `Plugins.refuse_unlisted` before anything is
imported. It compares names and looks where a module lies; it never imports one to look.
"""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plugins:
    """The modules that rows may name. Picklable: it goes to the processes that judge."""

    modules: tuple[str, ...] = ()
    """Listed by name, with all that is below each: `mine` is also `mine.checks`."""
    folder: Path | None = None
    """Modules that lie in it are listed as well."""

    def lists(self, module: str) -> bool:
        if any(module == name or module.startswith(f"{name}.") for name in self.modules):
            return True
        return self.folder is not None and _lies_in(module.partition(".")[0], self.folder.resolve())

    def refuse_unlisted(self, module: str, who: str) -> None:
        """Raises ValueError, which begins with `who`, for a module that is not listed."""
        if not self.lists(module):
            raise ValueError(
                f"{who}: rows may not name code, and {module!r} is not listed; put it beside the recipe, or list it: "
                f"`verifiers.plugins: [{module}]` in the recipe, `--plugins {module}` for temper verify and rescore, "
                f"`plugins=Plugins(({module!r},))` in Python"
            )

    def without_folder(self) -> "Plugins":
        return Plugins(self.modules)


NO_PLUGINS = Plugins()
"""Rows name what the table has, and nothing else."""


def _lies_in(top: str, folder: Path) -> bool:
    """Whether the import of the module `top`, which has no dot, gives a file below `folder`."""
    if top in sys.modules:
        origin = vars(sys.modules[top]).get("__file__")
    else:
        spec = importlib.util.find_spec(top)  # of a name without a dot it imports nothing
        origin = spec and (spec.origin or next(iter(spec.submodule_search_locations or ()), None))
    # what is built in has no file, or one that is no path
    return origin is not None and Path(origin).resolve().is_relative_to(folder)
