"""The page on clusters: its start files say what Ray and `temper` understand, and its simulator does what can be worked
out by hand."""

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from temper.pipeline.cli import _parser
from temper.pipeline.loading import load
from temper.policy.section import ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.section import RlvrSection

ROOT = Path(__file__).parents[1]
SLURM, KUBERAY = ROOT / "docs/cluster/slurm.sh", ROOT / "docs/cluster/kuberay.yaml"


def slurm_commands(name: str) -> list[list[str]]:
    """The words of each call of `name` in the file, a stand-in for every variable."""
    text = re.sub(r"\\\n\s*", " ", SLURM.read_text())
    text = text.replace('"$places"', "'" + str(re.findall(r"places='(.*)'", text)[0]) + "'")
    text = re.sub(r'"?\$\{?[^}\s"]+\}?(:\$port)?"?', "8", text.replace('"$recipe"', "temper:mellum2/instruct"))
    found = [
        re.split(rf"(?<=\s){name} ", line)[1] for line in text.splitlines() if re.match(rf"\s*srun .*\s{name} ", line)
    ]
    return [shlex.split(line.removesuffix("&")) for line in found]


def test_the_slurm_file_is_sound_bash() -> None:
    assert not subprocess.run(["bash", "-n", SLURM], capture_output=True, text=True, check=True).stderr
    assert "set -euo pipefail" in SLURM.read_text()


def test_both_files_call_temper_as_it_is_called() -> None:
    (run,) = slurm_commands("temper")
    entry = shlex.split(yaml.safe_load(KUBERAY.read_text())["spec"]["entrypoint"])
    assert entry.pop(0) == "temper"
    for words in (run, entry):
        options = _parser().parse_args(words)
        assert options.address == "auto"
        assert options.recipes == ["temper:mellum2/instruct"]


def test_ray_knows_every_option_of_the_start_files() -> None:
    from ray.scripts.scripts import start

    known = {option.lstrip("-") for parameter in start.params for option in parameter.opts}
    head, others = slurm_commands("ray start")
    assert "--head" in head and "--head" not in others
    asked = [word.lstrip("-").partition("=")[0] for word in (*head, *others) if word.startswith("--")]
    ray = yaml.safe_load(KUBERAY.read_text())["spec"]["rayClusterSpec"]
    for group in (ray["headGroupSpec"], *ray["workerGroupSpecs"]):
        asked += group["rayStartParams"]
    assert len(asked) > 6 and set(asked) <= known


@pytest.mark.parametrize("name", ["instruct", "thinking"])
def test_the_nodes_have_what_the_shipped_recipes_take(name: str) -> None:
    cluster = load(f"temper:mellum2/{name}").recipe.cluster
    gpus = cluster.rlvr.ranks * cluster.rlvr.gpus + cluster.engines * cluster.engine_gpus
    ray = yaml.safe_load(KUBERAY.read_text())["spec"]["rayClusterSpec"]
    offered, sandboxes = 0, 0.0
    for group in ray["workerGroupSpecs"]:
        (container,) = group["template"]["spec"]["containers"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in group["template"]["spec"]["volumes"]} and "shared" in mounted
        offered += group["replicas"] * container["resources"]["limits"].get("nvidia.com/gpu", 0)
        places = json.loads(json.loads(group["rayStartParams"].get("resources", '"{}"')))
        sandboxes += group["replicas"] * places.get("sandbox", 0)
    assert offered >= gpus and sandboxes >= cluster.verifiers
    given = dict(re.findall(r"#SBATCH --([\w-]+)=(\S+)", SLURM.read_text()))
    assert int(given["nodes"]) * int(given["gpus-per-node"]) >= gpus
    (head, _) = slurm_commands("ray start")
    (places,) = [json.loads(word.partition("=")[2]) for word in head if word.startswith("--resources=")]
    assert int(given["nodes"]) * places["sandbox"] >= cluster.verifiers


@pytest.fixture(scope="module")
def simulator() -> Any:
    spec = importlib.util.spec_from_file_location("cluster_bench", ROOT / "benchmarks/cluster.py")
    assert spec and spec.loader
    module = sys.modules["cluster_bench"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(staleness: int, steps: int = 12) -> RlvrSection:
    return RlvrSection(
        data=(GeneratedRows(rows=1),), steps=steps, problems_per_step=4, group_size=4, max_prompt_tokens=8,
        max_completion_tokens=1000, schedule=ScheduleSection(learning_rate=1e-6), max_staleness=staleness,
    )  # fmt: skip


def spent(simulator: Any, staleness: int, train: float, push: float = 0.0, rows: int = 64, engines: int = 1) -> Any:
    """Every completion has 1,000 tokens (the cap of a far larger mean) at 0.1 s each: 100 s when none waits."""
    costs = simulator.Costs(
        train_s=train, push_s=push, take_s=0.0, decode_s=0.1, experts_s=0.0, chosen=0.0, key_s=0.0, prefill=1e12,
        rows=rows, full=1, windowed=0, window=0.0,
    )  # fmt: skip
    return simulator.Run(section(staleness), engines, costs, 1e9, 0.1, tick_s=1.0).simulate()


@pytest.mark.parametrize(
    ("staleness", "train", "push", "expected"),
    [
        (0, 50.0, 0.0, 150.0),  # one after the other
        (1, 300.0, 0.0, 300.0),  # generated meanwhile
        (1, 300.0, 40.0, 340.0),  # nobody works during a push
        (2, 10.0, 0.0, 36.7),  # the longest of (100 + train) / 3 versions
    ],
)
def test_a_step_takes_what_can_be_worked_out(
    simulator: Any, staleness: int, train: float, push: float, expected: float
) -> None:
    found = spent(simulator, staleness, train, push)
    assert found.step_s == pytest.approx(expected, abs=5) and found.stale == 0
    assert found.waits_s == pytest.approx(max(0.0, expected - train - push), abs=6)


def test_engines_share_what_is_asked(simulator: Any) -> None:
    """16 completions a step, 4 at a time: 400 s on one engine, 200 on two, and the learner hides behind them."""
    assert spent(simulator, 2, 10.0, rows=4).step_s == pytest.approx(400, rel=0.05)
    two = spent(simulator, 2, 10.0, rows=4, engines=2)
    assert two.step_s == pytest.approx(200, rel=0.05) and two.tokens_s == pytest.approx(40, rel=0.15)


def test_a_decoding_step_reads_the_keys_that_are_kept(simulator: Any) -> None:
    """Two full layers and three of a window of 100: 2 x 500 + 3 x 100 keys of a prompt, at 0.001 s a key."""
    costs = simulator.Costs(
        train_s=1, push_s=0, take_s=0, decode_s=0.2, experts_s=0.0, chosen=0.0, key_s=0.001, prefill=1000, rows=2,
        full=2, windowed=3, window=100,
    )  # fmt: skip
    engines = simulator.Engines(2, costs)
    engines.submit(7, np.array([10.0]))
    assert list(engines.begun()) == [7] and engines.step(3.0) == [] and engines.decoded == pytest.approx(3.0 / 1.5)
    engines.pushed()
    assert engines.stalled.tolist() == [pytest.approx(0.502), 0.0]
    assert engines.step(30.0) == [7] and engines.load.tolist() == [0, 0]


def test_the_shipped_recipes_are_the_first_line(simulator: Any) -> None:
    for name in ("instruct", "thinking"):
        recipe = load(f"temper:mellum2/{name}").recipe
        assert recipe.rlvr
        first = simulator.clusters(name)[0]
        known = (recipe.cluster.rlvr.ranks, recipe.cluster.engines, recipe.rlvr.max_staleness)
        assert (first.learners, first.engines, first.staleness) == known
        costs = simulator.costs_of(recipe, recipe.rlvr, 2500.0, "store")
        assert costs.push_s == pytest.approx(170, rel=0.01) and 10 < costs.train_s < 20
        assert simulator.costs_of(recipe, recipe.rlvr, 2500.0, "group").push_s == pytest.approx(2.95, rel=0.01)
