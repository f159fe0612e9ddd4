"""The head for one token more: what it is asked, and that the model beside it stays what it was."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from temper.policy.attention import attend_by_document
from temper.policy.checkpoint import load_model, load_tokenizer, save, tensor_hashes, weights_of
from temper.policy.export import export
from temper.policy.mtp import MTP_FILE, attach_mtp
from temper.policy.rope import extend
from temper.policy.section import ExtendSection, LearnersSection, MuonSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.sft.loss import RouterLoss, add_pack_loss
from temper.sft.masks import Sample
from temper.sft.packing import IGNORED, Counts, pack, write_packs
from temper.sft.section import MtpSection, SftSection
from temper.sft.train import train
from temper.sft.trainer import Collator

NONE = RouterLoss(0.0, "pooled", 0.0)


def some(lengths: list[int]) -> list[Sample]:
    """Documents whose second half is trained."""
    rng = random.Random(0)
    return [
        Sample(tuple(rng.randrange(40, 380) for _ in range(n)), tuple(i >= n // 2 for i in range(n))) for n in lengths
    ]


def test_the_head_is_asked_for_trained_tokens_two_ahead_in_the_same_document() -> None:
    pack = {
        "input_ids": [10, 11, 12, 13, 20, 21, 22, 23],
        "labels": [IGNORED, 11, 12, 13, IGNORED, 21, 22, IGNORED],
        "position_ids": [0, 1, 2, 3, 0, 1, 2, 3],
    }
    batch = Collator(mtp=True)([{name: np.array(row) for name, row in pack.items()}])
    assert batch["mtp_ids"].tolist() == [[11, 12, 13, 20, 21, 22, 23, 0]]
    assert batch["mtp_labels"].tolist() == [[12, 13, IGNORED, IGNORED, 22, IGNORED, IGNORED, IGNORED]]


def alone(model: Any, one: Sample) -> torch.Tensor:
    """Sum of the head's loss on a document in a row of its own, by the model's own attention."""
    ids = torch.tensor([one.tokens])
    hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]
    ahead = model.mtp(hidden, model.model.embed_tokens(ids[:, 1:])).last_hidden_state
    logprobs = model.lm_head(ahead)[0, :-1].log_softmax(-1)
    picked = logprobs.gather(-1, ids[0, 2:, None])[:, 0]
    summed: torch.Tensor = -(picked * torch.tensor(one.trained[2:])).sum()
    return summed


def test_packed_documents_ask_the_head_as_each_alone_would(tiny_base: Path) -> None:
    documents = some([40, 25, 2, 1, 30, 3])
    plain, ours = load_model(tiny_base), load_model(tiny_base)
    for model in (plain, ours):
        attach_mtp(model, tiny_base)
    for model in (ours, ours.mtp.block):
        attend_by_document(model)
    add_pack_loss(ours, NONE)
    packs = list(pack(documents, 64, pad_id=0, seed=0, counts=Counts()))
    assert len(packs) == 2
    found: torch.Tensor = ours(**Collator(mtp=True)([vars(one) for one in packs]), pack_loss=True)["mtp_sum"]
    wanted = torch.stack([alone(plain, one) for one in documents if len(one.tokens) > 2]).sum()
    assert found.item() == pytest.approx(wanted.item(), rel=1e-5)
    torch.autograd.backward([found, wanted])
    theirs = dict(plain.named_parameters())
    for name, parameter in ours.named_parameters():
        wanted_gradient = theirs[name].grad
        assert (parameter.grad is None) == (wanted_gradient is None), name
        if wanted_gradient is not None and parameter.grad is not None:
            torch.testing.assert_close(parameter.grad, wanted_gradient, rtol=1e-4, atol=1e-6)
    # Trunk, embedding and head learn from it.
    assert all(theirs[name].grad is not None for name in ("model.embed_tokens.weight", "lm_head.weight"))
    assert float(theirs["model.layers.0.mlp.experts.down_proj"].grad.abs().sum()) > 0


def test_the_models_own_outputs_and_file_are_those_without_the_head(tiny_base: Path, tmp_path: Path) -> None:
    ids = torch.tensor([[40, 41, 42, 43]])
    plain, model = load_model(tiny_base), load_model(tiny_base)
    attach_mtp(model, tiny_base)
    assert torch.equal(plain(ids).logits, model(ids).logits)
    with torch.no_grad():
        model.mtp.projection.weight.fill_(0.5)
    save(model, load_tokenizer(tiny_base), tmp_path / "saved")
    again = load_model(tmp_path / "saved")  # strict: nothing missing, nothing left over
    assert tensor_hashes(weights_of(again)) == tensor_hashes(weights_of(plain))
    assert (tmp_path / "saved" / MTP_FILE).exists()
    assert not (tiny_base / MTP_FILE).exists()
    attach_mtp(again, tmp_path / "saved")
    assert tensor_hashes(weights_of(again)) == tensor_hashes(weights_of(model))


def test_a_file_of_another_architecture_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    (tmp_path / "mtp").mkdir()
    save_file({"projection.weight": torch.zeros(3, 3)}, tmp_path / MTP_FILE)
    with pytest.raises(ValueError, match="does not fit the model; remove it"):
        attach_mtp(load_model(tiny_base), tmp_path)


def test_muon_and_head_resume_to_the_bit(tiny_base: Path, tmp_path: Path) -> None:
    write_packs(some([24] * 12), 48, pad_id=0, seed=0, folder=tmp_path / "packs")
    section = SftSection(
        data=(GeneratedRows(rows=1),), steps=3, save_every=2, pack_tokens=48, packs_per_step=2,
        schedule=ScheduleSection(learning_rate=0.01, decay="constant"), optimizer=MuonSection(), mtp=MtpSection(),
    )  # fmt: skip

    def trained(out: Path) -> tuple[list[tuple[int, float, float]], list[dict[str, str]]]:
        steps: list[tuple[int, float, float]] = []
        train(
            section, LearnersSection(threads=1), 0, "instruct", tiny_base, tmp_path / "packs", tmp_path / "work", out,
            report=lambda step, metrics: steps.append((step, metrics["loss"], metrics["mtp_loss"])),
        )  # fmt: skip
        model = load_model(out)
        without = tensor_hashes(weights_of(model))
        attach_mtp(model, out)
        return steps, [without, tensor_hashes(weights_of(model))]

    first = trained(tmp_path / "through")
    assert (tmp_path / "work/checkpoint-2" / MTP_FILE).exists()
    assert trained(tmp_path / "resumed") == first
    fresh = load_model(tiny_base)
    attach_mtp(fresh, tiny_base)
    moved = {name for name, hash_ in tensor_hashes(weights_of(fresh)).items() if first[1][1][name] != hash_}
    assert {name for name in first[1][1] if name.startswith("mtp.")} <= moved


def test_every_stage_that_does_not_train_the_head_carries_it(tiny_base: Path, tmp_path: Path) -> None:
    model = load_model(tiny_base)
    attach_mtp(model, tiny_base)
    save(model, load_tokenizer(tiny_base), tmp_path / "base")
    extend(tmp_path / "base", tmp_path / "longer", ExtendSection(factor=2))
    write_packs(some([24] * 4), 48, pad_id=0, seed=0, folder=tmp_path / "packs")
    section = SftSection(
        data=(GeneratedRows(rows=1),), steps=1, pack_tokens=48, packs_per_step=2,
        schedule=ScheduleSection(learning_rate=0.01, decay="constant"),
    )  # fmt: skip
    train(
        section, LearnersSection(threads=1), 0, "instruct", tmp_path / "longer", tmp_path / "packs", tmp_path / "work",
        tmp_path / "sft", report=lambda step, metrics: None,
    )  # fmt: skip
    export(tmp_path / "sft", tmp_path / "export", {})
    head = (tmp_path / "base" / MTP_FILE).read_bytes()
    for stage in ("longer", "sft", "export"):
        assert (tmp_path / stage / MTP_FILE).read_bytes() == head
