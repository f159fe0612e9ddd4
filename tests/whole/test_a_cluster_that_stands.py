"""`--address`: a cluster of another process runs the whole line; one that is too small or absent is refused."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PORT = 6399
SMALL = [
    "base.train=null", "sft.steps=4", "rlvr.steps=2", "rlvr.problems_per_step=4",
    "rlvr.max_completion_tokens=24", "rlvr.schedule.warmup_steps=0", "eval.problems=20", "eval.samples=2",
    "eval.max_completion_tokens=24", "sandbox.kind=local", "cluster.verifier_resource=reward",
    "rlvr.max_empty_share=1",  # a model of so few steps ends no completion
]  # fmt: skip


@pytest.fixture
def ray_folder(tmp_path: Path) -> Iterator[None]:
    """A cluster of just the CPUs and rewards that the recipe takes."""
    words = ["start", "--head", "--num-cpus=4", '--resources={"reward": 2}', f"--port={PORT}"]
    subprocess.run(["ray", *words, "--include-dashboard=false"], check=True, capture_output=True, timeout=120)
    yield
    subprocess.run(["ray", "stop", "--force"], check=True, capture_output=True, timeout=120)


def run(out: Path, address: str, *more: str) -> subprocess.CompletedProcess[str]:
    words = ["temper", "run", "temper:tiny/thinking", "--out", str(out), "--address", address]
    overrides = [word for override in (*SMALL, *more) for word in ("--set", override)]
    return subprocess.run([*words, *overrides], capture_output=True, text=True, timeout=300)


@pytest.mark.whole
@pytest.mark.usefixtures("ray_folder")
def test_a_run_joins_a_standing_cluster_and_is_refused_where_it_could_only_wait(tmp_path: Path) -> None:
    refused = run(tmp_path / "refused", "auto", "cluster.verifiers=3")
    assert refused.returncode == 2
    assert "stage rlvr takes 5 CPU at once, got a cluster of 4; add nodes, or lower cluster.ver" in refused.stderr
    done = run(tmp_path / "out", "auto")
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "out/tiny-thinking/summary.json").exists()


@pytest.mark.whole
@pytest.mark.parametrize("address", ["127.0.0.1:1", pytest.param("auto", marks=pytest.mark.slow)])
def test_an_address_where_nobody_answers_is_refused(tmp_path: Path, address: str) -> None:
    refused = run(tmp_path / "out", address)
    assert refused.returncode == 2, refused.stderr[-2000:]
    assert f"--address: no Ray cluster answers, got {address!r}" in refused.stderr
