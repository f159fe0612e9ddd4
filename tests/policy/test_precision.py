"""What a training computes in: what cannot be is refused by name, bfloat16 runs on a CPU, fp8 by emulation."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from temper.policy.attention import attend_by_document
from temper.policy.checkpoint import load_model, load_tokenizer, save, tensor_hashes, weights_of
from temper.policy.mtp import attach_mtp
from temper.policy.optim.precision import compute_in_fp8, computed_in, lacking, unfit
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.policy.training import trainer_arguments
from temper.sft.loss import RouterLoss, add_pack_loss
from temper.sft.masks import Sample
from temper.sft.packing import Counts, pack, write_packs
from temper.sft.section import SftSection
from temper.sft.train import train
from temper.sft.trainer import Collator

CPU, GPU = LearnersSection(threads=1), LearnersSection(gpus=1)


def documents() -> list[Sample]:
    draw = torch.Generator().manual_seed(0)
    starts = torch.randint(40, 300, (24,), generator=draw).tolist()
    return [Sample(tuple(range(start, start + 40)), (True,) * 40) for start in starts]


def section(**changes: Any) -> SftSection:
    return SftSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 4, "pack_tokens": 80, "packs_per_step": 3,
            "schedule": ScheduleSection(learning_rate=5e-3, decay="constant"), **changes,
        }
    )  # fmt: skip


def test_a_recipe_that_says_nothing_computes_in_bfloat16_on_gpus_alone(tmp_path: Path) -> None:
    assert [computed_in(None, of) for of in (CPU, GPU)] == ["float32", "bfloat16"]
    assert computed_in("float32", GPU) == "float32"
    for precision, learners, rounds in ((None, CPU, False), (None, GPU, True), ("float32", GPU, False)):
        whole = learners.model_copy(update={"deepspeed": "zero2"})
        said = trainer_arguments(tmp_path, section().schedule, section().optimizer, whole, 0, precision)  # type: ignore[arg-type]
        assert said["bf16"] == said["deepspeed"]["bf16"]["enabled"] == rounds


def test_what_cannot_be_computed_is_refused_with_its_reason(tiny_base: Path, tmp_path: Path) -> None:
    assert "compute capability 8.9 or more, got learners on the CPU" in unfit("fp8", CPU)
    assert not unfit("fp8", GPU) and not unfit("bfloat16", CPU) and not unfit(None, CPU)
    zero = CPU.model_copy(update={"deepspeed": "zero3"})
    assert "not under DeepSpeed, got 'zero3'" in unfit("bfloat16", zero)
    if not torch.cuda.is_available():
        assert "needs" in lacking("fp8")
    with pytest.raises(ValueError, match=r"precision: fp8 needs GPUs .*take bfloat16"):
        train(
            section(precision="fp8"), CPU, 0, "instruct", tiny_base, tmp_path, tmp_path / "work", tmp_path / "out",
            lambda step, line: pytest.fail("it trained"),
        )  # fmt: skip
    with pytest.raises(ValueError, match="fp8 is for whole weights, got lora"):
        section(precision="fp8", lora={})


def test_bfloat16_on_a_cpu_trains_near_float32_and_leaves_float32_weights(tiny_base: Path, tmp_path: Path) -> None:
    write_packs(documents(), 80, pad_id=0, seed=0, folder=tmp_path / "packs")
    losses: dict[str, list[float]] = {}
    for precision in ("float32", "bfloat16"):
        lines: list[dict[str, float]] = []
        train(
            section(precision=precision), CPU, 0, "instruct", tiny_base, tmp_path / "packs", tmp_path / precision,
            tmp_path / f"{precision}-out", partial(_kept, lines),
        )  # fmt: skip
        losses[precision] = [line["loss"] for line in lines]
    assert losses["bfloat16"] != losses["float32"]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.02)
    kept = weights_of(load_model(tmp_path / "bfloat16-out"))
    assert any(not torch.equal(of, of.bfloat16().float()) for of in kept.values())


def _kept(lines: list[dict[str, float]], step: int, line: dict[str, float]) -> None:
    lines.append(line)


def loss_and_model(base: Path, emulated: bool) -> tuple[list[float], dict[str, torch.Tensor], Any]:
    """Eight steps of plain descent on one batch, and the gradient of the first."""
    if "TEMPER_REQUIRE_FP8" not in os.environ:
        pytest.importorskip("torchao", reason="make test-fp8")
    model: Any = load_model(base)
    attach_mtp(model, base)
    if emulated:
        taken = compute_in_fp8(model, emulate=True)
        assert {name.rpartition(".")[2] for name in taken} == {"q_proj", "k_proj", "v_proj", "o_proj", "projection"}
        assert "mtp.projection" in taken and type(model.lm_head) is torch.nn.Linear
    for part in (model, model.mtp.block):
        attend_by_document(part)
    add_pack_loss(model, RouterLoss(0.0, "pooled", 0.0))
    batch = Collator(mtp=True)([vars(one) for one in pack(documents(), 80, pad_id=0, seed=0, counts=Counts())])
    optimizer, first = torch.optim.AdamW(model.parameters(), lr=5e-3), dict[str, torch.Tensor]()
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        found = model(**batch, pack_loss=True)
        loss = (found["loss_sum"] + 0.1 * found["mtp_sum"]) / 900
        loss.backward()
        first = first or {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
        optimizer.step()
        losses.append(loss.item())
    return losses, first, model


@pytest.mark.fp8
def test_emulated_fp8_learns_as_float32_does_and_saves_the_same_checkpoint(tiny_base: Path, tmp_path: Path) -> None:
    exact, wanted, _ = loss_and_model(tiny_base, emulated=False)
    rounded, found, model = loss_and_model(tiny_base, emulated=True)
    assert wanted.keys() == found.keys()
    for name in ("model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight", "mtp.projection.weight"):
        assert not torch.equal(found[name], wanted[name]), name
        assert torch.cosine_similarity(found[name].flatten(), wanted[name].flatten(), dim=0) > 0.95, name
    assert rounded != exact and rounded == pytest.approx(exact, rel=0.05)
    assert rounded[-1] < rounded[0] - 1
    save(model, load_tokenizer(tiny_base), tmp_path / "saved")
    again = load_model(tmp_path / "saved")  # strict: nothing missing, nothing left over
    attach_mtp(again, tmp_path / "saved")
    assert tensor_hashes(weights_of(again)) == tensor_hashes(weights_of(model))
