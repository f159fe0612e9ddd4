import os
import tempfile
from pathlib import Path
import pytest
from solution import RotatingLog, find_duplicates, temp_copy, touch_all

@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)

def test_rotation(folder):
    log = RotatingLog(folder / "app.log", max_lines=2)
    for i in range(5):
        log.write(f"line {i}")
    assert (folder / "app.log").read_text() == "line 4\n"
    assert (folder / "app.log.1").read_text().splitlines() == ["line 2", "line 3"]
    assert sorted(p.name for p in folder.iterdir()) == ["app.log", "app.log.1", "app.log.2"]

def test_duplicates(folder):
    for name, text in (("a", "same"), ("b", "same"), ("c", "other")):
        (folder / name).write_text(text)
    assert find_duplicates(folder) == [[folder / "a", folder / "b"]]

def test_touch_all(folder):
    touch_all(folder, ["x.txt", "sub/y.txt"])
    assert (folder / "sub" / "y.txt").exists()
    assert os.listdir(folder / "sub") == ["y.txt"]

def test_temp_copy(folder):
    source = folder / "source.bin"
    source.write_bytes(bytes(range(10)))
    copy = temp_copy(source)
    assert Path(copy) != source
    assert Path(copy).read_bytes() == bytes(range(10))
    os.unlink(copy)
    assert source.exists()

def test_relative(monkeypatch, folder):
    monkeypatch.chdir(folder)
    touch_all(".", ["here"])
    assert Path("here").is_file()
    assert (folder / "here").is_file()
# ---- right
import hashlib
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

class RotatingLog:
    def __init__(self, path, max_lines):
        self.path, self.max_lines, self.lines = Path(path), max_lines, 0

    def _rotate(self):
        for n in range(9, 0, -1):
            old = Path(f"{self.path}.{n}")
            if old.exists():
                old.rename(f"{self.path}.{n + 1}")
        self.path.rename(f"{self.path}.1")
        self.lines = 0

    def write(self, text):
        if self.lines == self.max_lines:
            self._rotate()
        with self.path.open("a") as file:
            file.write(text + "\n")
        self.lines += 1

def find_duplicates(folder):
    groups = defaultdict(list)
    for path in sorted(Path(folder).iterdir()):
        groups[hashlib.sha256(path.read_bytes()).digest()].append(path)
    return [group for group in groups.values() if len(group) > 1]

def touch_all(folder, names):
    for name in names:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

def temp_copy(path):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(Path(path).read_bytes())
    return file.name
# ---- wrong
class RotatingLog:
    def __init__(self, path, max_lines): self.path = path
    def write(self, text): open(self.path, "w").write(text + "\n")
def find_duplicates(folder): return []
def touch_all(folder, names): pass
def temp_copy(path): return path
