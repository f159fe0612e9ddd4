"""LoRA: adapters alone are trained and pushed, and the engine computes with the weights that they amount to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerCallback

from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes, trained_weights, weights_of
from temper.policy.lora import adapted_copy
from temper.policy.section import LearnersSection, LoraSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.policy.training import save_final
from temper.rlvr.batches.dealing import Share, shares
from temper.rlvr.engines.engine import EngineError, TokenRow
from temper.rlvr.engines.gathered import Gathered
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.proof import FunctionProof, Probe, Probed, differences
from temper.rlvr.rollout import Batch, BatchRow
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import make_trainer, train

LORA = LoraSection(rank=4, alpha=8.0)
ROWS: list[TokenRow] = [((40, 41, 42), (80, 81, 82, 83)), ((50, 51), (90, 91)), ((60, 61, 62), (100, 101, 102))]
ROWS.append(((70,), (110,)))
WIDTH = 16
"""Of an expert of the tiny base, whose hidden states have 32 dimensions."""
ADVANTAGES = (1.0, -0.5, 0.25, -0.75)


def section(steps: int, **changes: Any) -> RlvrSection:
    return RlvrSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),),
            "steps": steps,
            "problems_per_step": 1,
            "group_size": 4,
            "max_prompt_tokens": 8,
            "max_completion_tokens": 8,
            "schedule": ScheduleSection(learning_rate=1e-2, decay="constant"),
            "lora": LORA,
            **changes,
        }
    )


class Engine:
    """A controller's part of a step: takes each push, proves it, and answers with the same rows under its logprobs."""

    def __init__(self, base: Path, lora: LoraSection | None = LORA) -> None:
        model = load_model(base)
        adapted = adapted_copy(lora, model) if lora else None
        self.engine = TransformersEngine(model, load_tokenizer(base), batch=4, adapted=adapted)
        self.sent: list[dict[str, str]] = []
        self.gaps: list[tuple[float, float]] = []
        self.probe: Probe = Probed((), ())

    def push(self, weights: Mapping[str, torch.Tensor], version: int, probe: Probe) -> None:
        self.sent.append(tensor_hashes(weights))
        self.probe = probe
        assert self.engine.push(weights, version) == self.sent[-1]
        self.gaps.append(FunctionProof().prove(probe, [self.engine.logprobs(probe.rows)], version))

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share:
        logprobs = self.engine.logprobs(ROWS)
        rows = [BatchRow(p, c, lps, a, True) for (p, c), lps, a in zip(ROWS, logprobs, ADVANTAGES, strict=True)]
        batch = Batch(step, tuple(rows), sum(len(completion) for _, completion in ROWS))
        return shares(batch, ranks, budget)[rank]

    def told(self, step: int) -> dict[str, float]:
        return {}

    def save(self, path: Path) -> None:
        path.write_bytes(b"")

    def restore(self, saved: Path | None) -> None:
        pass


def test_the_gradient_is_the_full_ones_through_the_adapters_and_reaches_nothing_else(
    tiny_base: Path, tmp_path: Path
) -> None:
    """W = W_base + s B A, so dL/dB = s dL/dW A^T, for each expert of a stack; B begins at 0, so dL/dA = 0."""

    class Grab(TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            model = kwargs["model"]
            model = model.get_base_model() if hasattr(model, "peft_config") else model
            self.model = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
            self.gradient = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    def grabbed(lora: LoraSection | None) -> Grab:
        feed, grab = Engine(tiny_base, lora), Grab()
        changed = section(1, lora=lora, max_grad_norm=1e9)
        work = tmp_path / str(lora is None)
        trainer = make_trainer(changed, LearnersSection(threads=1), 0, tiny_base, work, feed)
        trainer.add_callback(grab)
        trainer.train()
        return grab

    full, low = grabbed(None).gradient, grabbed(LORA)
    scale = LORA.alpha / LORA.rank
    for name, found in low.gradient.items():
        assert ".lora_" in name
        if ".lora_A." in name:
            assert not found.any()
            continue
        a = low.model[name.replace("lora_B", "lora_A")]
        if ".experts." in name:
            weight = "down_proj" if a.shape[-1] == WIDTH else "gate_up_proj"
            whole = full[name.partition("experts.")[0] + f"experts.{weight}"]
            wanted = torch.einsum("eoi,eri->ore", whole, a.view(len(whole), -1, a.shape[-1])).reshape(found.shape)
        else:
            wanted = full[name.replace("lora_B.default.", "")] @ a.T
        assert float((found - scale * wanted).abs().max()) < 1e-6, name
    assert sum(float(found.abs().max()) > 1e-6 for found in low.gradient.values()) == len(low.gradient) // 2


def test_twenty_pushes_of_adapters_are_proven(tiny_base: Path, tmp_path: Path) -> None:
    feed = Engine(tiny_base)
    trainer = make_trainer(section(20), LearnersSection(threads=1), 0, tiny_base, tmp_path, feed)
    trainer.train()
    assert len(feed.gaps) == 20
    assert max(mean for mean, _ in feed.gaps) < 1e-5 and max(largest for _, largest in feed.gaps) < 1e-4
    assert all(".lora_" in name for sent in feed.sent for name in sent)
    base = load_model(tiny_base)
    assert trained_weights(feed.engine.adapted).keys() == feed.sent[0].keys()
    fresh = TransformersEngine(base, load_tokenizer(tiny_base), batch=4).logprobs(feed.probe.rows)
    assert differences(feed.probe.logprobs, fresh)[0] > 0.01, "the adapters moved nothing that could be seen"
    # The engine with the last adapters says what the checkpoint says that they were merged into.
    model = trainer.model.get_base_model()
    feed.engine.push(Gathered(model, torch.float32), 20)
    save_final(trainer, tiny_base, tmp_path / "out")
    merged = TransformersEngine(load_model(tmp_path / "out"), load_tokenizer(tmp_path / "out"), batch=4)
    assert differences(merged.logprobs(feed.probe.rows), feed.engine.logprobs(feed.probe.rows))[1] < 1e-5
    final, held = weights_of(merged.model), weights_of(feed.engine.model)
    assert all(tensor.equal(held[name]) for name, tensor in final.items())


@pytest.mark.parametrize("spoil", ["stale", "expert"])
def test_a_wrong_merge_is_caught(tiny_base: Path, tmp_path: Path, spoil: str) -> None:
    """The adapters arrive, so their hashes agree: the weights made of them do not."""
    feed = Engine(tiny_base)
    merge, base = feed.engine._merge, load_model(tiny_base)
    name = "model.layers.2.mlp.experts.down_proj"

    def spoiled(adapted: Any) -> None:
        if feed.gaps and spoil == "stale":
            return
        merge(adapted)
        if len(feed.gaps) == 10 and spoil == "expert":
            weights_of(feed.engine.model)[name][3] = weights_of(base)[name][3]

    feed.engine._merge = spoiled  # type: ignore[method-assign]
    trainer = make_trainer(section(20), LearnersSection(threads=1), 0, tiny_base, tmp_path, feed)
    version = 1 if spoil == "stale" else 10
    with pytest.raises(EngineError, match=f"push of version {version}: engine and trainer differ on the probe"):
        trainer.train()


def test_the_reference_is_the_model_without_adapters(tiny_base: Path, tmp_path: Path) -> None:
    feed = Engine(tiny_base)
    changed = section(3, objective={"kind": "mellum", "kl": 0.1})
    trainer = make_trainer(changed, LearnersSection(threads=1), 0, tiny_base, tmp_path, feed)
    trainer.train()
    share = feed.take(3, 0, 1, 1000)
    found = trainer._tensors(share.micro_batches[0], share, 0)
    ids_BT, mask_BT = (
        torch.cat([found[f"prompt_{kind}"], found[f"completion_{kind}"]], dim=1) for kind in ("ids", "mask")
    )
    reference_BT = trainer._reference(ids_BT, mask_BT, 4)["ref_per_token_logps"]
    own_BT = trainer._get_per_token_logps_and_entropies(trainer.model, ids_BT, mask_BT, 4)[0]
    base = TransformersEngine(load_model(tiny_base), load_tokenizer(tiny_base), batch=4).logprobs(ROWS)
    wanted = torch.zeros(len(ROWS), 4)
    for row, logprobs in zip(wanted, base, strict=True):
        row[: len(logprobs)] = torch.tensor(logprobs)
    mask = found["completion_mask"]
    assert float(((reference_BT - wanted) * mask).abs().max()) < 1e-5
    assert float(((own_BT.detach() - wanted) * mask).abs().max()) > 0.1


def test_a_resumed_training_ends_as_the_uninterrupted_one(tiny_base: Path, tmp_path: Path) -> None:
    def trained(out: Path) -> tuple[Engine, dict[str, str]]:
        feed = Engine(tiny_base)
        train(
            section(3, save_every=2), LearnersSection(threads=1), 0, tiny_base, tmp_path / "work", out, feed,
            torch.float32, merged=False, report=lambda step, metrics: None,
        )  # fmt: skip
        return feed, tensor_hashes(weights_of(load_model(out)))

    whole, final = trained(tmp_path / "whole")
    assert final.keys() == weights_of(load_model(tiny_base)).keys()
    # The last checkpoint is of step 2: its push and the third step are made again.
    resumed, again = trained(tmp_path / "resumed")
    assert resumed.sent == whole.sent[2:]
    assert again == final


def test_an_engine_without_adapters_is_sent_the_weights_that_they_amount_to(tiny_base: Path, tmp_path: Path) -> None:
    feed = Engine(tiny_base, lora=None)
    trainer = make_trainer(
        section(3), LearnersSection(threads=1), 0, tiny_base, tmp_path, feed, merged=True
    )  # fmt: skip
    trainer.train()
    assert feed.sent[0] == tensor_hashes(weights_of(load_model(tiny_base)))
    moved = {name for name, found in feed.sent[2].items() if found != feed.sent[0][name]}
    assert len(moved) == 4 * (4 + 2) and max(largest for _, largest in feed.gaps) < 1e-4
