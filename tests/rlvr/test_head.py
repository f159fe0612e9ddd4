"""The head for one token more under RLVR: what it is asked, that the policy does not feel it, and that it is sent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from test_trl_seam import COMPLETIONS, PROMPTS, SMALL, Grab, batch_of, section

from temper.policy.checkpoint import load_model, load_tokenizer, save, tensor_hashes, weights_of
from temper.policy.mtp import MTP_FILE, attach_mtp, detached_head, named_in_model, of_head
from temper.policy.section import LearnersSection
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.engines.drafting import DraftingEngine
from temper.rlvr.engines.gathered import Gathered
from temper.rlvr.loss.head import UNASKED, asked_of_head
from temper.rlvr.rollout import Batch
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import make_trainer, train

Gradient = dict[str, torch.Tensor]
STEEP: dict[str, Any] = {"schedule": {"learning_rate": 3e-3, "decay": "constant"}, "max_grad_norm": 1e-2}


@pytest.fixture(scope="module")
def base(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a head."""
    folder = tmp_path_factory.mktemp("with-head") / "base"
    model = load_model(tiny_base)
    attach_mtp(model, tiny_base)
    save(model, load_tokenizer(tiny_base), folder)
    return folder


def batch(base: Path, in_loss: Sequence[bool] = (True,) * 4) -> Batch:
    made: Batch = batch_of([1.0, -0.5, 0.25, -0.75], SMALL, base, in_loss)
    return made


def test_the_head_is_asked_for_sampled_tokens_with_two_of_their_rollout_before_them() -> None:
    ids = torch.tensor([[0, 0, 10, 20, 21, 22], [30, 31, 32, 40, 41, 0]])
    target = torch.tensor([[0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 0]])  # of the second row token 40 was not sampled
    here = torch.tensor([[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0]]).bool()
    following, labels = asked_of_head(ids, target)
    assert following[here].tolist() == [20, 21, 22, 0, 31, 32, 40, 41, 0]
    assert labels[here].tolist() == [21, 22, UNASKED, UNASKED, UNASKED, UNASKED, 41, UNASKED, UNASKED]


def gradient(base: Path, work: Path, budget: int = 100, **changes: Any) -> Gradient:
    grab = Grab()
    feed = ScriptedFeed(lambda step: batch(base, (True, False, True, True)))
    trainer = make_trainer(section(4, budget, **changes), LearnersSection(threads=1), 0, base, work, feed)
    trainer.add_callback(grab)
    trainer.train()
    found: Gradient = grab.gradient
    return found


def alone(base: Path) -> Gradient:
    """0.5 / N times the head's loss on each rollout in the loss by itself, by the model's own attention."""
    model: Any = load_model(base)
    attach_mtp(model, base)
    loss = torch.zeros(())
    for place in (0, 2, 3):
        prompt, completion = PROMPTS[place], COMPLETIONS[place]
        ids = torch.tensor([[*prompt, *completion]])
        hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]
        said = model.lm_head(model.mtp(hidden, model.model.embed_tokens(ids[:, 1:])).last_hidden_state)
        logprobs = said[0, :-1].log_softmax(-1).gather(-1, ids[0, 2:, None])[:, 0]
        loss = loss - logprobs[max(0, len(prompt) - 2) :].sum()
    torch.autograd.backward(0.5 * loss / 8)
    return {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in model.named_parameters()}


@pytest.mark.parametrize("budget", [4, 100])
def test_a_stopped_gradient_leaves_the_policys_to_the_bit_and_is_the_heads_own(
    base: Path, tmp_path: Path, budget: int
) -> None:
    without = gradient(base, tmp_path / "without", budget)
    stopped = gradient(base, tmp_path / "stopped", budget, mtp={"weight": 0.5})
    wanted = alone(base)
    assert stopped.keys() == wanted.keys() and any(map(of_head, wanted))
    for name, found in stopped.items():
        if of_head(name):
            torch.testing.assert_close(found, wanted[name], rtol=1e-4, atol=1e-6)
        else:
            assert torch.equal(found, without[name]), name


def test_a_gradient_that_flows_on_moves_trunk_embedding_and_output_layer(base: Path, tmp_path: Path) -> None:
    without = gradient(base, tmp_path / "without")
    flowing = gradient(base, tmp_path / "flowing", mtp={"weight": 0.5, "detach": False})
    wanted = alone(base)
    for name, found in flowing.items():
        torch.testing.assert_close(found, wanted[name] + without.get(name, 0), rtol=1e-3, atol=1e-6)


def trained(base: Path, folder: Path, steps: int, out: str = "out", **changes: Any) -> list[dict[str, float]]:
    lines: list[dict[str, float]] = []
    train(
        section(4, steps=steps, **STEEP, **changes), LearnersSection(threads=1), 0, base, folder / "work",
        folder / out, ScriptedFeed(lambda step: batch(base)), torch.float32, merged=False,
        report=lambda step, metrics: lines.append(metrics),
    )  # fmt: skip
    return lines


def said(lines: list[dict[str, float]]) -> list[tuple[float, ...]]:
    return [tuple(line[name] for name in ("loss", "grad_norm", "mtp/loss")) for line in lines]


def hashes(folder: Path) -> dict[str, str]:
    model = load_model(folder)
    attach_mtp(model, folder)
    return tensor_hashes(weights_of(model))


def test_the_policy_is_the_one_without_and_the_heads_loss_falls(base: Path, tmp_path: Path) -> None:
    """Its gradients are clipped in every step, by norms apart."""
    without = trained(base, tmp_path / "without", 6)
    lines = trained(base, tmp_path / "with", 6, mtp={"learning_rate": 1e-2})
    assert [line["grad_norm"] for line in lines] == [line["grad_norm"] for line in without]
    assert min(line["grad_norm"] for line in lines) > STEEP["max_grad_norm"]
    assert lines[-1]["mtp/loss"] < lines[0]["mtp/loss"] - 0.7
    assert not any("mtp/loss" in line for line in without)
    kept, moved, first = hashes(tmp_path / "without/out"), hashes(tmp_path / "with/out"), hashes(base)
    assert {name for name in kept if kept[name] != moved[name]} == {name for name in kept if of_head(name)}
    assert all(kept[name] == first[name] for name in kept if of_head(name))


def test_a_resumed_head_is_that_of_a_run_that_was_not_killed(base: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"mtp": {"learning_rate": 1e-2}, "save_every": 2}
    through = said(trained(base, tmp_path, 3, **changes))
    assert (tmp_path / "work/checkpoint-2" / MTP_FILE).exists()
    assert said(trained(base, tmp_path, 3, "again", **changes)) == through
    assert hashes(tmp_path / "again") == hashes(tmp_path / "out") != hashes(base)


def test_a_step_in_which_nothing_is_learned_leaves_the_head(base: Path, tmp_path: Path) -> None:
    lines: list[dict[str, float]] = []
    flat = batch_of([0.0] * 4, SMALL, base, [True] * 4)
    train(
        section(4, **STEEP, mtp={}, max_empty_share=1), LearnersSection(threads=1), 0, base, tmp_path / "work",
        tmp_path / "out", ScriptedFeed(lambda step: flat), torch.float32, merged=False,
        report=lambda step, line: lines.append(line),
    )  # fmt: skip
    assert [line["empty"] for line in lines] == [1.0]
    assert hashes(tmp_path / "out") == hashes(base)


def test_a_base_without_a_head_is_refused_and_so_are_adapters(tiny_base: Path, tmp_path: Path) -> None:
    feed = ScriptedFeed(lambda step: pytest.fail("nothing is trained"))
    with pytest.raises(ValueError, match=r"rlvr.mtp: .* holds no head .*train one by sft.mtp"):
        make_trainer(section(4, mtp={}), LearnersSection(threads=1), 0, tiny_base, tmp_path, feed)
    with pytest.raises(ValueError, match="lora: not with mtp"):
        RlvrSection.model_validate({**section(4).model_dump(), "mtp": {}, "lora": {}})


def test_an_engine_that_guesses_is_given_the_head_with_the_model_and_proves_both(base: Path, tmp_path: Path) -> None:
    changed: Any = load_model(base)
    attach_mtp(changed, base)
    with torch.no_grad():
        for weights in changed.parameters():
            weights.add_(0.01)
    served = load_model(base)
    engine = DraftingEngine(served, load_tokenizer(base), 4, detached_head(served, base), 4)
    wanted = tensor_hashes(weights_of(changed))
    assert engine.push(Gathered(changed, torch.float32, with_head=True), 0) == wanted
    assert tensor_hashes(named_in_model(engine.head)) == {n: h for n, h in wanted.items() if of_head(n)}
    # Where the engines do not guess, the model alone goes.
    assert not any(map(of_head, Gathered(changed, torch.float32)))
    assert engine.push(Gathered(changed, torch.float32), 1).keys() == {n for n in wanted if not of_head(n)}
