"""How often a policy is right on each problem: sampled in parts that a kill leaves on disk, counted by id.

    OUT/sampled-<key12>/part-000003.json, .parquet     as those of a benchmark (`scoring`)

The key is of the checkpoint, the problems, the sampling, the seed and the code that samples and judges. Completions are
sampled as RLVR would: its temperature, its limits, its turns.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from temper.pipeline import cluster
from temper.pipeline.calling import start_sessions
from temper.pipeline.identity import base_identity, digest, in_key
from temper.pipeline.judging import start_verifiers
from temper.pipeline.loading import Loaded
from temper.pipeline.prompt_tokens import check_prompts, prompt_tokens
from temper.pipeline.recipe import Recipe
from temper.pipeline.scoring import MostLost, Scored, in_parts, read_scores
from temper.pipeline.stage_code import judging_code, stage_code
from temper.policy.bases import FolderBase
from temper.rlvr.engines.engine import Engine, with_revival
from temper.rlvr.engines.replicas import as_one
from temper.rlvr.evaluate import evaluate
from temper.rlvr.rollout import Group
from temper.verifiers.judging import Verifiers
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.keeper import Sessions


@dataclass(frozen=True)
class Asked:
    """What is sampled, and where it goes. Picklable."""

    recipe: Recipe
    checkpoint: Path
    problems: tuple[Problem, ...]
    samples: int
    folder: Path


def sampled(
    loaded: Loaded, checkpoint: Path, problems: Sequence[Problem], *, samples: int, out: Path, address: str | None
) -> dict[str, Scored]:
    """What came of `samples` completions of each problem, by id. Starts a cluster, or joins the one at `address`."""
    recipe = loaded.recipe
    asked = Asked(
        recipe, checkpoint, tuple(problems), samples, out / f"sampled-{_key(loaded, checkpoint, problems, samples)}"
    )
    name = recipe.cluster.verifier_resource
    cluster.start(address, [loaded.folder], {name: cluster.EMBEDDED_CPUS} if name else {})
    cluster.require(recipe.cluster, ["eval"])
    with ExitStack() as held:
        verifiers = held.enter_context(closing(start_verifiers(recipe.sandbox, recipe.cluster, loaded.plugins)))
        sessions = None
        if any(problem.session is not None for problem in problems):
            sessions = held.enter_context(closing(start_sessions(recipe.sandbox, recipe.cluster, loaded.plugins)))
        engines = cluster.start_engines(checkpoint, recipe.engine, recipe.cluster, 0)
        held.callback(cluster.close, engines)
        cluster.call(_sample, asked, as_one(engines), verifiers, sessions, threads=1)
    return read_scores(asked.folder)


def _sample(asked: Asked, engine: Engine, verifiers: Verifiers, sessions: Sessions | None) -> None:
    from temper.pipeline.stages import dialogues_for, sampling_of
    from temper.policy.checkpoint import load_tokenizer

    section = asked.recipe.rlvr
    assert section
    tokenizer: Any = load_tokenizer(asked.checkpoint)
    tokens = prompt_tokens(tokenizer)
    check_prompts(tokenizer, asked.problems, tokens)
    dialogues = dialogues_for(tokenizer, asked.checkpoint, section, asked.problems)
    settings = (sampling_of(tokenizer, "rlvr", section), tokens, engine, verifiers, asked.recipe.seed)

    def some(problems: Sequence[Problem], first: int) -> list[Group]:
        return with_revival(engine, partial(evaluate, problems, asked.samples, *settings, dialogues, sessions, first))[
            1
        ]

    limit = MostLost(section.max_error_share, "rlvr.max_error_share")
    in_parts("data", asked.folder, asked.problems, asked.samples, some, limit)


def _key(loaded: Loaded, checkpoint: Path, problems: Sequence[Problem], samples: int) -> str:
    recipe = loaded.recipe
    assert recipe.rlvr
    of_sampling = {
        "temperature",
        "max_completion_tokens",
        "thinking_tokens",
        "stop_tokens",
        "max_turns",
        "max_result_tokens",
    }
    content: dict[str, JsonValue] = {
        "checkpoint": base_identity(FolderBase(path=str(checkpoint.resolve()))),
        "problems": digest([problem.model_dump(mode="json") for problem in problems]),
        "samples": samples,
        "engine": recipe.engine.kind,
        "sampling": {key: value for key, value in in_key(recipe.rlvr).items() if key in of_sampling},
        "verifiers": in_key(recipe.verifiers),
        "seed": recipe.seed,
        "code": [stage_code("eval"), judging_code(loaded.folder)],
    }
    return digest(content)[:12]
