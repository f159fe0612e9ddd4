"""What comes from npm is what was pinned, and no more of it than is needed."""

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from temper.sandboxes.box.languages import CSS_SOURCE, LANGUAGES
from temper.sandboxes.local import lacking
from temper.sandboxes.npm import Pin, fetch, pins_of, texts_of, unpack


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "tool-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name in ("package/lib/tool.jar", "package/lib/rest.jar", "package/../../evil"):
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return path


def pinned(archive: Path, *files: str) -> Pin:
    sha512 = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    return Pin("tool", "1.0.0", sha512, files or ("lib/tool.jar",))


def test_only_the_files_that_are_needed_are_unpacked(archive: Path, tmp_path: Path) -> None:
    unpack(pinned(archive), archive, tmp_path / "root")
    files = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert files == [tmp_path / "root/usr/lib/node_modules/tool/lib/tool.jar"]
    assert files[0].read_text() == "package/lib/tool.jar"


def test_nothing_is_unpacked_beside_the_package(archive: Path, tmp_path: Path) -> None:
    unpack(pinned(archive, "*"), archive, tmp_path / "root")
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {archive.name, "tool.jar", "rest.jar"}


def test_what_a_package_depends_on_comes_with_it_and_every_pin_is_a_hash() -> None:
    assert [pin.name for pin in pins_of(["jsx"])] == ["react", "react-dom", "scheduler"]
    assert {"@siteimprove/alfa-cascade", "css-tree", "entities", "mdn-data", "parse5"} <= {
        p.name for p in pins_of(["css"])
    }
    for pin in pins_of(LANGUAGES):
        assert len(base64.b64decode(pin.sha512)) == 64, pin.spec
    assert pins_of(["python", "typescript"]) == []


def test_what_reads_stylesheets_is_ours_and_stands_beside_them() -> None:
    assert [*texts_of(["css"])] == [CSS_SOURCE]
    assert texts_of(["jsx"]) == {}


def test_another_archive_than_the_pinned_one_is_refused(archive: Path, tmp_path: Path) -> None:
    package = pinned(archive)
    archive.write_bytes(archive.read_bytes() + b"\0")
    with pytest.raises(ValueError, match=r"tool@1\.0\.0 is not what was pinned"):
        unpack(package, archive, tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_without_npm_the_remedy_is_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ValueError, match="comes from npm, got no npm; apt-get install npm"):
        fetch(("jsx",), tmp_path / "root")


@pytest.mark.parametrize("language", ["jsx", "css", "kotlin"])
def test_what_local_lacks_of_npm_has_its_remedy(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = LANGUAGES[language]
    monkeypatch.setitem(LANGUAGES, language, known._replace(tools=("/usr/lib/node_modules/none/index.js",)))
    (line,) = lacking([language])
    assert line.startswith(f"'{language}' needs /usr/lib/node_modules/none/index.js under /usr, got none; ")
    assert line.endswith(f"temper sandbox tools --languages {language}")
