"""The stages: each a function from its section and its input checkpoint to an output folder.

A stage's folder is `OUT/stages/<stage>-<key12>/`; its checkpoint is `checkpoint/` there. What writes in it (the base,
the extension, rank 0 of a training, the controller) runs in a worker and holds the folder's lock under its own role,
so the orphan of a killed driver and its successor never write side by side.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from temper.pipeline import cluster, sources
from temper.pipeline.calling import RemoteSessions, start_sessions
from temper.pipeline.controlling import start_controller
from temper.pipeline.holding import Hold
from temper.pipeline.judging import start_verifiers
from temper.pipeline.ledger import Ledger, PlannedStage
from temper.pipeline.metrics import Metrics, read_metrics
from temper.pipeline.packs import described, prepared_packs
from temper.pipeline.placing import places
from temper.pipeline.prompt_tokens import check_prompts, evenly, prompt_tokens
from temper.pipeline.recipe import Recipe
from temper.pipeline.scoring import Scorer, held_out_folder, problems_of, rejudge, score_benchmark, scores_folder
from temper.pipeline.standing import standing
from temper.pipeline.watch import Watch
from temper.policy.atomic import write_atomic
from temper.policy.bases import TinyBase
from temper.policy.chat import Variant
from temper.policy.resume import remove_damaged
from temper.policy.section import ExtendSection
from temper.policy.sources import Source
from temper.rlvr.controller import Controller
from temper.rlvr.dialogue import Dialogues, limits_of
from temper.rlvr.engines.engine import Engine, with_revival
from temper.rlvr.engines.replicas import as_one
from temper.rlvr.evaluate import evaluate
from temper.rlvr.metrics import stop_on_errors
from temper.rlvr.monitor import Shadow
from temper.rlvr.proof import Bounds, FunctionProof
from temper.rlvr.pushes import Pushes
from temper.rlvr.record import write_policy_logprobs, write_rollouts
from temper.rlvr.rollout import Group, PromptTokens, Sampling
from temper.rlvr.section import EvalSection, RlvrSection
from temper.sft.section import SftSection
from temper.sft.stream import length_of
from temper.verifiers.judging import Verifiers
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.keeper import Sessions

log = logging.getLogger(__name__)

Result = dict[str, JsonValue]


@dataclass(frozen=True)
class StageRun:
    """One stage of one recipe, about to run. Picklable: it goes to the workers as it is."""

    stage: PlannedStage
    recipe: Recipe
    ledger: Ledger
    plugins: Plugins = NO_PLUGINS
    home: Path = Path()
    """The recipe's folder, where its own modules lie."""

    @property
    def folder(self) -> Path:
        return self.ledger.folder(self.stage)

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint"

    @property
    def metrics_path(self) -> Path:
        return self.folder / "metrics.jsonl"

    @property
    def hold(self) -> Hold:
        """By which an alarm pauses or stops the run."""
        return Hold(self.ledger.run_folder(self.recipe) / "paused.json")

    @property
    def scorer(self) -> Scorer:
        return Scorer(self.ledger.out, self.recipe, self.plugins, self.home)

    def problems(self, data: Sequence[Source]) -> list[Problem]:
        """Of sources of the recipe, with what it says for all rows."""
        return sources.problems(data, self.recipe.verifiers.params, self.recipe.sandbox, self.plugins)


def run_stage(run: StageRun, base: Path | None, evaluated: Sequence[tuple[str, Path]]) -> Result:
    """Runs one stage from its input checkpoint; `evaluated` names the checkpoints that `eval` scores."""
    match run.stage.name:
        case "base":
            return run_base(run, base)
        case "eval":
            return run_eval(run, evaluated)
    assert base is not None, f"{run.stage.name} needs an input checkpoint"
    if run.stage.name == "extend":
        return run_extend(run, base)
    return run_sft(run, base) if run.stage.name == "sft" else run_rlvr(run, base)


def run_base(run: StageRun, base: Path | None) -> Result:
    """Makes a tiny base and trains it where the recipe says how, or gives `base` the tokens that it lacks."""
    threads, section, training = run.recipe.cluster.sft.threads, run.recipe.base, run.recipe.pretraining
    if not isinstance(section, TinyBase):
        assert base is not None
        result: Result = cluster.call(_with_tokens, run, base, threads=threads)
        return result
    drawn = run.ledger.work(run.stage) / "untrained" if training else run.checkpoint
    cluster.call(_untrained_base, run, section, drawn, threads=threads)
    return _train_on_packs(run, training, drawn) if training else {}


def _untrained_base(run: StageRun, section: TinyBase, out: Path) -> None:
    from temper.policy.tiny import write_untrained
    from temper.recipes.generators import GENERATORS

    with run.ledger.lock(run.stage, "worker"):
        write_untrained(section, GENERATORS[section.text].tokenizer_lines(), run.recipe.seed, out)


def _with_tokens(run: StageRun, base: Path) -> dict[str, int]:
    from temper.policy.added_tokens import with_tokens

    with run.ledger.lock(run.stage, "worker"):
        return with_tokens(base, None, run.checkpoint)


def run_extend(run: StageRun, base: Path) -> Result:
    section = run.recipe.extend
    assert section
    if not section.train:
        result: Result = cluster.call(_extend, run, section, base, run.checkpoint, threads=1)
        return result
    longer = run.ledger.work(run.stage) / "extended"
    result = cluster.call(_extend, run, section, base, longer, threads=1)
    return {**result, **_train_on_packs(run, section.train, longer)}


def _extend(run: StageRun, section: ExtendSection, base: Path, out: Path) -> dict[str, int]:
    from temper.policy.rope import extend

    with run.ledger.lock(run.stage, "worker"):
        return extend(base, out, section)


def run_sft(run: StageRun, base: Path) -> Result:
    assert run.recipe.sft
    return _train_on_packs(run, run.recipe.sft, base)


def _train_on_packs(run: StageRun, section: SftSection, base: Path) -> Result:
    learners = run.recipe.cluster.sft
    packs, counts = cluster.call(_prepare_packs, run, section, base, threads=learners.threads)
    log.info("%s: %s", run.stage.name, described(counts, section.pack_tokens))
    config = {"run": run, "section": section, "base": base, "packs": packs}
    remove_damaged(run.ledger.work(run.stage))
    where = run.recipe.cluster
    cluster.train(_sft_rank, config, learners, run.ledger.work(run.stage), where.lost_s, where.placement)
    return trained(read_metrics(run.metrics_path), section, counts)


def trained(lines: Sequence[Mapping[str, Any]], section: SftSection, counts: Mapping[str, JsonValue]) -> Result:
    """What the steps that ran have trained, one seen again counted again, and what was prepared for them."""
    steps = len(lines)
    packs = min(steps * section.packs_per_step, length_of(section, int(str(counts["packs"]))).packs)
    sums: Result = {name: int(sum(line[name] for line in lines)) for name in ("tokens", "trained_tokens")}
    prepared = {n if n.startswith("dropped_") else f"prepared_{n}": count for n, count in counts.items()}
    return {"steps": steps, "packs": packs, **sums, **prepared}


def _prepare_packs(run: StageRun, section: SftSection, base: Path) -> tuple[Path, Result]:
    """Renders, masks and packs the examples once, for all ranks."""
    recipe = run.recipe
    shards = recipe.cluster.pack_shards
    return prepared_packs(run.ledger, run.stage, section, recipe.variant, recipe.seed, base, shards)


def _sft_rank(config: dict[str, Any]) -> None:
    """One rank of SFT, or of a base's or an extension's training, in a Ray Train worker."""
    from temper.sft.train import train

    run: StageRun = config["run"]
    learners = run.recipe.cluster.sft
    work = run.ledger.work(run.stage)
    cluster.set_threads(learners.threads)
    with _rank_lock(run):
        train(
            config["section"], learners, run.recipe.seed, run.recipe.variant, config["base"],
            config["packs"], work, run.checkpoint, Metrics(run.metrics_path, run.stage.name).append,
        )  # fmt: skip


def _rank_lock(run: StageRun) -> Any:
    """Rank 0 writes checkpoints and metrics; the others write only inside what it waits for."""
    import ray.train

    return run.ledger.lock(run.stage, f"rank{ray.train.get_context().get_world_rank()}")


def run_rlvr(run: StageRun, base: Path) -> Result:
    recipe = run.recipe
    assert recipe.rlvr
    problems = run.problems(recipe.rlvr.data)
    remove_damaged(run.ledger.work(run.stage))
    where = recipe.cluster
    with places(where) as group:
        engines = cluster.start_engines(base, recipe.engine, where, version=-1, lora=recipe.rlvr.lora, group=group)
        verifiers = start_verifiers(recipe.sandbox, where, run.plugins, group)
        sessions = sessions_for(run, recipe.rlvr)
        make = ControllerFactory(run, base, problems, as_one(engines), verifiers, sessions)
        controller = start_controller(make, where.rlvr.ranks, where.push, run.hold)
        try:
            config = {"run": run, "base": base, "controller": controller}
            with Watch(controller.stalled):
                work = run.ledger.work(run.stage)
                cluster.train(_rlvr_rank, config, where.rlvr, work, where.lost_s, where.placement)
        finally:
            # First: it would take the end of engines and verifiers for their loss.
            controller.close()
            cluster.close(engines)
            verifiers.close()
            if sessions is not None:
                sessions.close()
    return {"steps": recipe.rlvr.steps, "problems": len(problems)}


@dataclass(frozen=True)
class ControllerFactory:
    """Builds the controller where it runs; what it holds is picklable."""

    run: StageRun
    base: Path
    problems: list[Problem]
    engine: Engine
    verifiers: Verifiers
    sessions: Sessions | None = None

    def __call__(self) -> Controller:
        from temper.policy.checkpoint import load_tokenizer

        recipe, section = self.run.recipe, self.run.recipe.rlvr
        assert section
        tokenizer = load_tokenizer(self.base)
        tokens, sampling = prompt_tokens(tokenizer), sampling_of(tokenizer, "rlvr", section)
        check_prompts(tokenizer, self.problems, tokens)
        longest = max(self.problems, key=lambda problem: len(tokens(problem)))
        if len(tokens(longest)) > section.max_prompt_tokens:
            raise ValueError(
                f"rlvr.max_prompt_tokens: problem {longest.id!r} has {len(tokens(longest))} tokens, more than "
                f"{section.max_prompt_tokens}; raise it or drop the problem"
            )
        dialogues = dialogues_for(tokenizer, self.base, section, self.problems)
        validate = None
        if recipe.validation:
            held_out = self.run.problems(recipe.held_out)[: recipe.validation.problems]
            validate = Validator(self, held_out, tokens, sampling, dialogues)
        # Of what is trained on alone, not of what is validated.
        sampling = replace(sampling, experts=section.router_replay)
        controller = Controller(
            section, recipe.seed, self.problems, tokens, sampling, Pushes(self.engine, self.proof()), self.verifiers,
            self.record, validate, recipe.validation.every if recipe.validation else 1, self.sessions, dialogues,
        )  # fmt: skip
        if section.shadow is not None:
            controller.recorder.before = Shadow(section.shadow, recipe.seed, self.verifiers).judge
        return controller

    def proof(self) -> FunctionProof:
        """Of float32 the documented bounds; elsewhere those that this stage found at its first push."""
        path = self.run.folder / "proof.json"

        def keep(bounds: Bounds) -> None:
            with self.run.ledger.lock(self.run.stage, "controller"):
                write_atomic(path, json.dumps(bounds))

        if not self.run.recipe.cluster.rounds:
            return FunctionProof()
        kept = json.loads(path.read_bytes()) if path.exists() else {}
        return FunctionProof(False, {int(tokens): tuple(bounds) for tokens, bounds in kept.items()}, keep)

    def record(self, step: int, groups: Sequence[Group]) -> None:
        with self.run.ledger.lock(self.run.stage, "controller"):
            write_rollouts(self.run.folder / "rollouts" / f"step-{step + 1:06d}.parquet", step + 1, groups)


@dataclass(frozen=True)
class Validator:
    """Scores held-out problems, one sample each."""

    parts: ControllerFactory
    problems: list[Problem]
    tokens: PromptTokens
    sampling: Sampling
    dialogues: Dialogues

    def __call__(self, step: int) -> dict[str, float]:
        parts, section = self.parts, self.parts.run.recipe.rlvr
        assert section
        score, groups = evaluate(
            self.problems, 1, self.sampling, self.tokens, parts.engine, parts.verifiers, step, self.dialogues,
            parts.sessions,
        )  # fmt: skip
        with parts.run.ledger.lock(parts.run.stage, "controller"):
            write_rollouts(parts.run.folder / "validation" / f"step-{step:06d}.parquet", step, groups)
        stop_on_errors(f"validation at step {step}", groups, section.max_error_share, "rlvr.max_error_share")
        return {"validation/score": score.score, "validation/stderr": score.stderr, "validation/errors": score.errors}


def sessions_for(run: StageRun, section: RlvrSection | EvalSection) -> RemoteSessions | None:
    """Session actors, where rollouts may have several turns."""
    if section.max_turns == 1:
        return None
    return start_sessions(run.recipe.sandbox, run.recipe.cluster, run.plugins)


def dialogues_for(
    tokenizer: Any, checkpoint: Path, section: RlvrSection | EvalSection, problems: Sequence[Problem]
) -> Dialogues:
    """How rollouts go on under the checkpoint's template. Raises ValueError for a template or a problem that cannot."""
    from temper.policy.generation import end_ids, generation_of
    from temper.policy.rendering import Renderer
    from temper.policy.suffix import Suffixes

    some = [problem for problem in problems if problem.session is not None]
    if not some:
        return Dialogues(limits_of(section))
    suffixes = Suffixes(Renderer(tokenizer), end_ids(tokenizer, generation_of(str(checkpoint))))
    for problem in evenly(some):
        try:
            suffixes.refuse_row(problem.messages(), problem.tools)
        except ValueError as error:
            raise ValueError(f"problem {problem.id!r}: {error}") from error
    return Dialogues(limits_of(section), suffixes)


def sampling_of(tokenizer: Any, name: str, section: RlvrSection | EvalSection) -> Sampling:
    """How a section of the recipe samples."""
    stop = stop_ids(tokenizer, name, section.stop_tokens)
    return Sampling(section.temperature, section.max_completion_tokens, section.thinking_tokens, stop)


def stop_ids(tokenizer: Any, section: str, tokens: Sequence[str]) -> tuple[int, ...]:
    """Raises ValueError for one that is no single token of the tokenizer."""
    known = tokenizer.get_vocab()
    if lacking := [token for token in tokens if token not in known]:
        raise ValueError(f"{section}.stop_tokens: the tokenizer lacks {lacking[0]!r}; name single tokens that it has")
    return tuple(known[token] for token in tokens)


def _rlvr_rank(config: dict[str, Any]) -> None:
    """One rank of RLVR, in a Ray Train worker."""
    import torch

    from temper.rlvr.trl_seam import train

    run: StageRun = config["run"]
    section, learners = run.recipe.rlvr, run.recipe.cluster.rlvr
    assert section
    controller = config["controller"]
    cluster.set_threads(learners.threads)
    with _rank_lock(run):
        train(
            section, learners, run.recipe.seed, config["base"], run.ledger.work(run.stage),
            run.checkpoint, controller, getattr(torch, run.recipe.cluster.engine_dtype),
            run.recipe.engine.kind == "vllm", Metrics(run.metrics_path, "rlvr").append,
            lambda step, said: write_policy_logprobs(run.folder / "policy" / f"step-{step + 1:06d}.parquet", said),
            with_head=run.recipe.engine.kind == "transformers" and run.recipe.engine.draft == "mtp",
        )  # fmt: skip


def run_eval(run: StageRun, evaluated: Sequence[tuple[str, Path]]) -> Result:
    recipe = run.recipe
    assert recipe.eval
    problems = run.problems(recipe.held_out)[: recipe.eval.problems]
    scores: Result = {}
    with places(recipe.cluster) as group:
        verifiers = start_verifiers(recipe.sandbox, recipe.cluster, run.plugins, group)
        sessions = sessions_for(run, recipe.eval)
        try:
            for name, path in evaluated:  # one checkpoint at a time: two might not find room together
                engines = cluster.start_engines(path, recipe.engine, recipe.cluster, 0, group=group)
                try:
                    job = (run, name, path, recipe.eval, problems, as_one(engines), verifiers, sessions)
                    scores[name] = cluster.call(_evaluate, *job, threads=1)
                    if recipe.eval.suites:
                        cluster.call(_score_suites, run, name, path, as_one(engines), verifiers, threads=1)
                finally:
                    cluster.close(engines)
        finally:
            verifiers.close()
            if sessions is not None:
                sessions.close()
    if recipe.eval.suites:
        scores["suites"] = standing(run.scorer, evaluated)
    return scores


def _asked(checkpoint: Path, variant: Variant) -> Any:
    """The checkpoint's tokenizer; a base that has no chat template yet is asked by the one that SFT will teach it."""
    from temper.policy.chat import dress
    from temper.policy.checkpoint import load_tokenizer

    tokenizer = load_tokenizer(checkpoint)
    return tokenizer if tokenizer.chat_template else dress(tokenizer, variant)


def _score_suites(run: StageRun, name: str, checkpoint: Path, engine: Engine, verifiers: Verifiers) -> None:
    """Scores a checkpoint on every benchmark of the recipe's suites; what is scored already stays."""
    assert run.recipe.eval
    tokenizer = _asked(checkpoint, run.recipe.variant)
    stops = stop_ids(tokenizer, "eval", run.recipe.eval.stop_tokens)
    tokens = prompt_tokens(tokenizer)
    folder = partial(scores_folder, run.scorer, name=name, checkpoint=checkpoint)
    for suite, benchmark in ((of, one) for of in run.recipe.eval.suites for one in of.benchmarks):
        if benchmark.rejudges:
            sampled = folder(suite, suite.named(benchmark.rejudges))
            with run.ledger.lock(run.stage, "worker"):
                rejudge(run.scorer, benchmark, sampled, folder(suite, benchmark), verifiers)
        if not benchmark.data:
            continue
        problems = problems_of(run.scorer, benchmark)
        check_prompts(tokenizer, problems, tokens)
        sampling = Sampling(
            benchmark.temperature, benchmark.max_completion_tokens, benchmark.thinking_tokens, stops
        )  # fmt: skip
        with run.ledger.lock(run.stage, "worker"):
            score_benchmark(
                run.scorer, benchmark, folder(suite, benchmark), problems, sampling, tokens, engine, verifiers
            )


def _evaluate(
    run: StageRun,
    name: str,
    checkpoint: Path,
    section: EvalSection,
    problems: list[Problem],
    engine: Engine,
    verifiers: Verifiers,
    sessions: Sessions | None,
) -> dict[str, float]:
    """Scores the held-out problems, unless a run with other suites, or a killed one, has: then it reads what that
    found."""
    kept, rollouts = held_out_folder(run.scorer, name, checkpoint), run.folder / "rollouts" / f"{name}.parquet"
    if (kept / "score.json").is_file():
        with run.ledger.lock(run.stage, "worker"):
            write_atomic(rollouts, (kept / "rollouts.parquet").read_bytes())
        known: dict[str, float] = json.loads((kept / "score.json").read_bytes())
        return known
    tokenizer = _asked(checkpoint, run.recipe.variant)
    sampling = sampling_of(tokenizer, "eval", section)
    tokens = prompt_tokens(tokenizer)
    check_prompts(tokenizer, problems, tokens)
    dialogues = dialogues_for(tokenizer, checkpoint, section, problems)
    of_seed = (verifiers, run.recipe.seed, dialogues, sessions)
    scoring = partial(evaluate, problems, section.samples, sampling, tokens, engine, *of_seed)
    score, groups = with_revival(engine, scoring)
    with run.ledger.lock(run.stage, "worker"):
        # On disk before the run may stop for the errors that are in them.
        write_rollouts(rollouts, 0, groups)
        stop_on_errors(f"eval of {name}", groups, section.max_error_share, "eval.max_error_share")
        write_atomic(kept / "rollouts.parquet", rollouts.read_bytes())
        write_atomic(kept / "score.json", json.dumps(score.as_json()) + "\n")
    return score.as_json()
