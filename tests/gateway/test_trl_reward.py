"""Stock TRL with our reward function: here, and through a gateway that is gone for a while in the midst of it."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from served import ECHO, MATH, ONE, Served, does

from temper.gateway.clients.trl import RewardFunction, column, temper_reward, text_of

NO_COMMA: dict[str, Any] = {
    "id": "i", "prompt": "Write.", "verifier": "instructions",
    "params": {"instructions": [{"id": "punctuation:no_comma", "kwargs": {}}]},
}  # fmt: skip
UNREADABLE = {**MATH, "id": "u", "params": {"unreadable": "abstain"}, "answer": "\\frac{1}{"}
ROWS = [column(row) for row in (NO_COMMA, MATH, ECHO, UNREADABLE)]


class Recording:
    """A reward function that keeps what it gave, and tells before each call."""

    __name__ = "temper"

    def __init__(self, inner: RewardFunction, before: Callable[[int], None] = lambda call: None) -> None:
        self.inner, self.before = inner, before
        self.given: list[list[float | None]] = []

    def __call__(self, **given: Any) -> list[float | None]:
        self.before(len(self.given))
        self.given.append(self.inner(**given))
        return self.given[-1]


def train(base: Path, out: Path, reward: Recording) -> list[list[float | None]]:
    """Two steps of GRPO; the rewards of each."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    config = GRPOConfig(
        output_dir=str(out), use_cpu=True, bf16=False, gradient_checkpointing=False, report_to="none", seed=3,
        per_device_train_batch_size=8, num_generations=2, max_completion_length=8, max_steps=2, learning_rate=1e-3,
        save_strategy="no", disable_tqdm=True, shuffle_dataset=False,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(base), args=config, reward_funcs=[reward],
        train_dataset=Dataset.from_list(ROWS * 2), processing_class=AutoTokenizer.from_pretrained(base),
    )  # fmt: skip
    trainer.train()
    return reward.given


@pytest.mark.whole
@pytest.mark.filterwarnings("ignore")
def test_grpo_gets_the_same_rewards_here_and_from_a_gateway_that_is_gone_for_five_seconds(
    tiny_base: Path, tmp_path: Path, serve: Callable[..., AbstractContextManager[Served]]
) -> None:
    here = train(tiny_base, tmp_path / "here", Recording(temper_reward(sandbox="local", workers=1)))
    with ExitStack() as gateways:
        first = gateways.enter_context(serve())

        def come_back() -> None:
            time.sleep(4)
            gateways.enter_context(serve(port=first.port))

        back = threading.Thread(target=come_back)

        def before(call: int) -> None:
            if call == 1:
                first.process.kill()
                first.process.wait()
                back.start()

        away = train(tiny_base, tmp_path / "away", Recording(temper_reward(first.url, token=ONE), before))
        back.join()
    assert here == away and len(here) == 2
    given = {reward for step in here for reward in step}
    assert {0.0, 1.0, None} <= given, "right ones, wrong ones, and a row that nobody can judge"


def test_what_is_no_score_is_none_and_counted(gateway: Served) -> None:
    told: dict[str, float] = {}
    reward = temper_reward(gateway.url, token=ONE, patience_s=0)
    rows = [json.dumps(row) for row in (MATH, does("")[0], UNREADABLE, MATH)]
    texts = ["\\boxed{42}", "broken", "1", "no"]
    found = reward(["?"] * 4, texts, rows, log_metric=told.__setitem__, completion_ids=[[1]] * 4)
    assert found == [1.0, None, None, 0.0]
    assert told == {"temper/abstained": 0.25, "temper/error": 0.25}


SAID: list[tuple[str | Sequence[dict[str, Any]], str]] = [
    ("plain", "plain"),
    ([{"role": "assistant", "content": "said"}], "said"),
    ([{"role": "assistant", "content": "a", "reasoning_content": "why"}], "<think>\nwhy\n</think>\na"),
    (
        [
            {"role": "assistant", "content": "1"},
            {"role": "tool", "content": "9"},
            {"role": "assistant", "content": "2"},
        ],
        "2",
    ),
    (
        [{"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}]}],
        '\n<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>',
    ),
    ([], ""),
]


@pytest.mark.parametrize(("completion", "text"), SAID)
def test_the_text_of_messages_is_what_the_policy_wrote_last(
    completion: str | Sequence[dict[str, Any]], text: str
) -> None:
    assert text_of(completion) == text
