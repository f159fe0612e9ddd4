"""`kill -9` of a driver, an engine, a verifier and a learner in the middle of RLVR: every step is done once, no rollout
counts twice, and but for the driver nobody starts anything again."""

import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROLES = {
    "engine": "ray::EngineProcess", "verifier": "ray::JudgeProcess", "learner": "ray::RayTrainWorker",
    "controller": "ray::ControllerProcess",
}  # fmt: skip
STEPS = 10
SMALL = [
    "base.train=null", "sft.steps=8", "rlvr.problems_per_step=4",
    "rlvr.max_completion_tokens=24", "rlvr.max_staleness=1", "stages=[extend, sft, rlvr]", "sandbox.kind=local",
    "cluster.engines=2",
    "rlvr.max_empty_share=1",  # a model of so few steps ends no completion
]  # fmt: skip


class Run:
    """`temper run` of `steps` steps in a process of its own; the same again after its driver was killed."""

    def __init__(self, out: Path, steps: int, save_every: int) -> None:
        self.steps, self.folder, self.log = steps, out / f"steps-{steps}", out / "log"
        overrides = [*SMALL, f"name=steps-{steps}", f"rlvr.steps={steps}", f"rlvr.save_every={save_every}"]
        self.command = ["temper", "run", "temper:tiny/instruct", "--out", str(out)]
        self.command += [word for override in overrides for word in ("--set", override)]
        self.start()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.driver = subprocess.Popen(self.command, stderr=log, stdout=log, text=True)

    def rows(self) -> list[dict[str, float]]:
        """Metrics of the RLVR steps so far."""
        path = self.folder / "metrics.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [row for row in map(json.loads, lines) if row["stage"] == "rlvr"]

    def wait_for_step(self, step: int) -> None:
        until = time.monotonic() + 240
        while time.monotonic() < until:
            assert self.driver.poll() is None, f"the run ended early: {self.log.read_text()[-3000:]}"
            if any(row["step"] >= step for row in self.rows()):
                return
            time.sleep(0.05)
        raise AssertionError(f"no step {step}")

    def kill(self, role: str) -> None:
        if role == "driver":
            self.driver.kill()
            self.driver.wait()
            self.start()
            return
        ours = psutil.Process(self.driver.pid).children(recursive=True)
        victims = [process for process in ours if " ".join(process.cmdline()).startswith(ROLES[role])]
        assert victims, f"no {role} is running"
        random.choice(victims).kill()

    def check(self) -> None:
        """Waits for the end and looks at what was done."""
        assert self.driver.wait(timeout=900) == 0, self.log.read_text()[-3000:]
        rows = self.rows()
        assert [row["step"] for row in rows] == list(range(1, self.steps + 1))
        assert sum(row["rollouts/errors"] for row in rows) == 0
        assert max(row["staleness/max"] for row in rows) <= 1
        self.count_rollouts()

    def count_rollouts(self) -> None:
        import pyarrow.parquet as pq

        trained: Counter[tuple[str, str]] = Counter()
        for path in sorted((self.folder / "rollouts").glob("step-*.parquet")):
            rows = pq.read_table(path, columns=["problem_id", "completion", "advantage", "policy_version"]).to_pylist()
            assert len(rows) == 32, path
            trained.update({(path.name, row["problem_id"]) for row in rows})
        problems = Counter(problem for _, problem in trained)
        assert len(problems) == 4 * self.steps
        assert set(problems.values()) == {1}, "a problem comes back before the data ends"


@contextmanager
def running(out: Path, steps: int = STEPS, save_every: int = 2) -> Iterator[Run]:
    run = Run(out, steps, save_every)
    try:
        yield run
    finally:
        run.driver.kill()
        run.driver.wait()


@pytest.mark.whole
def test_killed_roles_come_back_and_every_step_is_done_once(tmp_path: Path) -> None:
    with running(tmp_path, save_every=6) as run:
        # The first three before there is a checkpoint; a controller that is lost costs the learners a beginning, too.
        for step, role in ((1, "learner"), (2, "engine"), (3, "verifier"), (8, "controller")):
            run.wait_for_step(step)
            run.kill(role)
        run.check()
    assert not list(tmp_path.glob("stages/rlvr-*/proof.json")), "in float32 nobody who comes back makes a bound"


@pytest.mark.slow
@pytest.mark.parametrize("role", [*ROLES, "driver"])
def test_ten_kills_of_a_role_at_random_moments(tmp_path: Path, role: str) -> None:
    """Two a run: learners are started again three times at most."""
    moments = random.Random(role)
    for steps in range(STEPS, STEPS + 5):
        with running(tmp_path, steps) as run:
            for first, last in ((1, steps // 2 - 1), (steps // 2, steps - 3)):
                run.wait_for_step(moments.randint(first, last))
                time.sleep(moments.random())
                run.kill(role)
            run.check()
