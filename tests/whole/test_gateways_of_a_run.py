"""A run whose verdicts come from two gateways, one of which is killed and comes back twice, is the run with actors."""

import shutil
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from served import TOKENS, Served, served

SMALL = [
    "base.train=null", "sft.steps=4", "rlvr.steps=6", "rlvr.max_staleness=0", "rlvr.problems_per_step=4",
    "rlvr.max_completion_tokens=24", "rlvr.schedule.warmup_steps=0",
    "eval.problems=20", "eval.samples=2", "eval.max_completion_tokens=24", "sandbox.kind=local",
    "rlvr.max_empty_share=1",
]  # fmt: skip
PLAIN = "workers: 1\n"


def run(out: Path, *more: str) -> list[dict[str, object]]:
    """The rollouts of the run, without what the clock says."""
    words = ["temper", "run", "temper:tiny/thinking", "--out", str(out)]
    overrides = [word for override in (*SMALL, *more) for word in ("--set", override)]
    done = subprocess.run([*words, *overrides], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    files = sorted((out / "tiny-thinking/rollouts").rglob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return [{name: value for name, value in row.items() if name not in ("verify_s", "tools_s")} for row in rows]


@pytest.mark.slow
def test_rollouts_and_verdicts_are_those_of_a_run_with_actors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    actors = run(tmp_path / "actors")
    assert len(actors) > 6 * 16
    for stage in (tmp_path / "actors/stages").iterdir():
        if stage.name.partition("-")[0] not in ("rlvr", "eval"):
            shutil.copytree(stage, tmp_path / "gateways/stages" / stage.name)
    with ExitStack() as gateways:
        sound, killed = (
            gateways.enter_context(served(_folder(tmp_path, name), config=PLAIN)) for name in ("sound", "killed")
        )
        restarts = threading.Thread(target=_kill_twice, args=(gateways, tmp_path, killed), daemon=True)
        restarts.start()
        urls = f'cluster.verifiers_at=["{sound.url}", "{killed.url}"]'
        away = run(tmp_path / "gateways", urls, "cluster.verifiers_token_env=TEMPER_TEST_ONE")
        restarts.join()
        assert judged(sound) + judged(killed) > 0
    assert actors == away


def _folder(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def _kill_twice(gateways: ExitStack, tmp_path: Path, killed: Served) -> None:
    for time_ in range(2):
        _wait(killed)
        killed.process.kill()
        killed.process.wait()
        time.sleep(1)
        killed = gateways.enter_context(served(_folder(tmp_path, f"again{time_}"), config=PLAIN, port=killed.port))


def _wait(gateway: Served) -> None:
    """Until it has judged."""
    until = time.monotonic() + 300
    while not judged(gateway) and time.monotonic() < until:
        time.sleep(0.1)


def judged(gateway: Served) -> int:
    try:
        lines = gateway.send("/metrics").body.decode().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[-1]) for line in lines if line.startswith("temper_verdicts_total"))
