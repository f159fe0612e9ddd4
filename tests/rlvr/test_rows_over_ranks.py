"""Two ranks (gloo), rows dealt by length, train what one rank trains with all rows padded at once."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from test_rows_in_one_line import LENGTHS, batch_of, gradient, relative

RANK = """
import json, sys, torch
from pathlib import Path
from transformers import TrainerCallback
sys.path.insert(0, sys.argv[2])
from test_rows_in_one_line import LENGTHS, batch_of
from test_trl_seam import section
from temper.policy.section import LearnersSection
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.trl_seam import make_trainer

base, _, out, learners, changes = sys.argv[1:]
torch.set_num_threads(1)
torch.distributed.init_process_group("gloo")
learners = LearnersSection(ranks=2, threads=1, **json.loads(learners))
batches = [batch_of(0, LENGTHS), batch_of(1, [9])]
trainer = make_trainer(
    section(len(LENGTHS), 24, max_completion_tokens=100, steps=2, **json.loads(changes)), learners, 0,
    Path(base), Path(out) / "work", ScriptedFeed(lambda step: batches[step]),
)
kept = []

def keep():
    if learners.deepspeed == "none":
        of = {n: p.grad for n, p in trainer.model.named_parameters()}
    else:
        from deepspeed.utils import safe_get_full_grad
        of = {n: safe_get_full_grad(p) for n, p in trainer.model.named_parameters()}
    kept.append({n: None if g is None else g.detach().clone() for n, g in of.items()})

class Grab(TrainerCallback):
    # DeepSpeed steps inside of the last backward.
    def on_step_begin(self, args, state, control, **kwargs):
        engine = trainer.model_wrapped
        if learners.deepspeed != "none" and not hasattr(engine, "plain"):
            engine.plain = engine.step
            engine.step = lambda: (keep(), engine.plain())

    def on_pre_optimizer_step(self, args, state, control, **kwargs):
        if learners.deepspeed == "none":
            keep()

trainer.add_callback(Grab())
trainer.train()
lines = [line for line in trainer.state.log_history if "learner/tokens" in line]
torch.save((kept, lines), Path(out) / f"rank-{trainer.accelerator.process_index}.pt")
"""

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ddp", {}, {"objective": {"kind": "grpo", "kl": 0.3}}),
    ("ddp, lora", {}, {"objective": {"kind": "cispo"}, "lora": {"rank": 4, "alpha": 8.0}}),
    ("zero2", {"deepspeed": "zero2"}, {"objective": {"kind": "gspo"}}),
    ("zero3, checkpointing", {"deepspeed": "zero3", "gradient_checkpointing": True}, {"objective": {"kind": "mellum"}}),
    ("zero3, reference", {"deepspeed": "zero3"}, {"objective": {"kind": "dr_grpo", "kl": 0.3}}),
]


@pytest.mark.parametrize(
    ("learners", "changes"),
    [
        pytest.param(*case[1:], id=case[0], marks=pytest.mark.slow if case[0] == "zero2" else pytest.mark.whole)
        for case in CASES
    ],
)
def test_two_ranks_have_the_gradient_of_one(
    tiny_base: Path, tmp_path: Path, run_ranks: Any, monkeypatch: pytest.MonkeyPatch, learners: Any, changes: Any
) -> None:
    """A row of 80 among 8, and a step in which one rank has no row."""
    arguments = [str(tiny_base), str(Path(__file__).parent), str(tmp_path), json.dumps(learners), json.dumps(changes)]
    run_ranks(RANK, arguments, 2)
    kept, lines = torch.load(tmp_path / "rank-0.pt")
    assert len(kept) == len(lines) == 2
    for step, batch in enumerate((batch_of(0, LENGTHS), batch_of(1, [9]))):
        wanted, _ = gradient(tiny_base, tmp_path / str(step), batch, monkeypatch, True, 1000, **changes)
        found = {name: torch.zeros_like(wanted[name]) if of is None else of for name, of in kept[step].items()}
        # The second step's weights have moved by a learning rate of 1e-6.
        assert relative(found, wanted) < (1e-5 if step == 0 else 1e-3), step
    assert lines[0]["learner/micro_steps"] > 1 and lines[0]["learner/padding"] == 0.0
    assert lines[1]["learner/micro_steps"] == 1 and lines[1]["learner/padding"] > 0.0
