"""verl, verifiers and Inspect, each in a venv of its own (`make test-adapters`), call their adapter by their own code.

Each program gets the gateway's address and a file of rows, and prints what its system made of five completions: a right
one, a wrong one, a program, one that nobody can judge, and one whose verdict is an error of ours.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from served import ECHO, ECHOES, MATH, ONE, Served, does

ROOT = Path(__file__).parents[2]
VENVS = ROOT / ".venv/adapters"
UNREADABLE = {**MATH, "id": "u", "params": {"unreadable": "abstain"}, "answer": "\\frac{1}{"}
ROWS: list[tuple[dict[str, Any], str]] = [
    (MATH, "\\boxed{42}"),
    ({**MATH, "id": "w"}, "\\boxed{41}"),
    (ECHO, ECHOES),
    (UNREADABLE, "\\boxed{1}"),
    (does("broken")[0], "broken"),
]
pytestmark = pytest.mark.adapters

VERL = """
import asyncio, json, sys
import numpy as np, torch
from omegaconf import OmegaConf
from tensordict import TensorDict
from verl import DataProto
from verl.trainer.ppo.reward import load_reward_manager

path, adapter = sys.argv[1:]

class Tokenizer:  # its ids are characters
    def decode(self, ids, skip_special_tokens):
        return "".join(map(chr, ids))

reward = {"custom_reward_function": {"path": adapter, "name": "compute_score"},
          "reward_manager": {"source": "register", "name": "naive"}}
config = OmegaConf.create({"reward": reward})

async def all_of():
    manager = load_reward_manager(config, Tokenizer())
    for row, text in json.load(open(path)):
        ids = torch.tensor([[ord(c) for c in text]])
        batch = TensorDict({"responses": ids, "attention_mask": torch.ones_like(ids)}, batch_size=[1])
        told = {"data_source": row["verifier"], "reward_model": {"ground_truth": row.get("answer")},
                "extra_info": {"problem": json.dumps(row)}}
        data = DataProto(batch=batch, non_tensor_batch={k: np.array([v], dtype=object) for k, v in told.items()})
        try:
            print(json.dumps((await manager.run_single(data))["reward_score"]))
        except Exception as error:
            print(json.dumps(type(error).__name__))
        sys.stdout.flush()

asyncio.run(all_of())
"""
VERIFIERS = """
import asyncio, json, sys, tempfile
import verifiers.v1 as vf
from verifiers.v1.graph import MessageNode
from verifiers.v1.types import AssistantMessage
from temper.gateway.clients.verifiers_taskset import TemperData, TemperTaskset, TemperTasksetConfig
from verifiers.v1.trace import AgentInfo, TraceTask

path, url = sys.argv[1:]
rows = json.load(open(path))
with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
    file.write("\\n".join(json.dumps(row) for row, _ in rows))
    file.flush()
    tasks = list(TemperTaskset(TemperTasksetConfig(id="temper", path=file.name, gateway=url)))

async def all_of():
    for task, (row, text) in zip(tasks, rows, strict=True):
        assert task.key == row["id"] and task.data.prompt == row["prompt"]
        node = MessageNode(message=AssistantMessage(role="assistant", content=text), sampled=True)
        told = TraceTask(type=type(task).__name__, data=task.data, key=task.key)
        trace = vf.Trace(task=told, agent=AgentInfo.model_construct(), nodes=[node])
        try:
            await task.score(trace)
            print(json.dumps(trace.rewards["temper"].value))
        except vf.TaskError as error:
            print(json.dumps(type(error.__cause__).__name__))

asyncio.run(all_of())
"""
INSPECT = """
import json, sys
import tiktoken
# The mock model counts tokens by a table that is fetched from the net; bytes do as well.
ranks = {bytes([n]): n for n in range(256)}
BYTES = tiktoken.Encoding("bytes", pat_str="(?s).", mergeable_ranks=ranks, special_tokens={})
tiktoken.get_encoding = lambda name: BYTES
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.solver import generate
from temper.gateway.clients.inspect_scorer import sample, temper_scorer

path, url = sys.argv[1:]
rows = json.load(open(path))
for row, text in rows:
    model = get_model("mockllm/model", custom_outputs=[ModelOutput.from_content("mockllm/model", text)], memoize=False)
    task = Task(dataset=MemoryDataset([sample(row)]), solver=generate(), scorer=temper_scorer(url))
    (log,) = eval(task, model=model, display="none", log_dir=sys.argv[1] + ".logs", fail_on_error=False)
    (one,) = log.samples
    print(json.dumps(one.scores["temper_scorer"].value if one.scores else one.error.message.partition("(")[0]))
"""


def called(system: str, program: str, folder: Path, *words: str) -> list[object]:
    """What the program prints under the system's own Python."""
    python = VENVS / system / "bin/python"
    if not python.exists():
        if os.environ.get("TEMPER_REQUIRE_ADAPTERS"):
            pytest.fail(f"{python} is not there; run make test-adapters")
        pytest.skip(f"no {system}; make test-adapters installs it")
    rows = folder / "rows.json"
    rows.write_text(json.dumps(ROWS))
    done = subprocess.run(
        [python, "-W", "ignore", "-c", program, str(rows), *words], capture_output=True, text=True, check=False,
        cwd=folder, timeout=150,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT / "typings"),
             "PYTHONDONTWRITEBYTECODE": "1",
             "TEMPER_GATEWAY_TOKEN": ONE, "TEMPER_GATEWAY": words[-1], "TEMPER_PATIENCE_S": "0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line[:1] in '"0123456789']


EXPECTED = [1.0, 0.0, 1.0, "NoScoreError", "NoScoreError"]


def test_verifiers_scores_traces_of_our_taskset(gateway: Served, tmp_path: Path) -> None:
    assert called("verifiers", VERIFIERS, tmp_path, gateway.url) == EXPECTED


def test_inspect_evaluates_with_our_scorer(gateway: Served, tmp_path: Path) -> None:
    assert called("inspect", INSPECT, tmp_path, gateway.url) == EXPECTED


def test_verls_reward_manager_loads_and_calls_our_score(gateway: Served, tmp_path: Path) -> None:
    adapter = tmp_path / "score.py"
    adapter.write_bytes((ROOT / "gateway/clients/verl.py").read_bytes())
    program = f"import os; os.environ['TEMPER_GATEWAY'] = {gateway.url!r}\n{VERL}"
    assert called("verl", program, tmp_path, str(adapter)) == EXPECTED
