"""A run over three machines: what a node lacks is named before anything starts; a node that dies or is cut off costs
the steps since the last checkpoint, or, where it stays away, ends the run with what is missing."""

import contextlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import PORT, Machine, machines, sh

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces are made by root")
STEPS = 14
SMALL = [
    "base.train=null", "sft.steps=4", f"rlvr.steps={STEPS}", "rlvr.problems_per_step=4", "rlvr.save_every=2",
    "rlvr.max_completion_tokens=24", "rlvr.schedule.warmup_steps=0", "rlvr.max_staleness=1", "rlvr.max_empty_share=1",
    "stages=[extend, sft, rlvr]", "sandbox.kind=local", "cluster.verifiers=1", "cluster.verifier_resource=reward",
]  # fmt: skip
LEARNS, SAMPLES, JUDGES = {"CPU": 1.0}, {"CPU": 1.0}, {"CPU": 2.0, "reward": 1.0}
"""One place a machine for learner and engine; which has which is Ray's to say. The third has one to spare: learners
that start again while it is on its way back may take a place there before the verifier does, which has no other."""


@pytest.fixture
def token(tmp_path: Path) -> dict[str, str]:
    """What all nodes are started with."""
    path = tmp_path / "token"
    path.write_text("a" * 40)
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(path)}


class Driver:
    """`temper run` on the first machine, the same again with each `start`. It is told where the token lies, and not to
    use it."""

    def __init__(
        self, out: Path, machine: Machine, token: dict[str, str], *more: str, stage: str = "rlvr", steps: int = STEPS
    ) -> None:
        self.folder, self.machine, self.stage, self.steps = out / "tiny-instruct", machine, stage, steps
        self.environment = {"RAY_AUTH_TOKEN_PATH": token["RAY_AUTH_TOKEN_PATH"]}
        words = [word for override in (*SMALL, *more) for word in ("--set", override)]
        address = f"{machine.address}:{PORT}"
        self.command = ["temper", "run", "temper:tiny/instruct", "--out", str(out), "--address", address, *words]

    def start(self) -> None:
        self.process = self.machine.run(self.command, self.environment)

    def rows(self) -> list[dict[str, float]]:
        path = self.folder / "metrics.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [row for row in map(json.loads, lines) if row["stage"] == self.stage]

    def wait_for_step(self, step: int) -> None:
        until = time.monotonic() + 300
        while not any(row["step"] >= step for row in self.rows()):
            assert self.process.poll() is None and time.monotonic() < until, self.machine.said()
            time.sleep(0.1)

    def wait(self, code: int, limit_s: float = 400) -> str:
        """What was said when it ended so."""
        assert self.process.wait(timeout=limit_s) == code, self.machine.said()
        return self.machine.said()

    def check(self) -> None:
        """Every step once, no rollout twice, no error of ours."""
        import pyarrow.parquet as pq

        rows = self.rows()
        assert [row["step"] for row in rows] == list(range(1, self.steps + 1))
        if self.stage != "rlvr":
            return
        assert sum(row["rollouts/errors"] for row in rows) == 0
        seen: Counter[tuple[str, str]] = Counter()
        for path in sorted((self.folder / "rollouts").glob("step-*.parquet")):
            problems = pq.read_table(path, columns=["problem_id"]).column("problem_id").to_pylist()
            seen.update({(path.name, problem) for problem in problems})
        assert len(seen) == len({problem for _, problem in seen}) == 4 * STEPS


@contextlib.contextmanager
def cluster(
    folder: Path, token: dict[str, str], hidden: dict[int, Path] | None = None,
    places: tuple[dict[str, float], ...] = (LEARNS, SAMPLES, JUDGES),
) -> Iterator[list[Machine]]:  # fmt: skip
    with machines(folder, *places, hidden=hidden) as three:
        for machine in three:
            machine.start(token)
        yield three


@pytest.mark.whole
def test_what_a_node_lacks_is_named_before_the_first_stage(
    tmp_path: Path, token: dict[str, str], tiny_base: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(tiny_base, base)
    with cluster(tmp_path, token, hidden={3: base}) as (head, _, last):
        driver = Driver(tmp_path / "out", head, token, f"base={{kind: folder, path: {base}}}")
        driver.start()
        said = driver.wait(2)
        assert f"cluster: node {last.address}: " in said
        assert f"no config.json, got '{base}'; " in said
        assert "put it there, or on storage that all nodes share" in said
        assert f"node {head.address}: " not in said
        assert not list((tmp_path / "out").glob("stages/*")), "nothing was begun"
        wrong = tmp_path / "wrong"
        wrong.write_text("b" * 40)
        driver = Driver(tmp_path / "out", head, {"RAY_AUTH_TOKEN_PATH": str(wrong)})
        driver.start()
        assert "--address: the cluster refuses the token of this process" in driver.wait(2)


@pytest.mark.slow
def test_a_run_outlives_a_node_that_dies_and_one_that_is_cut_off(tmp_path: Path, token: dict[str, str]) -> None:
    with cluster(tmp_path, token) as (head, middle, last):
        driver = Driver(tmp_path / "out", head, token, "cluster.placement=spread")
        driver.start()
        driver.wait_for_step(3)
        last.kill()
        last.start(token)
        driver.wait_for_step(6)
        middle.cut()
        time.sleep(30)
        middle.join()
        _again_where_ray_has_ended(middle, token, driver)
        driver.wait(0)
        driver.check()


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["kill", "cut"])
def test_verifiers_that_stay_away_end_the_run_with_what_is_missing(
    tmp_path: Path, token: dict[str, str], loss: str
) -> None:
    with cluster(tmp_path, token) as three:
        driver = Driver(tmp_path / "out", three[0], token, "cluster.lost_s=30")
        driver.start()
        driver.wait_for_step(3)
        getattr(three[2], loss)()
        said = driver.wait(1, limit_s=120)
        # Till Ray has given the node up it still offers what it had.
        assert "no node offers 'reward'" in said or "0 of 'reward' are free" in said or "does not answer" in said
        three[2].kill()
        three[2].join()
        three[2].start(token)
        driver.start()
        driver.wait(0)
        driver.check()


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["kill", "cut"])
def test_engine_or_learner_goes_on_elsewhere_where_its_node_stays_away(
    tmp_path: Path, token: dict[str, str], loss: str
) -> None:
    """A place a machine, so that the second one has the engine or the learner; a fourth one comes in its stead."""
    with machines(tmp_path, LEARNS, SAMPLES, {"CPU": 1.0, "reward": 1.0}, LEARNS) as four:
        for machine in four[:3]:
            machine.start(token)
        driver = Driver(tmp_path / "out", four[0], token, "cluster.placement=spread")
        driver.start()
        driver.wait_for_step(3)
        assert four[1].runs("EngineProcess") or four[1].runs("RayTrainWorker")
        getattr(four[1], loss)()
        four[3].start(token)
        driver.wait(0)
        driver.check()
        told = driver.machine.said() + (driver.folder / "logs" / "controller.log").read_text()
        assert "starting another engine" in told or "start again from the last checkpoint" in told


@pytest.mark.slow
def test_the_death_of_the_head_is_a_kill_of_the_run(tmp_path: Path, token: dict[str, str]) -> None:
    with cluster(tmp_path, token) as three:
        driver = Driver(tmp_path / "out", three[0], token)
        driver.start()
        driver.wait_for_step(3)
        three[0].kill()
        driver.process.wait(timeout=60)
        for machine in three:
            machine.kill()
        for machine in three:
            machine.start(token)
        driver.start()
        driver.wait(0)
        driver.check()


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["kill", "cut"])
def test_sft_outlives_the_node_of_a_rank(tmp_path: Path, token: dict[str, str], loss: str) -> None:
    """Two ranks on three machines, so that there is a place for one whose machine is gone."""
    with cluster(tmp_path, token, places=(LEARNS, LEARNS, LEARNS)) as three:
        sets = [
            "stages=[extend, sft]", "cluster.sft.ranks=2", "sft.packs_per_micro_batch=4", "sft.steps=120",
            "sft.save_every=10",
        ]  # fmt: skip
        driver = Driver(tmp_path / "out", three[0], token, *sets, stage="sft", steps=120)
        driver.start()
        driver.wait_for_step(25)
        lost = next(machine for machine in three[1:] if machine.runs("RayTrainWorker"))
        getattr(lost, loss)()
        if loss == "cut":
            time.sleep(30)
            lost.join()
        driver.wait(0)
        driver.check()
        assert "start again from the last checkpoint" in driver.machine.said()


def _again_where_ray_has_ended(machine: Machine, token: dict[str, str], driver: Driver) -> None:
    """Ray ends on a node that its head gave up; whoever started it starts it again (Slurm's and Kubernetes' way)."""
    until = time.monotonic() + 60
    while driver.process.poll() is None and time.monotonic() < until:
        if not sh("ip", "netns", "pids", machine.name).split():
            machine.start(token)
            return
        time.sleep(1)
