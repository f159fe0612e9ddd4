"""One SFT training on TRL's `SFTTrainer`, from packs to a checkpoint; runs on every rank of a Ray Train group.

Packs arrive prepared (tokens, labels, positions), so TRL's own rendering and packing stay off. The batch carries
positions and no attention mask: the model keeps documents apart by the position resets.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from datasets import load_from_disk
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from temper.policy.chat import Variant, dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.section import Learners
from temper.policy.training import (
    Metrics,
    Progress,
    last_checkpoint,
    model_to_train,
    router_loss,
    save_final,
    trainer_arguments,
)
from temper.sft.section import Sft


def collate(packs: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """(B, pack_tokens) tensors of input_ids, labels and position_ids."""
    return {key: torch.tensor([pack[key] for pack in packs]) for key in ("input_ids", "labels", "position_ids")}


def make_trainer(
    section: Sft, learners: Learners, seed: int, variant: Variant, base: Path, packs: Path, work: Path
) -> SFTTrainer:
    """The trainer over `base`, or over the checkpoint under `work` that a killed run resumes from."""
    model = model_to_train(base, last_checkpoint(work), learners)
    rows = section.packs_per_step // learners.ranks
    arguments = SFTConfig(
        **trainer_arguments(work, section.schedule, section.optimizer, learners, seed),
        per_device_train_batch_size=section.packs_per_micro_batch,
        gradient_accumulation_steps=rows // section.packs_per_micro_batch,
        max_steps=section.steps or -1,
        num_train_epochs=section.epochs or 1.0,
        max_grad_norm=section.max_grad_norm,
        router_aux_loss_coef=router_loss(model, section.router_loss),
        save_steps=section.save_every,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        dataloader_drop_last=True,
    )
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=load_from_disk(str(packs)),
        data_collator=collate,
        processing_class=dress(load_tokenizer(base), variant),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def train(
    section: Sft,
    learners: Learners,
    seed: int,
    variant: Variant,
    base: Path,
    packs: Path,
    work: Path,
    out: Path,
    report: Callable[[int, Metrics], None],
) -> None:
    """Trains `base` on the dataset of packs, resumes from the checkpoints under `work`, leaves the model in `out`."""
    resume = last_checkpoint(work)
    trainer = make_trainer(section, learners, seed, variant, base, packs, work)
    trainer.add_callback(Progress(learners, report))
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    save_final(trainer, base, out)
