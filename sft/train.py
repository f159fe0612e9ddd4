"""One SFT training on TRL's `SFTTrainer`, from packs to a checkpoint; runs on every rank of a Ray Train group.

Packs arrive prepared (tokens, labels, positions), so TRL's own rendering and packing stay off. The batch carries
positions and the documents' borders and no attention mask: attention stays inside each document.
"""

from collections.abc import Callable
from pathlib import Path

from transformers import PrinterCallback
from trl import SFTConfig

from temper.policy.chat import Variant, dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.muon import optimizer_class
from temper.policy.rope_probe import RopeProbe
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
from temper.sft.loss import RouterLoss
from temper.sft.packing import read_packs
from temper.sft.section import Sft
from temper.sft.trainer import PackTrainer


def make_trainer(
    section: Sft, learners: Learners, seed: int, variant: Variant, base: Path, packs: Path, work: Path
) -> PackTrainer:
    """The trainer over `base`, or over the checkpoint under `work` that a killed run resumes from."""
    model = model_to_train(base, last_checkpoint(work), learners)
    rows = section.packs_per_step * learners.sequence_ranks // learners.ranks
    arguments = SFTConfig(
        **trainer_arguments(work, section.schedule, section.optimizer, learners, seed),
        per_device_train_batch_size=section.packs_per_micro_batch,
        gradient_accumulation_steps=rows // section.packs_per_micro_batch,
        max_steps=section.steps or -1,
        num_train_epochs=section.epochs or 1.0,
        max_grad_norm=section.max_grad_norm,
        router_aux_loss_coef=0.0,  # ours, not TRL's
        save_steps=section.save_every,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        dataloader_drop_last=True,
    )
    trainer = PackTrainer(
        model=model,
        args=arguments,
        train_dataset=read_packs(packs),
        router=RouterLoss(
            router_loss(model, section.router_loss), section.router_loss_scope, router_loss(model, section.router_z_loss)
        ),
        sequence_ranks=learners.sequence_ranks,
        processing_class=dress(load_tokenizer(base), variant, section.template),
        optimizer_cls_and_kwargs=optimizer_class(section.optimizer, section.schedule.learning_rate),
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
    trainer.add_callback(RopeProbe(base))
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    save_final(trainer, base, out)
