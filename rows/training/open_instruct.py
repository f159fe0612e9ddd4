"""allenai/open-instruct's RLVR rows (`messages`, `ground_truth`, `dataset`) for the verifier that `dataset` names.

Fields: `messages` (the last turn asks), `ground_truth` (text, or a list of one text), `dataset` (a name, or a list of
one). Names and what is read (open_instruct/ground_truth_utils.py):

| dataset | ground_truth | ours |
|---|---|---|
| `gsm8k`, `math`, `strict_math`, `test` | the answer | `math` |
| `ifeval`, `ifeval_old` | text of a list with `instruction_id` and `kwargs` | `instructions`, fraction |
| `code` | JSON list of asserts | `code`, kind `unit`, fraction |
| `code_stdio` | JSON list of `{"input", "output"}` | `code`, kind `stdio`, fraction |
| `string_matcher`, `puzzle` | a text in a box or after "answer:" | refused: no verifier of ours compares free text |

Other names are refused. Scoring rules of open-instruct differ in this: `math` there takes any of several checkers'
yes, `gsm8k` the last number of the text.
Licence: that of the set. Rows of several verifiers (lists of more than one) are refused.
"""

import ast
from typing import Any

from temper.rows.fields import named, parsed
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("ODC-BY-1.0", note="allenai's RLVR sets; single sources of theirs have terms of their own")
HUB = ("allenai/RLVR-GSM-MATH-IF-Mixed-Constraints", "allenai/RLVR-GSM", "allenai/RLVR-MATH", "allenai/RLVR-IFeval")
_MATH = {"gsm8k", "math", "strict_math", "test"}


def problem(row: RawRow) -> RawRow:
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError(
            f"open_instruct: field 'messages' must be a conversation, got {messages!r:.80}; is it RLVR data?"
        )
    asked = [{"role": one["role"], "content": one["content"]} for one in messages]
    if asked[-1]["role"] == "assistant":
        raise ValueError("open_instruct: field 'messages' ends with the assistant: nothing is asked; mend the row")
    prompt = asked[0]["content"] if len(asked) == 1 and asked[0]["role"] == "user" else asked
    name, truth = only(row.get("dataset"), "dataset"), only(row.get("ground_truth"), "ground_truth")
    judged = judged_by(str(name), truth)
    return {
        "id": named("open-instruct", prompt, name, truth),
        "prompt": prompt,
        **judged,
        "metadata": {"dataset": name},
    }


def only(given: Any, field: str) -> Any:
    """What stands alone, in a list of one or not. Raises ValueError for several."""
    if isinstance(given, list):
        if len(given) != 1:
            raise ValueError(f"open_instruct: field {field!r}: one verifier a row, got {given!r:.80}; leave it out")
        return given[0]
    return given


def judged_by(name: str, truth: Any) -> RawRow:
    """`verifier`, `answer` and `params` for a name of open-instruct's verifiers. Raises ValueError."""
    if name.lower() in _MATH:
        return {"verifier": "math", "answer": str(truth).strip()}
    if name.lower() in ("ifeval", "ifeval_old"):
        return {"verifier": "instructions", "params": {"instructions": _instructions(truth), "score": "fraction"}}
    if name.lower() == "code":
        asserts = truth if isinstance(truth, list) else parsed(str(truth), "ground_truth", "open_instruct")
        return {"verifier": "code", "params": {"tests": {"kind": "unit", "code": "\n".join(map(str, asserts))}}}
    if name.lower() == "code_stdio":
        cases = truth if isinstance(truth, list) else parsed(str(truth), "ground_truth", "open_instruct")
        runs = [{"input": str(case["input"]), "output": str(case["output"])} for case in cases]
        return {"verifier": "code", "params": {"tests": {"kind": "stdio", "cases": runs}, "score": "fraction"}}
    raise ValueError(f"open_instruct: field 'dataset': no verifier of ours judges {name!r:.60}; leave the row out")


def _instructions(truth: Any) -> list[RawRow]:
    if isinstance(truth, str):
        try:
            truth = ast.literal_eval(truth)
        except (ValueError, SyntaxError):
            truth = parsed(truth, "ground_truth", "open_instruct")
    told = truth[0] if isinstance(truth, list) and len(truth) == 1 else truth
    if not isinstance(told, dict) or not isinstance(told.get("instruction_id"), list):
        raise ValueError(
            f"open_instruct: field 'ground_truth': no instruction_id and kwargs, got {told!r:.80}; leave it"
        )
    kwargs = told.get("kwargs") or [None] * len(told["instruction_id"])
    if len(kwargs) != len(told["instruction_id"]):
        raise ValueError("open_instruct: field 'ground_truth': kwargs are not parallel to instruction_id; mend the row")
    return [
        {"id": name, "kwargs": {key: value for key, value in (given or {}).items() if value is not None}}
        for name, given in zip(told["instruction_id"], kwargs, strict=True)
    ]
