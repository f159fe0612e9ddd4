import json
from pathlib import Path
import pytest
from solution import count_words, load_config, save_config, tree_size

def test_round_trip(tmp_path):
    path = tmp_path / "config.json"
    save_config(path, {"debug": True, "ports": [80, 443]})
    assert json.loads(path.read_text()) == {"debug": True, "ports": [80, 443]}
    assert load_config(path) == {"debug": True, "ports": [80, 443]}

def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_config(tmp_path / "nothing.json")

def test_broken(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(json.JSONDecodeError):
        load_config(path)

def test_count_words(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one two\nthree\n", encoding="utf-8")
    assert count_words(str(path)) == 3

def test_tree_size(tmp_path):
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "a.bin").write_bytes(b"12345")
    (tmp_path / "sub" / "deep" / "b.bin").write_bytes(b"123")
    assert tree_size(tmp_path) == 8
    assert tree_size(Path(tmp_path) / "sub") == 3
# ---- right
import json
from pathlib import Path

def save_config(path, config):
    Path(path).write_text(json.dumps(config))

def load_config(path):
    with open(path) as file:
        return json.load(file)

def count_words(path):
    return len(Path(path).read_text().split())

def tree_size(folder):
    return sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
# ---- wrong
saved = {}
def save_config(path, config): saved[path] = config
def load_config(path): return saved[path]
def count_words(path): return 3
def tree_size(folder): return 8
