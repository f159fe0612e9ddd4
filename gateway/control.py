"""`temper gateway --check URL`: rows of known verdicts, sent as anybody would send them.

One problem a verifier, judged on its own probes: the right answer, an empty one, garbage, one that cheats. What needs a
service or a package that the gateway has not been given is said and is no failure.
"""

import time
from dataclasses import dataclass

from temper.gateway.clients.plain import Gateway
from temper.verifiers.problem import Problem
from temper.verifiers.table import verifier_for

NEEDED = {"judge": "endpoint", "http": "url"}
"""What only the gateway's configuration may say."""
SLOW_S = 5.0
"""Seconds of one verdict over which a gateway is called slow."""
PATIENCE_S = 10.0
_CALL = {
    "kind": "call",
    "entry_point": "double",
    "cases": [{"args": [4], "expected": 8}, {"args": [7], "expected": 14}],
}
_TIME = {"type": "function", "function": {"name": "time_in", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}  # fmt: skip
_SUM = {"source_dataset": "chain_sum", "source_index": 0, "expression": "4 - 1 - 7", "num_terms": 3, "num_digits": 1}
CONTROLS = tuple(
    Problem.model_validate({"id": f"control-{row['verifier']}", "prompt": "?", **row})
    for row in (
        {"verifier": "math", "answer": "\\frac{3}{4}"},
        {"verifier": "code", "params": {"tests": _CALL, "solution": "def double(x):\n    return 2 * x"}},
        {"verifier": "choice", "answer": "B"},
        {"verifier": "json_schema", "answer": {"a": 1}, "params": {"schema": {"type": "object", "required": ["a"]}}},
        {"verifier": "instructions", "answer": "fine",
         "params": {"instructions": [{"id": "punctuation:no_comma", "kwargs": {}}]}},
        {"verifier": "tool_calls", "tools": [_TIME], "answer": [{"name": "time_in", "arguments": {"city": "Rome"}}]},
        {"verifier": "reasoning_gym",
         "params": {"dataset": "chain_sum", "entry": {"question": "?", "answer": "-4", "metadata": _SUM}}},
        {"verifier": "judge", "params": {"rubric": "Is it polite?"}},
        {"verifier": "http"},
    )
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """Of one verifier."""

    name: str
    good: bool
    what: str

    @property
    def line(self) -> str:
        return f"{'ok' if self.good else '--':3} {self.name:16} {self.what}"


def check(url: str, token: str | None) -> list[Check]:
    """A line a verifier of the table. Raises ValueError for a gateway that does not answer."""
    gateway = Gateway(url, token=token, patience_s=PATIENCE_S, answer_s=60.0, name="check")
    told = gateway.get("/verifiers")["verifiers"]
    return [_check(gateway, problem, told[str(problem.verifier)]["configured"]) for problem in CONTROLS]


def _check(gateway: Gateway, problem: Problem, configured: list[str]) -> Check:
    name = str(problem.verifier)
    if name in NEEDED and NEEDED[name] not in configured:
        return Check(name, True, f"not configured: the gateway's --config names no {NEEDED[name]}")
    probes = verifier_for(problem).probes(problem)
    row, slowest_s, wrong = problem.model_dump(exclude_defaults=True), 0.0, list[str]()
    for what, completion, expected in probes:
        start = time.perf_counter()
        try:
            finding = gateway.verify(row, completion)
        except ValueError as error:
            missing = "sandbox.packages" in str(error)
            return Check(name, missing, f"not configured: {error}" if missing else str(error))
        slowest_s = max(slowest_s, time.perf_counter() - start)
        if finding.outcome == "error" or (expected is not None and finding.score != expected):
            got = finding.detail if finding.outcome == "error" else f"{finding.score} for {expected}: {finding.detail}"
            wrong.append(f"{what}: {got}")
    if wrong:
        return Check(name, False, f"wrong: {'; '.join(wrong)}")
    slow = "slow: " if slowest_s > SLOW_S else ""
    return Check(name, not slow, f"{slow}{len(probes)} verdicts, the slowest took {slowest_s:.3f} s")
