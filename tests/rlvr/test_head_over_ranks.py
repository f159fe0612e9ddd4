"""Two ranks (gloo) train the head on dealt rollouts as one rank does, and a resumed training is the one that was not
killed. Nothing is clipped: DeepSpeed's norm is that of policy and head together."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from test_rows_in_one_line import LENGTHS

from temper.policy.checkpoint import load_model, load_tokenizer, save, tensor_hashes, weights_of
from temper.policy.mtp import attach_mtp, of_head

RANK = """
import json, sys, torch
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_rows_in_one_line import LENGTHS, batch_of
from test_trl_seam import section
from temper.policy.section import LearnersSection
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.trl_seam import train

base, _, work, out, ranks, zero = sys.argv[1:]
torch.set_num_threads(1)
if int(ranks) > 1:
    torch.distributed.init_process_group("gloo")
feed = ScriptedFeed(lambda step: batch_of(step, LENGTHS if step != 1 else [9]))
lines = []
train(
    section(
        len(LENGTHS), 24, max_completion_tokens=100, steps=3, save_every=2, mtp={"learning_rate": 1e-2},
        schedule={"learning_rate": 1e-3, "decay": "constant"}, max_grad_norm=1e9,
    ),
    LearnersSection(ranks=int(ranks), threads=1, deepspeed=zero), 0, Path(base), Path(work), Path(out), feed,
    torch.float32, False, lambda step, line: lines.append(line), with_head=True,
)
if feed.pushed:
    pushed = {version: sorted(weights) for version, weights in feed.pushed.items()}
    print(json.dumps({"head": [line["mtp/loss"] for line in lines], "pushed": pushed}))
"""


@pytest.mark.parametrize(
    "zero", [pytest.param("none", marks=pytest.mark.whole), pytest.param("zero3", marks=pytest.mark.slow)]
)
def test_two_ranks_train_the_head_that_one_rank_trains(
    tiny_base: Path, tmp_path: Path, run_ranks: Any, zero: str
) -> None:
    model = load_model(tiny_base)
    attach_mtp(model, tiny_base)
    base = tmp_path / "base"
    save(model, load_tokenizer(tiny_base), base)

    def trained(ranks: int, zero: str, out: str) -> tuple[dict[str, Any], Path]:
        folder = tmp_path / out
        where = [str(base), str(Path(__file__).parent), str(tmp_path / f"work-{ranks}"), str(folder)]
        said = run_ranks(RANK, [*where, str(ranks), zero], ranks)
        return json.loads(next(line for line in said[0].splitlines() if line.startswith('{"head"'))), folder

    one, single = trained(1, "none", "single")
    two, shared = trained(2, zero, "shared")
    again, resumed = trained(2, zero, "resumed")
    assert len(LENGTHS) > 2 and len(one["head"]) == 3
    assert two["head"] == pytest.approx(one["head"], rel=1e-4)
    names = set(weights_of(model))
    assert all(set(pushed) == names for said in (one, two, again) for pushed in said["pushed"].values())
    assert any(map(of_head, names)) and again["head"][2] == two["head"][2]
    wanted, found = weights(single), weights(shared)
    for name, of_one in wanted.items():
        # Adam makes a whole step of a gradient that is next to nothing, so signs of rounding show there.
        far = (found[name] - of_one).abs() > 1e-3
        assert float(far.float().mean()) < 0.02, name
    assert tensor_hashes(weights(resumed)) == tensor_hashes(found)


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    model = load_model(checkpoint)
    attach_mtp(model, checkpoint)
    return weights_of(model)
