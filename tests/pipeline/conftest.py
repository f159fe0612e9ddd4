"""A whole recipe on disk, small enough to read, a cache of file hashes of the test's own, and a Ray."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

RECIPE = """
name: mine
variant: instruct
base: {kind: tiny}
extend: {factor: 4}
sft:
  data: [{kind: generated, rows: 10}]
  pack_tokens: 1024
  packs_per_step: 4
  steps: 10
  schedule: {learning_rate: 1e-5}
rlvr:
  data: [{kind: file, path: problems.jsonl}]
  steps: 10
  problems_per_step: 8
  group_size: 4
  max_prompt_tokens: 100
  max_completion_tokens: 100
  schedule: {learning_rate: 1e-5}
eval: {max_completion_tokens: 100}
held_out: [{kind: generated, rows: 500, split: held_out}]
"""
PROBLEMS = """{"id": "a", "prompt": "1+1?", "verifier": "math", "answer": "2"}
{"id": "b", "prompt": "2+2?", "verifier": "math", "answer": "4"}
"""


@pytest.fixture
def write_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a YAML file beside `problems.jsonl`: the recipe above, or `text`, with some of it swapped."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "recipe"
    folder.mkdir()
    (folder / "problems.jsonl").write_text(PROBLEMS)

    def write(text: str = RECIPE, name: str = "mine.yaml", swap: tuple[str, str] = ("", "")) -> Path:
        path = folder / name
        path.write_text(text.replace(*swap) if swap[0] else text)
        return path

    return write


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    from temper.pipeline import cluster  # here, for what needs no Ray

    cluster.start(None, [Path(__file__).parent], {})
    yield
    cluster.stop()
