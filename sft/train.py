"""One SFT training on TRL's `SFTTrainer`, from packs to a checkpoint; runs on every rank of a Ray Train group.

Packs arrive prepared (tokens, labels, positions), so TRL's own rendering and packing stay off. The batch carries
positions and the documents' borders and no attention mask: attention stays inside each document.
"""

from collections.abc import Callable
from pathlib import Path

from transformers import PreTrainedModel, PrinterCallback
from trl import SFTConfig

from temper.policy.chat import Variant, dress
from temper.policy.checkpoint import load_tokenizer, weights_of
from temper.policy.health import Health
from temper.policy.lora import adapters
from temper.policy.mtp import attach_mtp, write_mtp
from temper.policy.optim.muon import optimizer_class
from temper.policy.optim.precision import compute_in_fp8, lacking, unfit
from temper.policy.resume import last_checkpoint
from temper.policy.rope_probe import RopeProbe
from temper.policy.section import LearnersSection
from temper.policy.training import (
    Metrics,
    Progress,
    model_to_train,
    router_loss,
    save_final,
    trainer_arguments,
)
from temper.sft.loss import RouterLoss
from temper.sft.packing import folders_of, read_packs
from temper.sft.section import LongContextSection, SftSection
from temper.sft.stream import length_of, stream
from temper.sft.trainer import PackTrainer


def router_losses_of(section: SftSection, model: PreTrainedModel) -> RouterLoss:
    """The recipe's coefficients, 0 for a model without experts."""
    balance, z = (router_loss(model, coefficient) for coefficient in (section.router_loss, section.router_z_loss))
    return RouterLoss(balance, section.router_loss_scope, z)


def make_trainer(
    section: SftSection, learners: LearnersSection, seed: int, variant: Variant, base: Path, packs: Path, work: Path
) -> PackTrainer:
    """The trainer over `base`, or over the checkpoint under `work` that a killed run resumes from. Raises ValueError
    for a precision that this machine lacks something for."""
    if lack := unfit(section.precision, learners) or lacking(section.precision):
        raise ValueError(f"precision: {section.precision} {lack}")
    resume = last_checkpoint(work)
    # Adapters lie in checkpoints of their own, which the trainer restores.
    model = model_to_train(base, None if section.lora else resume, learners)
    if section.mtp:
        attach_mtp(model, resume or base)
    if section.precision == "fp8":
        compute_in_fp8(model)
    tokenizer = load_tokenizer(base)
    if not isinstance(section, LongContextSection):
        dress(tokenizer, variant, section.template)
    parts = [read_packs(folder) for folder in folders_of(section, packs)]
    # 8 packs a step on 4 ranks, of which 2 share each pack: 4 packs a rank.
    rows = section.packs_per_step * learners.sequence_ranks // learners.ranks
    arguments = SFTConfig(
        **trainer_arguments(work, section.schedule, section.optimizer, learners, seed, section.precision),
        per_device_train_batch_size=section.packs_per_micro_batch,
        gradient_accumulation_steps=rows // section.packs_per_micro_batch,
        max_steps=length_of(section, sum(map(len, parts))).steps,
        num_train_epochs=1.0,  # the stream holds every pass
        train_sampling_strategy="sequential",
        max_grad_norm=section.max_grad_norm,
        router_aux_loss_coef=0.0,  # ours, not TRL's
        save_steps=section.save_every,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    trainer = PackTrainer(
        model=model,
        args=arguments,
        train_dataset=stream(parts, section, seed),
        schedule=section.schedule,
        router=router_losses_of(section, model),
        sequence_ranks=learners.sequence_ranks,
        mtp=section.mtp.weight if section.mtp else 0.0,
        processing_class=tokenizer,
        peft_config=adapters(section.lora, model) if section.lora else None,
        optimizer_cls_and_kwargs=optimizer_class(section.optimizer, section.schedule.learning_rate),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def train(
    section: SftSection,
    learners: LearnersSection,
    seed: int,
    variant: Variant,
    base: Path,
    packs: Path,
    work: Path,
    out: Path,
    report: Callable[[int, Metrics], None],
) -> None:
    """Trains `base` on the dataset of packs, resumes from the checkpoints under `work`, leaves the model in `out`. An
    extension's training leaves the tokenizer as the base has it, without a variant's template."""
    resume = last_checkpoint(work)
    trainer = make_trainer(section, learners, seed, variant, base, packs, work)
    health = Health(section.max_empty_share, trainer.batch)
    trainer.add_callback(Progress(learners, report, health, lambda folder: _write_own_mtp(trainer, learners, folder)))
    trainer.add_callback(RopeProbe(base))
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    save_final(trainer, base, out)


def _write_own_mtp(trainer: PackTrainer, learners: LearnersSection, folder: Path) -> None:
    """Beside a checkpoint of the trainer's, which leaves the head out; DeepSpeed's hold it."""
    if learners.deepspeed == "none":
        write_mtp(weights_of(trainer.model), folder)
