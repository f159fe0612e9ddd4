"""What is not installed is said in one line that names its extra, before anything begins."""

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

from temper.pipeline import sources
from temper.pipeline.cli import main
from temper.policy.sources import FileRows

TINY = "temper:tiny/instruct"


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the light install, but that torch is there."""
    gone = {"ray", "trl", "pyarrow"}
    find = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> importlib.machinery.ModuleSpec | None:
        return None if name in gone else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", found)


@pytest.mark.parametrize(
    "words",
    [
        ["run", TINY, "--out", "out"],
        ["eval", TINY, "--checkpoint", "checkpoint", "--out", "out"],
        ["eval", TINY, "--checkpoint", "checkpoint", "--out", "out", "--suite", "needle"],
        ["show", TINY],
        ["prove-resume", TINY, "--out", "out"],
        ["export", "checkpoint", "--out", "out"],
    ],
)
def test_what_trains_is_refused_at_once(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert capsys.readouterr().err == f"temper: {words[0]}: needs trl, ray; pip install 'temper-rlvr[train]'\n"
    assert not list(tmp_path.iterdir())


def test_rollouts_and_rows_in_parquet_name_theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rescore", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "temper: rescore: needs pyarrow; pip install 'temper-rlvr[parquet]'\n"
    path = tmp_path / "rows.parquet"
    path.touch()
    with pytest.raises(ValueError, match=r"rows.parquet: needs pyarrow; pip install 'temper-rlvr\[parquet\]'"):
        list(sources.rows(FileRows(path=str(path)), "problems"))
