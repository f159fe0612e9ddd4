"""Controller, engine and learner together: each token that is trained went through the experts that the engine told."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from controllers import MADE
from test_trl_seam import section

from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes
from temper.policy.section import LearnersSection
from temper.rlvr.batches.dealing import Share
from temper.rlvr.controller import Controller
from temper.rlvr.doubles import ScriptedFeed, ScriptedVerifiers
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.proof import Probe
from temper.rlvr.pushes import Pushes
from temper.rlvr.rollout import BatchRow, Sampling
from temper.rlvr.trl_seam import make_trainer
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored

PROBLEMS = [Problem(id=f"p{i}", prompt="?", verifier="math", answer="1") for i in range(4)]
CHANGES = {
    "steps": 3, "problems_per_step": 2, "max_prompt_tokens": 16, "max_completion_tokens": 24, "max_empty_share": 1,
    "schedule": {"learning_rate": 1e-2, "decay": "constant"}, "router_replay": True,
}  # fmt: skip


class Feed(ScriptedFeed):
    """The controller in the learner's own process; the rows that were taken are kept."""

    def __init__(self, controller: Controller) -> None:
        self.controller, self.rows = controller, list[BatchRow]()

    def push(self, weights: Mapping[str, torch.Tensor], version: int, probe: Probe) -> None:
        self.controller.push(weights, version, tensor_hashes(weights), probe)

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share:
        share = self.controller.share(step, rank, ranks, budget)
        assert share is not None
        self.rows += [row for rows in share.micro_batches for row in rows]
        return share


@pytest.mark.parametrize("staleness", [0, 1])
def test_the_learner_routes_as_the_engine_did_on_every_token_of_a_run(
    tiny_base: Path, tmp_path: Path, staleness: int
) -> None:
    """At staleness 1 the weights have moved since a token was sampled, and its experts have not."""
    engine = TransformersEngine(load_model(tiny_base), load_tokenizer(tiny_base), 8)
    asked = section(4, **CHANGES, max_staleness=staleness)
    # Of 24 tokens one in four ends a completion, so that some are in the loss.
    sampling = Sampling(1.0, 24, stop_ids=tuple(range(100, 200)), experts=True)
    controller = Controller(
        asked, 0, PROBLEMS, lambda problem: tuple(range(40, 44 + int(problem.id[1:]))), sampling, Pushes(engine),
        ScriptedVerifiers(lambda problem, text: Judgement(scored(float(len(text) % 2)))), lambda step, groups: None,
    )  # fmt: skip
    MADE.append(controller)
    feed = Feed(controller)
    trainer = make_trainer(asked, LearnersSection(threads=1), 0, tiny_base, tmp_path, feed)
    used: list[torch.Tensor] = []

    def keep(module: object, given: tuple[torch.Tensor, ...]) -> None:
        if torch.is_grad_enabled():
            used.append(given[1])

    for layer in trainer.model.model.layers:
        layer.mlp.experts.register_forward_pre_hook(keep)
    trainer.train()
    lines = [torch.stack(used[i : i + 4], 1).numpy() for i in range(0, len(used), 4)]
    trained, first, tokens = np.concatenate(lines), 0, 0
    for row in feed.rows:
        length = len(row.prompt_tokens) + len(row.completion_tokens)
        assert len(row.experts) == (length - 1 if row.in_loss else 0)
        told = row.experts.array if row.in_loss else np.zeros((0, *trained.shape[1:]))
        assert np.array_equal(trained[first : first + len(told)], told)
        first += length
        tokens += len(row.experts)
    assert first == len(trained) and tokens > 100
    for line in trainer.state.log_history[:3]:
        # Which versions a step's tokens are of is for the clock to say at staleness 1.
        assert line["router_replay/differ"] == 0.0 or line["staleness/max"] > 0
