"""What `SFTTrainer` and `GRPOTrainer` share: their arguments, checkpoints that a kill cannot break, exact resume.

Defaults of `transformers` that would train something else are named here: bf16, gradient checkpointing, trackers and
progress bars are off unless a recipe says otherwise. Which checkpoint counts is `resume`'s to say. Without DeepSpeed
the stock `Trainer` does not restore sparse expert weights (its load is not strict), so a resumed model is built from
the checkpoint and its hashes are compared with those written beside it.

Each step's numbers are held against `policy.health` before a checkpoint may follow. `transformers` would write the
average of earlier losses in the place of one that is not finite: that is off.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import (
    AutoConfig,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from temper.policy.checkpoint import load_model, save, tensor_hashes, weights_of
from temper.policy.generation import say_ends
from temper.policy.health import Health, refuse_unless_finite
from temper.policy.optim.precision import computed_in
from temper.policy.resume import KEPT, hashes_of, write_marker
from temper.policy.section import LearnersSection, Optimizer, Precision, ScheduleSection

NOISES = ("dropout", "pdrop", "drop_prob", "layerdrop", "jitter")
"""How the modules of `transformers` name it, where it is no module of torch's."""

Metrics = dict[str, float]


def trainer_arguments(
    folder: Path,
    schedule: ScheduleSection,
    optimizer: Optimizer,
    learners: LearnersSection,
    seed: int,
    precision: Precision | None = None,
) -> dict[str, Any]:
    """Keyword arguments of `TrainingArguments` that both trainings set alike."""
    on_gpu, rounds = learners.gpus > 0, computed_in(precision, learners) != "float32"
    if deepspeed := deepspeed_config(learners):
        deepspeed["bf16"]["enabled"] = rounds
    return {
        "output_dir": str(folder),
        "learning_rate": schedule.learning_rate,
        "optim": "adamw_torch",
        "adam_beta1": optimizer.betas[0],
        "adam_beta2": optimizer.betas[1],
        "weight_decay": optimizer.weight_decay,
        "bf16": rounds,
        "use_cpu": not on_gpu,
        "ddp_backend": "gloo" if not on_gpu and torch.distributed.is_initialized() else None,
        "deepspeed": deepspeed,
        "gradient_checkpointing": learners.gradient_checkpointing,
        "seed": seed,
        "data_seed": seed,
        "save_strategy": "steps",
        "save_total_limit": KEPT,
        "logging_steps": 1,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": on_gpu,
        "remove_unused_columns": False,
    }


def deepspeed_config(learners: LearnersSection) -> dict[str, Any] | None:
    """ZeRO of the given stage with torch's AdamW: a DeepSpeed `optimizer` block would build C++ ops at first use."""
    if learners.deepspeed == "none":
        return None
    return {
        "zero_optimization": {
            "stage": int(learners.deepspeed.removeprefix("zero")),
            "stage3_gather_16bit_weights_on_model_save": True,
        },
        "zero_force_ds_cpu_optimizer": False,
        "zero_allow_untested_optimizer": True,
        "bf16": {"enabled": learners.gpus > 0},
        "gradient_clipping": "auto",
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto",
    }


def model_to_train(base: Path, resume: Path | None, learners: LearnersSection) -> PreTrainedModel:
    """The base, or the checkpoint that a killed run resumes from (DeepSpeed restores its own), without the noise that
    its configuration may ask for."""
    if learners.deepspeed != "none" and not learners.gpus:
        import deepspeed

        # On a CPU it would compile a C++ op for a minute at first use; gloo serves as well.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    if learners.deepspeed != "none" and torch.distributed.is_initialized():
        import deepspeed

        # It would count one rank while a model is loaded in shares (ZeRO-3's reference), and refuse the batch.
        deepspeed.init_distributed(torch.distributed.get_backend(), auto_mpi_discovery=False)
    return without_noise(load_model(resume if resume and learners.deepspeed == "none" else base))


def without_noise(model: PreTrainedModel) -> PreTrainedModel:
    """The model with every dropout and jitter off. No recipe has a field for them, and in RLVR the trainer's function
    would be another one than the engine's."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        for name, value in vars(module).items():
            if isinstance(value, float) and any(noise in name for noise in NOISES):
                setattr(module, name, 0.0)
    return model


class Progress(TrainerCallback):  # type: ignore[misc]
    """Hands each step's metrics on, and marks a checkpoint once every rank has written it."""

    def __init__(
        self,
        learners: LearnersSection,
        report: Callable[[int, Metrics], None],
        health: Health,
        also_save: Callable[[Path], None] = lambda folder: None,
    ) -> None:
        self.learners = learners
        self.report = report
        self.health = health
        self.also_save = also_save
        """Writes what else belongs in a checkpoint's folder, on rank 0."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step and self.learners.deepspeed == "none":
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            wanted = hashes_of(folder)
            different = [n for n, h in tensor_hashes(weights_of(kwargs["model"])).items() if wanted.get(n) != h]
            if different:
                raise RuntimeError(f"{folder}: resumed weights differ from the saved ones, got {different[:5]}")
        if state.is_world_process_zero:
            for line in state.log_history:
                self._report(line)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        # The final model follows the last step; resumed from a checkpoint of it, `Trainer` would train one step more.
        if state.global_step >= state.max_steps:
            control.should_save = False

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            self._report(state.log_history[-1])
        if "train_runtime" not in state.log_history[-1]:  # the last line, which is of no step
            self.health.check(state.global_step, state.max_steps, state.log_history)

    def _report(self, line: Mapping[str, Any]) -> None:
        if "train_runtime" not in line:
            self.report(int(line["step"]), {k: float(v) for k, v in line.items() if v is not None and k != "step"})

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if torch.distributed.is_initialized():
            torch.distributed.barrier()
        if state.is_world_process_zero:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            hashes = {}
            if self.learners.deepspeed == "none":
                refuse_unless_finite(weights_of(kwargs["model"]), str(folder))
                hashes = tensor_hashes(weights_of(kwargs["model"]))
            self.also_save(folder)
            write_marker(folder, hashes)


def router_loss(model: PreTrainedModel, coefficient: float) -> float:
    """The router loss's coefficient for this model: 0 for one without experts, whatever the recipe says."""
    return coefficient if hasattr(model.config, "output_router_logits") else 0.0


def save_final(trainer: Trainer, base: Path, out: Path) -> None:
    """Gathers the weights (every rank must call it) and writes model, tokenizer and chat template on rank 0. Adapters
    are merged into the weights, which every rank holds whole.

    The configuration is the base's own, but for the end of turn: TRL writes router settings of its training in it."""
    model, tokenizer = trainer.accelerator.unwrap_model(trainer.model_wrapped), trainer.processing_class
    if isinstance(model, PeftModel):
        model, weights = model.merge_and_unload(), None
    else:
        weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    if trainer.is_world_process_zero():
        model.config = AutoConfig.from_pretrained(str(base))
        say_ends(model, tokenizer)
        save(model, tokenizer, out, weights, base)
    trainer.accelerator.wait_for_everyone()
