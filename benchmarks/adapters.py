"""What the adapters make of real rows of public sets, and what our verifiers say of their reference answers.

    python benchmarks/adapters.py ../shared/data [--sandbox local]

Every row is adapted and checked, or refused with a reason that is counted; `reference`: the row's own answer scores 1;
`wrong`: mutations of it that score above 0. IFEval's figures are of GPT-4's published responses, NeMo-Gym's rewards are
held against ours for the recorded completions. Nothing is downloaded.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from temper.pipeline.sources import is_csv
from temper.rows.table import mapping
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Judge
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem, read_csv, read_json_lines

Row = dict[str, Any]
EVALS = {
    "bfcl": "bfcl_v4_*", "gsm_plus": "gsmplus*", "evalplus": "*plus_*every4th*", "ifeval": "ifeval_input*",
    "livecodebench": "livecodebench*", "mmlu_redux": "mmlu_redux*", "multipl_e": "multipl_e*",
}  # fmt: skip
MINI = "humanevalplus_mini*"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--sandbox", choices=("docker", "local"), default="local")
    given = options.parse_args()
    box = open_sandbox(SandboxSection(kind=given.sandbox, slots=1, memory_mb=4096, packages=("reasoning_gym",)))
    try:
        judge = Judge(box, tries=2)
        for name, pattern in {**EVALS, "evalplus ": MINI}.items():
            for path in sorted((given.data / "evals").glob(pattern)):
                show(path, name.strip(), judge)
        for path in sorted((given.data / "nemo_gym").glob("*.example.jsonl.gz")):
            show(path, "nemo_gym", judge)
        show(given.data / "nemo_gym/open_instruct.rlvr_test.jsonl.gz", "open_instruct", judge)
        show(given.data / "nemo_gym/open_instruct.acecode_sample.jsonl.gz", "acecode", judge)
        ifeval(given.data / "evals", judge)
        recorded(given.data / "nemo_gym", judge)
    finally:
        box.close()


def show(path: Path, name: str, judge: Judge) -> None:
    """A line a file: rows adapted, refused by reason, references that score 1, mutations that score above 0."""
    adapt, taken, refused = mapping(name, "problems"), [], Counter[str]()
    try:
        for where, row in read_csv(path) if is_csv(path) else read_json_lines(path, infinite=True):
            try:
                taken.append(parse_problem(adapt(row), where))
            except ValueError as error:
                refused[str(error).replace(f"{where}: ", "")[:110]] += 1
    except ValueError as error:
        refused[str(error)] += 1
    pairs = [(problem, text) for problem in taken for text in reference(problem)]
    right = sum(_score(judgement) == 1 for judgement in judge.judge(pairs))
    wrong = [(problem, text) for problem in taken for text in mutations(problem)]
    passed = sum(_score(judgement) != 0 for judgement in judge.judge(wrong))
    print(f"{path.name:60} {len(taken):4} adapted, reference {right}/{len(pairs)}, wrong {passed}/{len(wrong)}")
    for reason, count in refused.most_common(6):
        print(f"    {count:4} refused: {reason}")


def reference(problem: Problem) -> Iterator[str]:
    match problem.verifier:
        case "code" if problem.params.get("solution"):
            yield f"```python\n{problem.params['solution']}\n```"
        case "reasoning_gym":
            yield f"<answer>{problem.params['entry']['answer']}</answer>"
        case "math" | "choice":
            yield f"\\boxed{{{problem.answer}}}"
        case "tool_calls":
            yield "\n".join(_call(call) for call in problem.answer) or "No tool is needed."


def mutations(problem: Problem) -> Iterator[str]:
    if problem.verifier == "tool_calls":
        answer = problem.answer
        if not answer:
            yield from (_call({"name": tool["function"]["name"], "arguments": {}}) for tool in problem.tools or ())
            return
        first, rest = answer[0], answer[1:]
        more = {**first["arguments"], "one_more": 1}
        others = {key: _other(value) for key, value in first["arguments"].items()}
        yield "\n".join(map(_call, [{**first, "name": first["name"] + "_2"}, *rest]))
        yield "\n".join(map(_call, [{**first, "arguments": more}, *rest]))
        yield "\n".join(map(_call, [*answer, first]))
        yield "\n".join(map(_call, [{**first, "arguments": others}, *rest] if others else rest)) or "None."
    elif problem.verifier == "code" and problem.params["tests"]["kind"] == "unit":
        name = problem.params["tests"]["code"].partition("CALLED = ")[2].split("\n")[0]
        if name:
            yield f"```python\ndef {name}(*args, **kwargs):\n    return None\n```"


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "zq"
        case list():
            return [*value, "zq"]
    return {**value, "zq": 1} if isinstance(value, dict) else "zq"


def _call(call: Row) -> str:
    return f"<tool_call>\n{json.dumps(call)}\n</tool_call>"


def _score(judgement: Any) -> float | None:
    return judgement.verdict.score if judgement.verdict and judgement.verdict.outcome == "scored" else None


def ifeval(folder: Path, judge: Judge) -> None:
    adapt: Callable[[Row], Row] = mapping("ifeval", "problems")
    responses = {
        row["prompt"]: row["response"] for _, row in read_json_lines(folder / "ifeval_gpt4_responses.jsonl.gz")
    }
    rows = [adapt(row) for _, row in read_json_lines(folder / "ifeval_input_data.jsonl.gz")]
    rows = [row for row in rows if row["prompt"] in responses]
    for mode in ("strict", "loose"):
        problems = [parse_problem({**row, "params": {**row["params"], "mode": mode}}, row["id"]) for row in rows]
        verdicts = judge.judge(
            [(problem, responses[row["prompt"]]) for problem, row in zip(problems, rows, strict=True)]
        )
        print(f"ifeval, GPT-4's responses, prompt {mode}: {sum(_score(v) or 0 for v in verdicts) / len(rows):.4f}")


def recorded(folder: Path, judge: Judge) -> None:
    """Recorded rewards against ours. A recorded row often lacks what judges it: then that is the row of the same
    prompt's, where the examples have it."""
    for path in sorted(folder.glob("*.example_rollouts.jsonl.gz")):
        examples = [row for _, row in read_json_lines(Path(str(path).replace("_rollouts", "")))]
        of_prompt = {_prompt(row): row for row in examples}
        for number, (_, row) in enumerate(read_json_lines(path)):
            known = of_prompt.get(_prompt(row), {})
            try:
                problem = parse_problem(mapping("nemo_gym", "problems")(known or row), f"{path.name}:{number}")
            except ValueError as error:
                print(f"{path.name}:{number}: theirs {row['reward']}, not read: {str(error)[:100]}")
                continue
            (judgement,) = judge.judge([(problem, said(row["response"]["output"]))])
            print(f"{path.name}:{number}: theirs {row['reward']}, ours {_score(judgement)}")


def _prompt(row: Row) -> str:
    return json.dumps(row["responses_create_params"].get("input"), sort_keys=True)


def said(items: list[Row]) -> str:
    """The last turn as text: messages, and calls in Hermes form."""
    parts = []
    for item in items:
        if item.get("type") == "message":
            parts.append("".join(part.get("text", "") for part in item["content"]))
        elif item.get("type") == "function_call":
            parts.append(_call({"name": item["name"], "arguments": json.loads(item["arguments"] or "{}")}))
    return "\n".join(parts)


if __name__ == "__main__":
    main()
