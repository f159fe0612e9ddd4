"""Every field of the three argument classes that the trainings are built with, read once: which of them move a
gradient, what their default is, and what we make of them.

A release of TRL or transformers that adds a field, or moves a default that counts, fails here, and has to be read. Not
in the tables' power: what an environment variable or a checkpoint's config decides behind these fields.
"""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from transformers import TrainingArguments
from trl import GRPOConfig, SFTConfig

from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import make_trainer
from temper.sft.masks import Sample
from temper.sft.packing import write_packs
from temper.sft.section import SftSection
from temper.sft.train import make_trainer as make_sft_trainer

Moves = dict[str, tuple[Any, Any, Any]]
"""Field: its default, what RLVR sets, what SFT sets, under the sections below."""

SCHEDULE = ScheduleSection(learning_rate=3e-4, min_learning_rate=3e-5, warmup_steps=2)

SHARED: Moves = {
    "learning_rate": (5e-5, 3e-4, 3e-4),
    "max_steps": (-1, 5, 5),
    "num_train_epochs": (3.0, 3.0, 1.0),  # `max_steps` goes first
    "per_device_train_batch_size": (8, 2, 2),
    "gradient_accumulation_steps": (1, 1, 2),
    "average_tokens_across_devices": (True, True, True),  # N of a step is over all ranks
    "max_grad_norm": (1.0, 0.7, 0.8),
    "optim": ("adamw_torch_fused", "adamw_torch", "adamw_torch"),
    "optim_args": (None, None, None),
    "optim_target_modules": (None, None, None),
    "adam_beta1": (0.9, 0.9, 0.9),
    "adam_beta2": (0.999, 0.999, 0.95),
    "adam_epsilon": (1e-8, 1e-8, 1e-8),
    "weight_decay": (0.0, 0.01, 0.1),
    "label_smoothing_factor": (0.0, 0.0, 0.0),
    "neftune_noise_alpha": (None, None, None),
    "bf16": (False, False, False),
    "fp16": (False, False, False),
    "tf32": (None, None, None),
    "use_liger_kernel": (False, False, False),
    "torch_compile": (False, False, False),
    "gradient_checkpointing": (False, False, False),  # the same gradient, with dropout on another one
    "auto_find_batch_size": (False, False, False),
    "seed": (42, 7, 7),
    "data_seed": (None, 7, 7),
    "full_determinism": (False, False, False),
    "train_sampling_strategy": ("random", "random", "sequential"),  # the stream is in order
    "dataloader_drop_last": (False, False, False),
    "ignore_data_skip": (False, True, False),  # the controller knows the place in RLVR's data
    "logging_nan_inf_filter": (True, False, False),
    "deepspeed": (None, None, None),
    "fsdp": (None, None, None),
    "parallelism_config": (None, None, None),
    "use_cpu": (False, True, True),
}
OWN_DEFAULTS = {"learning_rate": (1e-6, 2e-5), "bf16": (None, None), "gradient_checkpointing": (True, True)}
"""Where TRL's classes have another default than transformers': RLVR's, SFT's."""

GRPO: dict[str, tuple[Any, Any]] = {
    "beta": (0.0, 0.05),
    "use_bias_correction_kl": (True, False),  # `objective` documents k3, not r k3
    "loss_type": ("dapo", "dapo"),
    "importance_sampling_level": ("token", "token"),
    "epsilon": (0.2, 0.2),
    "epsilon_high": (None, 0.28),
    "delta": (None, None),
    "num_iterations": (1, 1),
    "steps_per_generation": (None, 1),
    "generation_batch_size": (None, 2),
    "num_generations": (8, 2),  # TRL's own groups; ours are made before
    "max_completion_length": (512, 8),  # Dr. GRPO divides by it
    "temperature": (1.0, 0.9),
    "router_aux_loss_coef": (None, 0.2),  # None is the base's own
    "cast_lm_head_to_fp32": (False, False),
    "disable_dropout": (False, True),
    "top_entropy_quantile": (1.0, 1.0),
    "entropy_coef": (0.0, 0.0),
    "use_adaptive_entropy": (False, False),
    "off_policy_mask_threshold": (None, None),
    "sync_ref_model": (False, False),
    "use_vllm": (False, False),
    "model_init_kwargs": (None, None),  # of the reference as well
    "trust_remote_code": (False, False),
}
SFT: dict[str, tuple[Any, Any]] = {
    "router_aux_loss_coef": (None, 0.0),  # the loss of `sft.loss` has its own
    "max_length": (1024, None),
    "dataset_kwargs": (None, {"skip_prepare_dataset": True}),
    "packing": (False, False),
    "padding_free": (False, False),
    "shuffle_dataset": (False, False),
    "model_init_kwargs": (None, None),
    "trust_remote_code": (False, False),
}

NEUTRAL = """
    accelerator_config batch_eval_metrics bf16_full_eval dataloader_in_order
    dataloader_multiprocessing_context dataloader_num_workers dataloader_persistent_workers dataloader_pin_memory
    dataloader_prefetch_factor ddp_backend ddp_broadcast_buffers ddp_bucket_cap_mb ddp_find_unused_parameters
    ddp_static_graph ddp_timeout debug disable_tqdm do_eval do_predict do_train enable_jit_checkpoint
    eval_accumulation_steps eval_delay eval_do_concat_batches eval_on_start eval_steps eval_strategy
    eval_use_gather_object fp16_full_eval fsdp_config gradient_checkpointing_kwargs greater_is_better
    hub_always_push hub_model_id hub_private_repo hub_revision hub_strategy hub_token
    include_for_metrics include_num_input_tokens_seen label_names length_column_name
    liger_kernel_config load_best_model_at_end local_rank log_level log_level_replica log_on_each_node
    lr_scheduler_kwargs lr_scheduler_type warmup_steps
    logging_first_step logging_steps logging_strategy metric_for_best_model output_dir per_device_eval_batch_size
    prediction_loss_only project push_to_hub remove_unused_columns report_to restore_callback_states_from_checkpoint
    resume_from_checkpoint run_name save_on_each_node save_only_model save_steps save_strategy save_total_limit
    skip_memory_metrics torch_compile_backend torch_compile_mode torch_empty_cache_steps trackio_bucket_id
    trackio_space_id trackio_static_space_id use_cache
"""
"""Where and how fast, what is written, the rates, which are `policy.schedule`'s, and evaluation, which there is none of
in a training."""

GRPO_NEUTRAL = """
    cache_implementation chat_template_kwargs ds3_gather_for_generation generation_kwargs max_tool_calling_iterations
    min_p num_generations_eval repetition_penalty top_k top_p transformers_continuous_batching_config
    use_transformers_continuous_batching use_transformers_paged
    mask_truncated_completions multi_objective_aggregation reward_weights scale_rewards
    entropy_coef_delta entropy_coef_max entropy_coef_min entropy_target
    ref_model_mixup_alpha ref_model_sync_steps sapo_temperature_neg sapo_temperature_pos
    vespo_k_neg vespo_k_pos vespo_lambda_neg vespo_lambda_pos
    vllm_enable_sleep_mode vllm_gpu_memory_utilization vllm_group_port vllm_importance_sampling_cap
    vllm_importance_sampling_clip_max vllm_importance_sampling_clip_min vllm_importance_sampling_correction
    vllm_importance_sampling_mode vllm_max_model_length vllm_mode vllm_model_impl vllm_server_base_url vllm_server_host
    vllm_server_port vllm_server_timeout vllm_structured_outputs_regex vllm_tensor_parallel_size
    log_completions log_completions_hub_repo log_multimodal log_unique_prompts num_completions_to_print
    pad_to_multiple_of shuffle_dataset
"""
"""Of generating and scoring, which the seam does in their place; of losses and engines that are off; of what is told;
of a placeholder's rows."""

SFT_NEUTRAL = """
    activation_offloading assistant_only_loss chat_template_path completion_only_loss dataset_num_proc
    dataset_text_field eos_token eval_packing loss_type packing_strategy pad_to_multiple_of pad_token truncation_mode
"""
"""Of rendering, packing and a loss of TRL's own, which are all done elsewhere."""


def defaults(of: type) -> dict[str, Any]:
    found = {}
    for field in dataclasses.fields(of):
        factory = field.default_factory
        found[field.name] = field.default if factory is dataclasses.MISSING else factory()
    return found


@pytest.fixture
def grpo(tiny_base: Path, tmp_path: Path) -> GRPOConfig:
    section = RlvrSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 5, "problems_per_step": 1, "group_size": 4,
            "max_prompt_tokens": 8, "max_completion_tokens": 8, "schedule": SCHEDULE,
            "max_grad_norm": 0.7, "temperature": 0.9, "router_loss": 0.2, "objective": {"kind": "mellum", "kl": 0.05},
        }
    )  # fmt: skip
    feed = ScriptedFeed(lambda step: pytest.fail(""))
    return make_trainer(section, LearnersSection(threads=1), 7, tiny_base, tmp_path / "rlvr", feed).args


@pytest.fixture
def sft(tiny_base: Path, tmp_path: Path) -> SFTConfig:
    write_packs([Sample(tuple(range(40, 56)), (True,) * 16)] * 4, 16, pad_id=0, seed=0, folder=tmp_path / "packs")
    section = SftSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 5, "pack_tokens": 16, "packs_per_step": 4,
            "packs_per_micro_batch": 2, "schedule": SCHEDULE, "max_grad_norm": 0.8,
        }
    )  # fmt: skip
    return make_sft_trainer(
        section, LearnersSection(threads=1), 7, "instruct", tiny_base, tmp_path / "packs", tmp_path / "sft"
    ).args


def test_every_field_has_been_read() -> None:
    shared = set(SHARED) | set(NEUTRAL.split())
    assert set(defaults(TrainingArguments)) == shared
    assert set(defaults(GRPOConfig)) == shared | set(GRPO) | set(GRPO_NEUTRAL.split())
    assert set(defaults(SFTConfig)) == shared | set(SFT) | set(SFT_NEUTRAL.split())


@pytest.mark.parametrize("of", [TrainingArguments, GRPOConfig, SFTConfig])
def test_no_default_that_moves_a_gradient_has_moved(of: type) -> None:
    wanted = {name: default for name, (default, _, _) in SHARED.items()}
    if of is not TrainingArguments:
        wanted |= {name: own[of is SFTConfig] for name, own in OWN_DEFAULTS.items()}
        wanted |= {name: default for name, (default, _) in (SFT if of is SFTConfig else GRPO).items()}
    found = defaults(of)
    assert {name: found[name] for name in wanted} == wanted


def test_what_moves_rlvrs_gradient_is_what_the_recipe_says(grpo: GRPOConfig) -> None:
    wanted = {name: ours for name, (_, ours, _) in SHARED.items()} | {name: ours for name, (_, ours) in GRPO.items()}
    assert {name: getattr(grpo, name) for name in wanted} == wanted


def test_what_moves_sfts_gradient_is_what_the_recipe_says(sft: SFTConfig) -> None:
    wanted = {name: ours for name, (_, _, ours) in SHARED.items()} | {name: ours for name, (_, ours) in SFT.items()}
    assert {name: getattr(sft, name) for name in wanted} == wanted
