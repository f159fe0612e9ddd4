"""What comes from npm is what was pinned, and no more of it than is needed."""

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from temper.sandboxes.box.languages import Npm
from temper.sandboxes.npm import fetch, unpack


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "tool-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name in ("package/lib/tool.jar", "package/lib/rest.jar", "package/../../evil"):
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return path


def pinned(archive: Path) -> Npm:
    return Npm(
        "tool", "1.0.0", base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode(), ("lib/tool.jar",)
    )


def test_only_the_files_that_are_needed_are_unpacked(archive: Path, tmp_path: Path) -> None:
    unpack(pinned(archive), archive, tmp_path / "root")
    files = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert files == [tmp_path / "root/usr/lib/node_modules/tool/lib/tool.jar"]
    assert files[0].read_text() == "package/lib/tool.jar"


def test_another_archive_than_the_pinned_one_is_refused(archive: Path, tmp_path: Path) -> None:
    package = pinned(archive)
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(ValueError, match=r"tool@1\.0\.0 is not what was pinned"):
        unpack(package, archive, tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_without_npm_the_remedy_is_to_install_it(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ValueError, match="comes from npm, got no npm; apt-get install npm"):
        fetch(pinned(archive), tmp_path / "root")
