"""Our verifiers as verl's `compute_score`:

    reward.custom_reward_function.path=PATH_OF_THIS_FILE
    reward.custom_reward_function.name=compute_score

with `TEMPER_GATEWAY=http://127.0.0.1:8100` (several with commas) and, where there is one, `TEMPER_GATEWAY_TOKEN` in the
workers' environment. A row has our problem as JSON text in `extra_info.problem`; without it, `data_source` names the
verifier and `ground_truth` is its answer.

verl knows no "no score": a reward that is not a number ends the step. So what is no score raises `NoScoreError` here,
once ten minutes of trying are over, and verl stops; it is never a 0. verl hands on the whole decoded response without
special tokens, so calls in tags that its tokenizer counts as special are not there to be judged.
"""

import json
import os
from collections.abc import Mapping
from functools import cache

from temper.gateway.clients.plain import Gateway, Json


class NoScoreError(RuntimeError):
    """Abstained, or an error of ours that did not pass."""


def compute_score(
    data_source: str, solution_str: str, ground_truth: Json, extra_info: Mapping[str, Json] | None = None, **_: object
) -> dict[str, float | str]:
    """`score`, and beside it the detail that verl logs. Raises NoScoreError."""
    problem = problem_of(data_source, ground_truth, extra_info or {})
    finding = _gateway().verify(problem, solution_str)
    if finding.score is None:
        raise NoScoreError(f"{problem['id']}: {finding.outcome}: {finding.detail}")
    return {"score": finding.score, "detail": finding.detail}


def problem_of(data_source: str, ground_truth: Json, extra_info: Mapping[str, Json]) -> dict[str, Json]:
    told = extra_info.get("problem")
    if told is not None:
        problem: dict[str, Json] = json.loads(told) if isinstance(told, str) else dict(told)
        return problem
    name = f"{data_source}-{extra_info.get('index', 0)}"
    return {"id": name, "prompt": "?", "verifier": data_source, "answer": ground_truth}


@cache
def _gateway() -> Gateway:
    urls = os.environ.get("TEMPER_GATEWAY", "")
    return Gateway(*(url.strip() for url in urls.split(",") if url.strip()))
