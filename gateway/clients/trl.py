"""Our verifiers as TRL's reward function: `GRPOTrainer(reward_funcs=[temper_reward("http://127.0.0.1:8100")], ...)`.

With addresses a gateway is asked; without any, processes of this machine judge. `None` for what is no score (abstained,
an error of ours): TRL leaves such a completion out of its group's baseline and gives it no advantage. Nothing becomes 0
that is not the completion's fault. A row that is refused ends the training with its field, as any mistake of the data
should.

The dataset's rows are `column(problem)`: one column of JSON text beside the prompt, for Arrow makes one type of the
values that stand in a column.
"""

import atexit
import json
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Protocol

from temper.gateway.clients.plain import Finding, Gateway, Item, Json

Message = Mapping[str, Json]
Rewards = list[float | None]


class RewardFunction(Protocol):
    __name__: str

    def __call__(
        self,
        prompts: Sequence[object],
        completions: Sequence[str | Sequence[Message]],
        problem: Sequence[str],
        **others: object,
    ) -> Rewards: ...


def column(problem: Mapping[str, Json], prompt: object = None) -> dict[str, object]:
    """A row of the dataset for a problem; `prompt` where it is not the problem's own."""
    return {"prompt": problem["prompt"] if prompt is None else prompt, "problem": json.dumps(dict(problem))}


def text_of(completion: str | Sequence[Message]) -> str:
    """What the policy wrote last. TRL takes reasoning and calls out of a message's text; here they stand in it again,
    as verifiers read them."""
    if isinstance(completion, str):
        return completion
    said = next((message for message in reversed(completion) if message["role"] == "assistant"), None)
    if said is None:
        return ""
    reasoning, content = said.get("reasoning_content"), said.get("content")
    text = f"<think>\n{reasoning}\n</think>\n" if reasoning else ""
    text += content if isinstance(content, str) else ""
    for call in said.get("tool_calls") or ():
        function = call.get("function", call)
        told = {"name": function["name"], "arguments": function["arguments"]}
        text += f"\n<tool_call>\n{json.dumps(told)}\n</tool_call>"
    return text


def temper_reward(
    *urls: str, token: str | None = None, patience_s: float = 600.0, sandbox: str = "auto", workers: int = 2
) -> RewardFunction:
    """`sandbox` and `workers` are those of this machine's processes; with addresses they say nothing."""
    judge = Gateway(*urls, token=token, patience_s=patience_s).verify_all if urls else _local(sandbox, workers)

    def temper(
        prompts: Sequence[object],
        completions: Sequence[str | Sequence[Message]],
        problem: Sequence[str],
        **others: object,
    ) -> Rewards:
        items = [(json.loads(row), text_of(text)) for row, text in zip(problem, completions, strict=True)]
        found = judge(items)
        log_metric = others.get("log_metric")
        if callable(log_metric):
            for outcome in ("abstained", "error"):
                share = sum(one.outcome == outcome for one in found) / len(found)
                log_metric(f"temper/{outcome}", share)
        return [one.score for one in found]

    return temper


def _local(sandbox: str, workers: int) -> Callable[[Sequence[Item]], list[Finding]]:
    """Judges in processes of this machine, which start with the first completions."""
    from temper.gateway.processes import ProcessVerifiers
    from temper.sandboxes.section import SandboxSection
    from temper.verifiers.rows import parse_problem

    section = SandboxSection.model_validate({"kind": sandbox})
    started: list[ProcessVerifiers] = []
    lock = Lock()

    def judge(items: Sequence[Item]) -> list[Finding]:
        problems = [(parse_problem(row, f"row {place}", {}, section), text) for place, (row, text) in enumerate(items)]
        with lock:
            if not started:
                started.append(ProcessVerifiers(section, workers, 300.0))
                atexit.register(started[0].close)
        found = started[0].judge(problems)
        return [Finding(one.outcome, one.score, one.detail, one.seconds) for one in found]

    return judge
