"""One SFT training on TRL's `SFTTrainer`, from packs to a checkpoint; runs on every rank of a Ray Train group.

Packs arrive prepared (tokens, labels, positions), so TRL's own rendering and packing stay off. The batch carries
positions and no attention mask: the model keeps documents apart by the position resets.
"""

import copy
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
) -> dict[str, int]:
    """Trains `base` on the dataset of packs, checkpoints under `work`, resumes from there, and leaves the model in `out`."""
    resume = last_checkpoint(work)
    model = model_to_train(base, resume, learners)
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
    tokenizer = dress(load_tokenizer(base), variant)
    model.generation_config.eos_token_id = model.config.eos_token_id = tokenizer.eos_token_id
    config = copy.deepcopy(model.config)
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=load_from_disk(str(packs)),
        data_collator=collate,
        processing_class=tokenizer,
        callbacks=[Progress(learners, report)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    save_final(trainer, tokenizer, config, out)
    return {"steps": trainer.state.global_step}
