"""NeMo-Gym's `/verify`: its rows and responses as ours, and our judgement as its reward.

A row is told by its fields, which are the resources server's own. One that no verifier of ours judges by itself (a
workplace, a number of its own tools) is refused. NeMo-Gym knows no "no score": what is none has reward 0
and `mask_sample`, which NeMo RL honours, and is counted as what it was.
"""

import json
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from temper.verifiers.judging import Judgement
from temper.verifiers.reading import strict_json

Row = Mapping[str, JsonValue]
OURS = ("responses_create_params", "response")


def is_one(row: Row) -> bool:
    return all(isinstance(row.get(key), dict) for key in OURS)


def item_of(row: Row, where: str) -> dict[str, JsonValue]:
    """`{"problem", "completion"}`. Raises ValueError for a row of another server."""
    for fields, problem in KINDS:
        if all(row.get(name) is not None for name in fields):
            made = problem(row)
            break
    else:
        known = "; ".join(", ".join(fields) for fields, _ in KINDS)
        raise ValueError(f"{where}: no row that a verifier of ours judges; these fields tell one: {known}")
    name = row.get("id") or row.get("uuid") or row.get("hash_id") or "nemo-gym"
    tools = [{"type": "function", "function": tool} for tool in _list(_object(row["responses_create_params"]), "tools")]
    problem_: dict[str, JsonValue] = {"id": str(name), "prompt": "?", **made}
    if tools:
        problem_["tools"] = tools  # type: ignore[assignment]
    return {"problem": problem_, "completion": text_of(row, made["verifier"] == "tool_calls")}


def answer_to(row: Row, judgement: Judgement) -> dict[str, object]:
    score = judgement.score
    told: dict[str, object] = {**row, "reward": 0.0 if score is None else score, "temper_detail": judgement.detail}
    return told if score is not None else {**told, "mask_sample": True, "temper_outcome": judgement.outcome}


def text_of(row: Row, calls: bool) -> str:
    """What the policy wrote last, with its reasoning; with `calls` also every call that it made."""
    output = [_object(item) for item in _list(_object(row["response"]), "output")]
    text = next((_said(item) for item in reversed(output) if item.get("type") == "message"), "")
    if calls:
        made = [item for item in output if item.get("type") == "function_call"]
        text = "\n".join([text, *(f"<tool_call>\n{_call(item)}\n</tool_call>" for item in made)])
    last = output[-2] if len(output) > 1 else {}
    if last.get("type") == "reasoning" and "</think>" not in text:
        text = f"<think>\n{_reasons(last)}\n</think>\n{text}"
    return text


def _said(item: Row) -> str:
    parts = [_object(part) for part in _list(item, "content")]
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") == "output_text")


def _reasons(item: Row) -> str:
    return "\n".join(str(_object(part).get("text", "")) for part in _list(item, "summary")).replace("</think>", "")


def _call(item: Row) -> str:
    """As the chat template writes calls. Arguments that are no JSON stay as they are, which no verifier reads."""
    arguments = str(item.get("arguments") or "{}")
    return f'{{"name": {json.dumps(item.get("name"))}, "arguments": {arguments}}}'


def _code(row: Row) -> dict[str, JsonValue]:
    tests = _object(_object(row["verifier_metadata"]).get("unit_tests"))
    pairs = zip(_list(tests, "inputs"), _list(tests, "outputs"), strict=True)
    cases: list[JsonValue] = [{"input": given, "output": wanted} for given, wanted in pairs]
    return {"verifier": "code", "params": {"tests": {"kind": "stdio", "cases": cases}}}


def _instructions(row: Row) -> dict[str, JsonValue]:
    pairs = zip(_list(row, "instruction_id_list"), _list(row, "kwargs"), strict=True)
    told: list[JsonValue] = [
        {"id": name, "kwargs": {key: value for key, value in _object(given).items() if value is not None}}
        for name, given in pairs
    ]
    return {"verifier": "instructions", "params": {"instructions": told}}


def _schema(row: Row) -> dict[str, JsonValue]:
    return {"verifier": "json_schema", "params": {"schema": strict_json.loads(str(row["schema_str"]))}}


def _choice(row: Row) -> dict[str, JsonValue]:
    choices: list[JsonValue] = [str(next(iter(_object(option).values()))) for option in _list(row, "options")]
    return {"verifier": "choice", "answer": row["expected_answer"], "params": {"choices": choices}}


def _result(row: Row) -> dict[str, JsonValue]:
    return {"verifier": "math", "answer": str(row["expected_result"]).replace("\\(", "").replace("\\)", "").strip()}


def _math(row: Row) -> dict[str, JsonValue]:
    return {"verifier": "math", "answer": row["expected_answer"]}


def _gym(row: Row) -> dict[str, JsonValue]:
    metadata = _object(row["metadata"])
    entry: dict[str, JsonValue] = {"question": row["question"], "answer": row["answer"], "metadata": metadata}
    return {"verifier": "reasoning_gym", "params": {"dataset": metadata.get("source_dataset"), "entry": entry}}


def _calls(row: Row) -> dict[str, JsonValue]:
    return {"verifier": "tool_calls", "answer": row["expected_answers"]}


def _action(row: Row) -> dict[str, JsonValue]:
    action = _object(row["expected_action"])
    if action.get("type") != "function_call":
        return {"verifier": "tool_calls", "answer": []}
    arguments = strict_json.loads(str(action.get("arguments") or "{}"))
    return {"verifier": "tool_calls", "answer": [{"name": action.get("name"), "arguments": arguments}]}


def _calendar(row: Row) -> dict[str, JsonValue]:
    events: list[JsonValue] = [_object(event) for event in _object(row["exp_cal_state"]).values()]
    return {"verifier": "calendar", "params": {"events": events}}


KINDS: Sequence[tuple[tuple[str, ...], Callable[[Row], dict[str, JsonValue]]]] = (
    (("verifier_metadata",), _code),
    (("instruction_id_list", "kwargs"), _instructions),
    (("schema_str",), _schema),
    (("options", "expected_answer"), _choice),
    (("question", "answer", "metadata"), _gym),
    (("question", "expected_answer"), _math),
    (("expected_result",), _result),
    (("expected_answers",), _calls),
    (("expected_action",), _action),
    (("exp_cal_state",), _calendar),
)
"""The fields by which a server's row is known, the first that fits, and what it is for us."""


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {type(value).__name__}")
    return value


def _list(value: Row, key: str) -> list[JsonValue]:
    found = value.get(key) or []
    if not isinstance(found, list):
        raise ValueError(f"field {key!r}: expected a list, got {type(found).__name__}")
    return found
