"""What a run was made with: Python, packages, and the commit when temper runs from its clone."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path

from pydantic import JsonValue

PACKAGES = (
    "temper-rlvr",
    "accelerate",
    "datasets",
    "deepspeed",
    "docker",
    "numpy",
    "pyarrow",
    "pydantic",
    "ray",
    "torch",
    "transformers",
    "trl",
)


def versions() -> dict[str, JsonValue]:
    packages: dict[str, JsonValue] = {name: _version(name) for name in PACKAGES}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages,
        **_commit(),
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> dict[str, JsonValue]:
    """The commit that holds this very file; a virtual environment inside somebody's repository has none."""
    here = Path(__file__).resolve()
    if _git("ls-files", "--error-unmatch", here.name, folder=here.parent) is None:
        return {"commit": None, "changed": None}
    changed = _git("status", "--porcelain", "--untracked-files=no", folder=here.parent)
    return {"commit": _git("rev-parse", "HEAD", folder=here.parent), "changed": bool(changed)}


def _git(*arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None  # no git, or no repository: a wheel
    return done.stdout.strip()
