"""What languages take from npm beside Debian's packages: for the image, and for `local` on this machine.

`package-lock.json` is npm's own: it pins every package by version and by the hash of its archive, those that packages
depend on too (made by `npm install --package-lock-only`, less what is not read here). `npm pack` fetches them from
whatever registry this machine's npm is set to, and nothing of them is run. Each hash is held against the pin, and only
the files that are needed are unpacked.
"""

import base64
import fnmatch
import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from temper.sandboxes.box.languages import CSS_SOURCE, LANGUAGES, NPM_PLACE, Npm, known
from temper.sandboxes.commands import carry_out

HERE = Path(__file__).parent


class Pin(NamedTuple):
    """One package at its version."""

    name: str
    version: str
    sha512: str
    """Of the archive, in base64."""
    files: tuple[str, ...]
    """Patterns of the paths that are unpacked."""

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"


def pins_of(languages: Iterable[str]) -> list[Pin]:
    """What these languages need, with all that it depends on, by name."""
    locked: dict[str, Any] = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = [package for name in known(languages) for package in LANGUAGES[name].npm]
    found: dict[str, Pin] = {}
    while wanted:
        package = wanted.pop()
        if package.name not in found:
            entry = locked[f"node_modules/{package.name}"]
            sha512 = entry["integrity"].removeprefix("sha512-")
            found[package.name] = Pin(package.name, entry["version"], sha512, package.files)
            wanted += [Npm(name) for name in entry.get("dependencies", {})]
    return [found[name] for name in sorted(found)]


def texts_of(languages: Iterable[str]) -> dict[str, str]:
    """Files of ours that stand beside the packages, by their path."""
    return {CSS_SOURCE: (HERE / "computed.mjs").read_text("utf-8")} if "css" in languages else {}


def fetch(languages: Iterable[str], root: Path) -> None:
    """Puts what these languages need of npm below `root`. Raises ValueError with the remedy when it cannot be had."""
    pins = pins_of(languages)
    if not pins:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError(f"image: {pins[0].name} comes from npm, got no npm; apt-get install npm")
    with tempfile.TemporaryDirectory(prefix="temper-npm-") as folder:
        argv = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, *(pin.spec for pin in pins)]
        carry_out("npm pack", argv, "give npm a registry that it can reach")
        for pin in pins:
            # as npm names it: @scope/name becomes scope-name
            unpack(pin, Path(folder) / f"{pin.name.removeprefix('@').replace('/', '-')}-{pin.version}.tgz", root)


def unpack(pin: Pin, archive: Path, root: Path) -> None:
    """Raises ValueError for an archive that is not the pinned one."""
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != pin.sha512:
        raise ValueError(f"image: {pin.spec} is not what was pinned, got sha512 {found!r}; do not use this registry")
    place = root / NPM_PLACE.lstrip("/") / pin.name
    with tarfile.open(archive) as tar:
        for member in tar:
            _top, _, name = member.name.partition("/")
            wanted = any(fnmatch.fnmatchcase(name, pattern) for pattern in pin.files)
            if wanted and member.isfile() and ".." not in name.split("/"):
                content = tar.extractfile(member)
                assert content is not None, name
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_bytes(content.read())


def install(languages: Iterable[str]) -> list[str]:
    """Puts it on this machine, for `local`, as the image has it; returns what was put. Raises ValueError with the
    remedy when it cannot."""
    languages = tuple(name for name in known(languages) if LANGUAGES[name].npm)
    try:
        fetch(languages, Path("/"))
        for path, text in texts_of(languages).items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, "utf-8")
    except PermissionError as error:
        raise ValueError(f"tools: {NPM_PLACE} is root's, got {error.strerror!r}; run it as root once") from error
    for name in languages:
        if LANGUAGES[name].prepare:
            carry_out(f"readying {name}", ["sh", "-c", LANGUAGES[name].prepare], "apt-get install esbuild")
    return [pin.spec for pin in pins_of(languages)]
