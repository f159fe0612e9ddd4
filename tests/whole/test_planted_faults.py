"""Faults that were planted in a run one at a time, and what catches each: the run itself, or where no run can see it a
named test. `docs/rlvr.md` has the same table.

Those of the first kind are planted here anew, in a model with a window and long rows, learner and engine in float32.
"""

import ast
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from temper.pipeline.prompt_tokens import check_prompts, prompt_tokens
from temper.policy.bases import TinyBase
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes, weights_of
from temper.policy.rope_probe import check_rope
from temper.policy.section import ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.policy.tiny import write_untrained
from temper.recipes import tiny
from temper.rlvr.advantages import advantages
from temper.rlvr.controller import Controller
from temper.rlvr.doubles import ScriptedEngine, ScriptedVerifiers
from temper.rlvr.engines.engine import EngineError
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.proof import FunctionProof, probe_rows, probed
from temper.rlvr.pushes import Pushed, Pushes
from temper.rlvr.rollout import Batch, Group, Request, Sampling
from temper.rlvr.section import RlvrSection
from temper.verifiers.judging import Item, Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored

ROOT = Path(__file__).parents[2]
LONGEST = 200


@dataclass(frozen=True)
class Fault:
    what: str
    by: str
    """What catches it."""
    when: str
    test: str
    """The test that plants it, or that fails of it."""


HERE = "tests/whole/test_planted_faults.py::"
PUSHED = f"{HERE}test_a_push_that_is_wrong_is_caught_at_once"
COMPUTED = f"{HERE}test_an_engine_that_computes_another_function_is_caught_at_its_next_push"
BATCHED = f"{HERE}test_a_batch_is_what_its_rollouts_say"
OWN = "tests/verifiers/test_judgements.py::test_what_is_no_verdict_is_an_error_of_ours_with_its_reason"
AUDIT = "tests/pipeline/test_audit.py::"
HASHES, PROBE = "the run: hashes of the push", "the run: probe of the push"

FAULTS = [
    Fault("engine ignores a push", HASHES, "version 1", PUSHED),
    Fault("engine skips the embedding in a push", HASHES, "version 1", PUSHED),
    Fault("learner sends stale weights", PROBE, "version 1", PUSHED),
    Fault("learner is one version late", PROBE, "version 1", PUSHED),
    Fault("learner sends an old embedding", PROBE, "version 1", PUSHED),
    Fault("two experts swapped", PROBE, "the next push", COMPUTED),
    Fault("down projections of two experts swapped", PROBE, "the next push", COMPUTED),
    Fault("gate and up of the experts swapped", PROBE, "the next push", COMPUTED),
    Fault("router rows of two experts swapped", PROBE, "the next push", COMPUTED),
    Fault("RoPE 1% off on full layers, from the start", "the run: RoPE probe of the engine", "its start",
          f"{HERE}test_a_rope_that_is_off_at_the_start_is_named"),
    Fault("RoPE 1% off on full layers, later", PROBE, "the next push", COMPUTED),
    Fault("RoPE 1% off on full and sliding layers, later", PROBE, "the next push", COMPUTED),
    Fault("kinds of two layers swapped", PROBE, "the next push", COMPUTED),
    Fault("window of 24 for 64", PROBE, "the next push", COMPUTED),
    Fault("no window", PROBE, "the next push", COMPUTED),
    Fault("keys not recomputed after a push", "the run: fresh forward of what spans versions", "the push after",
          "tests/rlvr/test_spots.py::test_one_that_goes_on_from_old_keys_is_caught"),
    Fault("logprobs without the temperature", "the run: fresh forward of what just ended", "version 1",
          "tests/rlvr/test_spots.py::test_logprobs_without_the_temperature_are_caught"),
    Fault("a newline in the RLVR prompt", "the run: prompts against the template", "its start",
          f"{HERE}test_a_prompt_that_is_not_the_templates_is_named"),
    Fault("template file changed", "the run: the checkpoint's stamp", "its start",
          "tests/policy/test_chat.py::test_a_checkpoints_template_is_the_one_it_was_trained_with"),
    Fault("`math` always 1", "the run: audit", "before it",
          f"{AUDIT}test_a_verifier_that_scores_everything_1_is_refused"),
    Fault("own verifier always 1", "the run: audit, by its probes; without any it is named", "before it",
          f"{AUDIT}test_a_verifier_that_scores_everything_1_is_refused"),
    Fault("held-out problems among SFT's examples", "the run: audit", "before it",
          "tests/pipeline/test_overlap.py::test_the_audit_refuses_a_recipe_that_trains_on_its_held_out_problems"),
    Fault("own verifier raises", "the run: share of our own errors", "step 1",
          "tests/rlvr/test_controller.py::test_the_run_stops_with_the_traceback_of_the_verifier"),
    Fault("own verifier scores 2", "the run: share of our own errors", "step 1", OWN),
    Fault("own verifier returns None", "the run: share of our own errors", "step 1", OWN),
    Fault("verdicts off by one group", "a test", "-", BATCHED),
    Fault("advantages rotated", "a test", "-", BATCHED),
    Fault("one advantage's sign", "a test", "-", BATCHED),
    Fault("RLVR mask shifted by one", "a test", "-",
          "tests/rlvr/test_trl_seam.py::test_the_gradient_is_the_formulas_however_the_batch_is_split"),
    Fault("SFT mask shifted by one", "a test", "-",
          "tests/sft/test_masks.py::test_loss_stands_on_assistant_turns_alone_and_before_them_stands_the_prompt"),
    Fault("seed ignored, or from the clock", "a test", "-", f"{HERE}test_what_is_asked_is_a_function_of_the_seed"),
]  # fmt: skip


def test_each_fault_has_its_test_and_stands_in_the_docs() -> None:
    assert len(FAULTS) == len({fault.what for fault in FAULTS}) == 31
    docs = (ROOT / "docs/rlvr.md").read_text()
    for fault in FAULTS:
        path, _, name = fault.test.partition("::")
        tests = {
            node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)
        }
        assert name in tests, f"{fault.what}: no {fault.test}"
        by = f"`{name}`" if fault.by == "a test" else fault.by.removeprefix("the run: ")
        assert f"| {fault.what} | {by} | {fault.when} |" in docs, fault.what


# -- pushes


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Positions, window and experts all have a say: an untrained model's attention is nearly flat."""
    folder = tmp_path_factory.mktemp("planted") / "checkpoint"
    section = TinyBase(
        hidden=32, heads=4, kv_heads=2, experts=4, expert_width=16, vocabulary=384, window=64, context=256,
    )  # fmt: skip
    write_untrained(section, list(tiny.text(300, 0)), seed=0, out=folder)
    model = load_model(folder)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
    model.save_pretrained(folder)
    return folder


class Run:
    """A learner and an engine over one base, from push to push."""

    def __init__(self, base: Path) -> None:
        self.learner = load_model(base).eval()
        self.rows = probe_rows(self.learner, 0, LONGEST)
        self.engine = TransformersEngine(load_model(base), dress(load_tokenizer(base), "instruct"), batch=4)
        self.pushes = Pushes(self.engine, FunctionProof())
        self.sent: list[dict[str, torch.Tensor]] = []

    def step(self) -> None:
        """As a step at a rate of 2.5e-4 moves weights."""
        generator = torch.Generator().manual_seed(len(self.sent))
        with torch.no_grad():
            for parameter in self.learner.parameters():
                parameter += 2.5e-4 * torch.randn(parameter.shape, generator=generator)

    def weights(self) -> dict[str, torch.Tensor]:
        return {name: tensor.clone() for name, tensor in weights_of(self.learner).items()}

    def push(self, weights: Mapping[str, torch.Tensor] | None = None) -> None:
        """Of the learner's weights, or of others in their place."""
        given = dict(weights or self.weights())
        self.sent.append(given)
        probe = probed(self.learner, self.rows)
        self.pushes.push(Pushed(given, len(self.sent) - 1, tensor_hashes(given), probe))


def ignores(run: Run) -> None:
    held = tensor_hashes(weights_of(run.engine.model))
    run.engine.push = lambda weights, version: held  # type: ignore[method-assign]
    run.push()


def skips_the_embedding(run: Run) -> None:
    embedding = weights_of(run.engine.model)["model.embed_tokens.weight"].clone()
    push = run.engine.push

    def skips(weights: Mapping[str, torch.Tensor], version: int) -> dict[str, str]:
        return push({**weights, "model.embed_tokens.weight": embedding}, version)

    run.engine.push = skips  # type: ignore[method-assign]
    run.push()


def sends_stale(run: Run) -> None:
    run.push(run.sent[0])


def sends_late(run: Run) -> None:
    late = run.weights()
    run.step()
    run.push(late)


def sends_an_old_embedding(run: Run) -> None:
    run.push({**run.weights(), "model.embed_tokens.weight": run.sent[0]["model.embed_tokens.weight"]})


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (ignores, r"push of version 1: \d+ tensors differ from the trainer's, got \['lm_head.weight'"),
        (
            skips_the_embedding,
            r"push of version 1: 1 tensors differ from the trainer's, got \['model.embed_tokens.weight'",
        ),
        (sends_stale, "push of version 1: engine and trainer differ on the probe"),
        (sends_late, "push of version 1: engine and trainer differ on the probe"),
        (sends_an_old_embedding, "push of version 1: engine and trainer differ on the probe"),
    ],
)
def test_a_push_that_is_wrong_is_caught_at_once(base: Path, plant: Callable[[Run], None], said: str) -> None:
    run = Run(base)
    run.push()
    run.step()
    with pytest.raises(EngineError, match=said):
        plant(run)


def swaps(name: str, halves: bool = False) -> Callable[[Any], None]:
    """Swaps the first two experts' part of a tensor of each layer at every push; or each expert's two halves."""

    def plant(model: Any) -> None:
        held = [tensor for full, tensor in weights_of(model).items() if full.endswith(name)]
        assert held
        for tensor in held:
            if halves:
                tensor.copy_(tensor.roll(tensor.shape[1] // 2, 1))
            else:
                tensor[:2] = tensor[:2].flip(0)

    return plant


def swaps_both(model: Any) -> None:
    """The router's rows stay where they are, so tokens reach the other expert."""
    swaps("gate_up_proj")(model)
    swaps("down_proj")(model)


def rope_off(*kinds: str) -> Callable[[Any], None]:
    def plant(model: Any) -> None:
        for kind in kinds:
            getattr(model.model.rotary_emb, f"{kind}_attention_inv_freq").mul_(1.01)

    return plant


def window(size: int) -> Callable[[Any], None]:
    def plant(model: Any) -> None:
        model.config.sliding_window = size

    return plant


def swaps_kinds(model: Any) -> None:
    kinds = model.config.layer_types
    kinds[-1], kinds[0] = kinds[0], kinds[-1]


@pytest.mark.parametrize(
    "plant",
    [
        swaps_both, swaps("down_proj"), swaps("gate_up_proj", halves=True), swaps("gate.weight"),
        rope_off("full"), rope_off("full", "sliding"), swaps_kinds, window(24), window(10_000),
    ],
    ids=["experts", "down", "gate and up", "router", "full rope", "rope", "kinds", "window", "no window"],
)  # fmt: skip
def test_an_engine_that_computes_another_function_is_caught_at_its_next_push(
    base: Path, plant: Callable[[Any], None]
) -> None:
    run = Run(base)
    run.push()
    push = run.engine.push

    def planted(weights: Mapping[str, torch.Tensor], version: int) -> dict[str, str]:
        told = push(weights, version)
        with torch.no_grad():
            plant(run.engine.model)
        return told

    run.engine.push = planted  # type: ignore[method-assign]
    run.step()
    with pytest.raises(EngineError, match="push of version 1: engine and trainer differ on the probe"):
        run.push()


@pytest.mark.parametrize("seed", range(3))
def test_honest_pushes_are_proven(base: Path, seed: int) -> None:
    run = Run(base)
    run.rows = probe_rows(run.learner, seed, LONGEST)
    assert {len(prompt) + len(completion) for prompt, completion in run.rows} == {64, 120, LONGEST}
    for _ in range(10):
        run.push()
        run.step()


def test_a_rope_that_is_off_at_the_start_is_named(base: Path) -> None:
    model = load_model(base)
    rope_off("full")(model)
    with pytest.raises(ValueError, match="full_attention"):
        check_rope(model, load_model(base).config)


def test_a_prompt_that_is_not_the_templates_is_named(base: Path) -> None:
    tokenizer = dress(load_tokenizer(base), "instruct")
    problems = [Problem(id=f"p{i}", prompt=f"{i} <|im_end|> + 1?", verifier="math", answer="1") for i in range(600)]
    honest = prompt_tokens(tokenizer)
    check_prompts(tokenizer, problems, honest)
    newline = tuple(tokenizer("\n", add_special_tokens=False)["input_ids"])
    with pytest.raises(ValueError, match=r"^problem 'p0': its prompt is not the chat template's at character \d+: "):
        check_prompts(tokenizer, problems, lambda problem: (*honest(problem), *newline))
    with pytest.raises(ValueError, match="its prompt is not the chat template's"):
        check_prompts(tokenizer, problems, lambda problem: honest(problem)[:-1])


# -- batches


def section(**changes: object) -> RlvrSection:
    return RlvrSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 3, "problems_per_step": 3, "group_size": 4,
            "max_prompt_tokens": 8, "max_completion_tokens": 8, "max_staleness": 0,
            "schedule": ScheduleSection(learning_rate=1e-6), **changes,
        }
    )  # fmt: skip


PROBLEMS = [Problem(id=f"p{i}", prompt=f"{i}?", verifier="math", answer=str(i)) for i in range(7)]


def score(problem: Problem, text: str) -> float:
    """A function of problem and text, so that a verdict of another rollout is another one."""
    return random.Random(f"{problem.id}/{text}").choice([0.0, 0.25, 1.0])


def controlled(seen: list[Sequence[Group]], seed: int = 0) -> Controller:
    return Controller(
        section(), seed, PROBLEMS, lambda p: (int(p.id[1:]),), Sampling(1.0, 8),
        Pushes(ScriptedEngine(lambda i: (str(i), True))),
        ScriptedVerifiers(lambda p, text: Judgement(scored(score(p, text)))), lambda step, groups: seen.append(groups),
    )  # fmt: skip


def batches(controller: Controller) -> list[Batch]:
    weights, found = {"w": torch.zeros(1)}, []
    for step in range(3):
        controller.push(weights, step, tensor_hashes(weights))
        found.append(controller.take(step))
    controller.close()
    return found


def recomputed(groups: Sequence[Group]) -> list[tuple[tuple[int, ...], float]]:
    """(completion tokens, advantage) from what was written, without a look at any verdict."""
    found = []
    for group in groups:
        rewards = [score(group.problem, rollout.text) for rollout in group.rollouts]
        earned = advantages("leave_one_out", list(rewards))
        found += [(tuple(r.transcript.tokens), a) for r, a in zip(group.rollouts, earned, strict=True)]
    return found


def same(batch: Batch, groups: Sequence[Group]) -> bool:
    rows = [(tuple(row.completion_tokens), row.advantage) for row in batch.rows]
    return rows == recomputed(groups) and all(
        tuple(row.prompt_tokens) == (int(group.problem.id[1:]),)
        for group, place in zip(groups, range(0, len(rows), 4), strict=True)
        for row in batch.rows[place : place + 4]
    )


def next_groups_verdict(controller: Controller) -> None:
    ask = controller.verifiers.ask

    def off(items: Sequence[Item]) -> list[Future[Judgement]]:
        futures = ask(items)
        return [*futures[4:], *futures[:4]]

    controller.verifiers.ask = off  # type: ignore[method-assign]


def altered(change: Callable[[list[Any]], list[Any]]) -> Callable[[Controller], None]:
    def plant(controller: Controller) -> None:
        make = controller._batch

        def batch(*arguments: Any) -> Batch:
            made = make(*arguments)
            return replace(made, rows=tuple(change(list(made.rows))))

        controller._batch = batch  # type: ignore[method-assign, assignment]

    return plant


def rotated(rows: list[Any]) -> list[Any]:
    return [replace(row, advantage=rows[i - 1].advantage) for i, row in enumerate(rows)]


def one_sign(rows: list[Any]) -> list[Any]:
    first = next(i for i, row in enumerate(rows) if row.advantage)
    return [replace(row, advantage=-row.advantage) if i == first else row for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("plant", "right"),
    [
        (lambda controller: None, True),
        (next_groups_verdict, False),
        (altered(rotated), False),
        (altered(one_sign), False),
    ],
    ids=["honest", "verdicts of the next group", "rotated", "one sign"],
)
def test_a_batch_is_what_its_rollouts_say(plant: Callable[[Controller], None], right: bool) -> None:
    seen: list[Sequence[Group]] = []
    controller = controlled(seen)
    plant(controller)
    found = batches(controller)
    assert len(seen) == 3
    assert all(same(batch, groups) for batch, groups in zip(found, seen, strict=True)) is right


def asked(seed: int) -> list[Request]:
    requests: list[Request] = []
    controller = controlled([], seed)
    submit = controller.pushes.engine.submit

    def keeps(some: Sequence[Request], sampling: Sampling) -> None:
        requests.extend(some)
        submit(some, sampling)

    controller.pushes.engine.submit = keeps  # type: ignore[method-assign, assignment]
    batches(controller)
    return requests


def test_what_is_asked_is_a_function_of_the_seed() -> None:
    first = asked(0)
    assert len(first) == 36 and len({request.seed for request in first}) == 36
    assert asked(0) == first, "not of the clock, nor of what ran before"
    other = asked(1)
    assert [request.seed for request in other] != [request.seed for request in first]
    assert [request.prompt_tokens for request in other] != [request.prompt_tokens for request in first]
