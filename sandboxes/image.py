"""The image of a slot: Debian, the languages and the supervisor; built from a Dockerfile or without any
registry.

Two layers. The base holds Debian and the languages: where a registry gives `debian`, `docker build` makes it
from the shipped Dockerfile; elsewhere `debootstrap` makes the root file system from Debian's packages and
`docker import` takes it over, for air-gapped machines need a mirror of packages, not of images. The image
adds the supervisor, in a second. Each tag is a hash of what goes in, so nothing is built twice and a changed
supervisor has another tag. The packages' versions are Debian's of the day and no part of a tag.
"""

import hashlib
import io
import logging
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from temper.sandboxes import npm
from temper.sandboxes.box.languages import LANGUAGES, PYTHON, known
from temper.sandboxes.commands import COMMAND_S, carry_out
from temper.sandboxes.daemon import connect
from temper.sandboxes.packages import PLACE, fetch, pins_of
from temper.sandboxes.slot import box_texts

if TYPE_CHECKING:
    import docker

SUITE, DEBIAN = "trixie", "debian:trixie-slim"
PROBE_S = 10
"""How long a registry may take to say that it has the base."""
MAIN = """import sys
sys.path[0] = "/opt"
from temper.sandboxes.box.supervisor import main, read_line
_code, _namespace, _leave = main(read_line())
try:
    exec(_code, _namespace)
finally:
    _leave(_namespace, *sys.exc_info())
"""
"""What the container runs. A program runs at its module level, one frame deep."""
ADD_BOX = "COPY opt /opt\n"
"""/box is not made here: runc would give the tmpfs that is mounted over it this folder's mode."""
ADD_PACKAGES = f"""COPY packages {PLACE}
RUN python3 -m compileall -q --invalidation-mode unchecked-hash {PLACE} || true
"""
"""Under the supervisor's layer, so that a changed supervisor finds it made. The root is read-only later, and to compile
at every start costs seconds; some of their test files never compile."""
LEFT_OUT = (
    "dev",
    "proc",
    "sys",
    "var/cache",
    "var/lib/apt",
    "var/log",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/lib/jvm/java-25-openjdk-amd64/jmods",
    "usr/share/go-1.24/test",
)
log = logging.getLogger(__name__)


def packages_of(languages: Iterable[str]) -> list[str]:
    return sorted({package for name in {PYTHON, *known(languages)} for package in LANGUAGES[name].packages})


def readying(languages: Iterable[str]) -> str:
    """Lines of a Dockerfile, under the supervisor's layer."""
    languages = known(languages)
    commands = (LANGUAGES[name].prepare for name in sorted(languages))
    copies = [f"COPY .{path} {path}\n" for path in npm.texts_of(languages)]
    return "".join([*copies, *(f"RUN {command}\n" for command in commands if command)])


def base_tag(languages: Iterable[str]) -> str:
    languages = tuple(languages)
    inputs = [*packages_of(languages), *(repr(pin) for pin in npm.pins_of(languages)), *LEFT_OUT, dockerfile()]
    return f"temper-base:{_digest(SUITE, *inputs)}"


def tag_of(languages: Iterable[str], packages: Iterable[str] = ()) -> str:
    """The image's name for these languages and packages."""
    languages = tuple(languages)
    texts = [f"{name}\0{text}" for name, text in sorted(box_texts().items())]
    layers = [base_tag(languages), readying(languages), *npm.texts_of(languages).values(), MAIN, ADD_BOX]
    pins = pins_of(packages)
    # without packages nothing is added, so such an image has one tag whatever ADD_PACKAGES says
    return f"temper-sandbox:{_digest(*layers, *texts, *(pins and [ADD_PACKAGES, *pins]))}"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0\0".join(texts).encode()).hexdigest()[:16]


def dockerfile() -> str:
    return (Path(__file__).parent / "Dockerfile").read_text("utf-8")


def build(languages: tuple[str, ...] = ("python",), packages: tuple[str, ...] = ()) -> str:
    """Makes the image unless it is there; returns its tag. Raises ValueError with the remedy when it
    cannot."""
    client, base, tag = connect(COMMAND_S), base_tag(languages), tag_of(languages, packages)
    try:
        if has_image(client, tag):
            return tag
        if not has_image(client, base):
            _build_base(client, base, languages)
        log.info("image %s: adding the supervisor", tag)
        box = {f"opt/temper/{name}": text for name, text in box_texts().items()}
        recipe = f"FROM {base}\n{readying(languages)}{ADD_PACKAGES if packages else ''}{ADD_BOX}"
        with tempfile.TemporaryDirectory(prefix="temper-packages-") as folder:
            fetched = Path(folder) / "packages"
            if packages:
                fetch(packages, fetched)
            ours = {path.lstrip("/"): text for path, text in npm.texts_of(languages).items()}
            _docker_build(client, tag, {"Dockerfile": recipe, "opt/supervise.py": MAIN, **box, **ours}, fetched)
        return tag
    finally:
        client.close()


def has_image(client: "docker.DockerClient", name: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _build_base(client: "docker.DockerClient", base: str, languages: tuple[str, ...]) -> None:
    packages = packages_of(languages)
    with tempfile.TemporaryDirectory(prefix="temper-image-") as folder:
        extra, root = Path(folder) / "root", Path(folder) / "debian"
        extra.mkdir()
        npm.fetch(languages, extra)
        if has_image(client, DEBIAN) or _registry_has(DEBIAN):
            log.info("image %s: building from %s", base, DEBIAN)
            _docker_build(client, base, {"Dockerfile": dockerfile(), "packages": " ".join(packages)}, extra, "default")
            return
        log.info("image %s: no registry answers; debootstrap makes the root file system (about a minute)", base)
        _debootstrap(root, packages)
        shutil.copytree(extra, root, dirs_exist_ok=True)
        log.info("image %s: importing the root file system", base)
        _import(client, base, root)


def _registry_has(name: str) -> bool:
    import requests

    import docker

    client = docker.from_env(timeout=PROBE_S)
    try:
        client.images.get_registry_data(name)
    except (docker.errors.DockerException, requests.exceptions.RequestException):
        return False
    finally:
        client.close()
    return True


def _docker_build(
    client: "docker.DockerClient", tag: str, files: dict[str, str], packages: Path | None = None, network: str = "none"
) -> None:
    import docker

    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data := text.encode()), 0o644
            tar.addfile(entry, io.BytesIO(data))
        if packages and packages.exists():
            tar.add(packages, arcname=packages.name)
    context.seek(0)
    try:
        client.images.build(fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True, network_mode=network)
    except (docker.errors.BuildError, docker.errors.APIError) as error:
        raise ValueError(f"image: docker build failed, got {str(error)[-300:]!r}; see the daemon's log") from error


def _debootstrap(root: Path, packages: list[str]) -> None:
    command = shutil.which("debootstrap") or shutil.which("debootstrap", path="/usr/sbin:/sbin")
    if command is None:
        raise ValueError("image: no registry answers, got no debootstrap either; apt-get install debootstrap")
    if os.geteuid() != 0:
        raise ValueError(f"image: debootstrap needs root, got uid {os.geteuid()}; run `sudo temper sandbox build` once")
    mirror = os.environ.get("TEMPER_DEBIAN_MIRROR")  # else debootstrap's own
    argv = [command, "--variant=minbase", f"--include={','.join(packages)}", SUITE, str(root)]
    argv += [mirror] if mirror else []
    carry_out("debootstrap", argv, "set TEMPER_DEBIAN_MIRROR to a mirror that answers")


def _import(client: "docker.DockerClient", tag: str, root: Path) -> None:
    """Gives the daemon the tree, less what no program needs."""

    def keep(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if member.name.removeprefix("./").startswith(tuple(f"{path}/" for path in LEFT_OUT)) else member

    repository, _, version = tag.partition(":")
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.add(root, arcname=".", filter=keep)
        file.seek(0)
        answer: Any = client.api.import_image_from_data(_chunks(file), repository=repository, tag=version)
    if "error" in str(answer):
        raise ValueError(f"image: docker import failed, got {str(answer)[:300]!r}; see the daemon's log")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(1 << 20):
        yield chunk
