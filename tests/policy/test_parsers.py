"""What our templates write comes back through vLLM's own parsers and renders again to the same text."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from temper.policy.chat import dress
from temper.policy.checkpoint import load_tokenizer
from temper.rlvr.engines import vllm_engine

pytestmark = pytest.mark.vllm
SCRIPT = """
import json, sys
sys.path.append(sys.argv[1])
from transformers import AutoTokenizer
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager

tokenizer = AutoTokenizer.from_pretrained(sys.argv[2])
reasoning_parser = ReasoningParserManager.get_reasoning_parser("qwen3")(tokenizer)
tools = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]
request = ChatCompletionRequest(model="m", messages=[{"role": "user", "content": "x"}], tools=tools)
for line in sys.stdin:
    thinks, text = json.loads(line)
    reasoning, content = reasoning_parser.extract_reasoning(text, request) if thinks else (None, text)
    found = ToolParserManager.get_tool_parser("hermes")(tokenizer, request.tools).extract_tool_calls(content, request)
    calls = [call.model_dump() for call in found.tool_calls]
    print("parsed", json.dumps({"reasoning": reasoning, "content": found.content, "tool_calls": calls}))
"""
CALLS = [
    {"name": "add", "arguments": {"a": 1, "b": [1.5, None, True], "c": {"d": '\u00e9 "q" \\n <3'}}},
    {"name": "add", "arguments": {}},
]
TURNS: list[dict[str, Any]] = [
    {"reasoning": "Think.", "content": "Said."},
    {"reasoning": "Two\n\nparagraphs.", "content": "One\n\ntwo\n"},
    {"reasoning": "Call.", "content": "", "tool_calls": CALLS[:1]},
    {"reasoning": "Call.", "content": "Calling.", "tool_calls": CALLS},
    {"reasoning": "Braces {} and </tool_call>", "content": "  indented"},
    {"content": "No thinking.", "tool_calls": CALLS[1:]},
    {"content": "Plain.\n"},
    {"content": "", "tool_calls": CALLS},
]


def rendered(tokenizer: Any, turn: dict[str, Any], *later: dict[str, Any]) -> str:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", **turn}, *later]
    return str(tokenizer.apply_chat_template(messages, tokenize=False))


def parsed(folder: Path, texts: list[tuple[bool, str]]) -> list[dict[str, Any]]:
    if lack := vllm_engine.lacking():
        assert os.environ.get("TEMPER_REQUIRE_VLLM") != "1", lack
        pytest.skip(lack)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(vllm_engine.FOLDER), str(folder)],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("parsed ")]
    return [json.loads(line.removeprefix("parsed ")) for line in lines]


@pytest.mark.parametrize("variant", ["thinking", "instruct"])
def test_a_turn_comes_back_as_it_was_written(tiny_base: Path, tmp_path: Path, variant: Any) -> None:
    tokenizer = dress(load_tokenizer(tiny_base), variant)
    tokenizer.save_pretrained(tmp_path)
    thinks = variant == "thinking"
    turns = [turn for turn in TURNS if ("reasoning" in turn) == thinks]
    head = rendered(tokenizer, {"content": ""}).removesuffix("<|im_end|>\n")
    texts = [rendered(tokenizer, turn).removeprefix(head).removesuffix("<|im_end|>\n") for turn in turns]
    found = parsed(tmp_path, [(thinks, text) for text in texts])
    assert len(found) == len(turns)
    for turn, text, back in zip(turns, texts, found, strict=True):
        assert [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in back["tool_calls"]] == [
            (call["name"], call["arguments"]) for call in turn.get("tool_calls", [])
        ]
        assert rendered(tokenizer, back) == f"{head}{text}<|im_end|>\n"
        later = {"role": "user", "content": "And?"}
        assert rendered(tokenizer, back, later) == rendered(tokenizer, turn, later)
