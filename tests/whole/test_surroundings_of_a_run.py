"""A run in the worst surroundings is the run in good ones: the same weights to the bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = [
    "base.train=null", "sft.steps=2", "sft.packs_per_micro_batch=8", "sft.data.0.rows=400", "stages=[extend, sft]",
    "sandbox.kind=local",
]  # fmt: skip
HARMFUL = {
    "ACCELERATE_MIXED_PRECISION": "bf16", "ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "3", "WORLD_SIZE": "8", "RANK": "3",
    "ACCELERATE_USE_FSDP": "true", "MASTER_ADDR": "10.255.255.1", "MASTER_PORT": "1", "LOCAL_RANK": "2",
    "RAY_ADDRESS": "10.255.255.1:6379", "RAY_REDIS_ADDRESS": "10.255.255.1:6379", "RAY_TRAIN_V2_ENABLED": "0",
    "RAY_JOB_CONFIG_JSON_ENV_VAR": '{"runtime_env": {"env_vars": {"TOKENIZERS_PARALLELISM": "true"}}}',
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0",
}  # fmt: skip


def hashes(folder: Path, environment: dict[str, str]) -> dict[str, dict[str, str]]:
    from temper.policy.checkpoint import load_model, tensor_hashes, weights_of

    program = str(Path(sys.executable).with_name("temper"))
    words = [program, "run", "temper:tiny/instruct", "--out", "out", *(w for o in SMALL for w in ("--set", o))]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    summary = json.loads((folder / "out/tiny-instruct/summary.json").read_text())
    return {name: tensor_hashes(weights_of(load_model(path))) for name, path in summary["checkpoints"].items()}


@pytest.mark.slow
def test_a_run_in_the_worst_surroundings_is_the_run_in_good_ones(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "b\u00f6se"
    for folder in (good, bad):
        folder.mkdir()
    for name in ("torch", "datasets", "ray", "random", "tokenizers", "trl"):
        (bad / f"{name}.py").write_text("raise ImportError('a file of the folder that the run was started in')\n")
    long = tmp_path / "t" / ("x" * 100)
    long.mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "LANG")}
    assert hashes(bad, {**environment, **HARMFUL, "TMPDIR": str(long)}) == hashes(good, dict(os.environ))
    assert not (bad / "~").exists()
