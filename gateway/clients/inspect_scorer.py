"""Our verifiers as a scorer of Inspect, and our rows as its samples:

    Task(dataset=samples("problems.jsonl"), solver=generate(), scorer=temper_scorer("http://127.0.0.1:8100"))

What is no score raises, so that Inspect marks the sample as failed (`fail_on_error`, `retry_on_error`) and leaves it
out of the mean.
"""

import asyncio
import json
from pathlib import Path

from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from temper.gateway.clients.plain import Gateway


class NoScoreError(RuntimeError):
    """Abstained, or an error of ours that did not pass."""


def samples(path: str) -> MemoryDataset:
    """A sample a problem of a JSON Lines file."""
    rows = [json.loads(line) for line in Path(path).read_text().splitlines() if line.strip()]
    return MemoryDataset([sample(row) for row in rows])


def sample(problem: dict[str, object]) -> Sample:
    prompt = problem["prompt"]
    text = prompt if isinstance(prompt, str) else "\n\n".join(message["content"] for message in prompt)  # type: ignore[attr-defined]
    answer = problem.get("answer")
    target = answer if isinstance(answer, str) else json.dumps(answer)
    return Sample(input=text, target=target, id=str(problem["id"]), metadata={"problem": json.dumps(problem)})


@scorer(metrics=[mean(), stderr()])
def temper_scorer(*urls: str, token: str | None = None) -> Scorer:
    gateway = Gateway(*urls, token=token)

    async def score(state: TaskState, target: Target) -> Score:
        problem, completion = json.loads(state.metadata["problem"]), state.output.completion
        finding = await asyncio.to_thread(gateway.verify, problem, completion)
        if finding.score is None:
            raise NoScoreError(f"{state.sample_id}: {finding.outcome}: {finding.detail}")
        return Score(value=finding.score, answer=completion, explanation=finding.detail)

    return score
