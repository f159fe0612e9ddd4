"""What a language takes from npm beside Debian's packages, for the image.

`npm pack` fetches the package at its pinned version, from whatever registry this machine's npm is set to, and nothing
of it is run. Its hash is held against the pin, and only the files that are needed are unpacked.
"""

import base64
import hashlib
import shutil
import tarfile
import tempfile
from pathlib import Path

from temper.sandboxes.box.languages import NPM_PLACE, Npm
from temper.sandboxes.commands import carry_out


def fetch(package: Npm, root: Path) -> None:
    """Unpacks the package below `root`. Raises ValueError with the remedy when it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError(f"image: {package.name} comes from npm, got no npm; apt-get install npm")
    with tempfile.TemporaryDirectory(prefix="temper-npm-") as folder:
        argv = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, package.pin]
        carry_out("npm pack", argv, "give npm a registry that it can reach")
        (archive,) = Path(folder).iterdir()
        unpack(package, archive, root)


def unpack(package: Npm, archive: Path, root: Path) -> None:
    """Raises ValueError for an archive that is not the pinned one."""
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.sha512:
        raise ValueError(f"image: {package.pin} is not what was pinned, got sha512 {found!r}; do not use this registry")
    with tarfile.open(archive) as tar:
        for name in package.files:
            member = tar.extractfile(f"package/{name}")
            assert member is not None, name
            path = root / NPM_PLACE.lstrip("/") / package.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(member.read())
