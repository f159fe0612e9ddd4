"""The generator of rows that want tools: their calls come to their answers, splits share nothing, SFT has both."""

import json
from typing import get_args

from temper.policy.bases import TinyBase
from temper.policy.special_tokens import SPECIAL_TOKENS
from temper.policy.tiny import build_tokenizer
from temper.recipes import tools
from temper.recipes.generators import GENERATORS
from temper.recipes.tiny import split_of
from temper.sft.documents import Writer
from temper.sft.examples import parse_example
from temper.verifiers.judging import Judge
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Keeper
from temper.verifiers.sessions.session import Exchange


def test_prompts_of_a_split_are_distinct_and_stand_in_it_alone() -> None:
    asked = {split: [row["prompt"] for row in tools.problems(split, 400, 0)] for split in ("train", "held_out")}
    for split, prompts in asked.items():
        assert len(set(prompts)) == 400 and {split_of(prompt) for prompt in prompts} == {split}
    examples = {row["messages"][0]["content"] for row in tools.examples("train", 400, 0)}
    assert not examples & set(asked["held_out"]) and len(examples) == 400
    assert (
        list(tools.problems("train", 9, 3))
        == list(tools.problems("train", 9, 3))
        != list(tools.problems("train", 9, 4))
    )


def test_a_tables_call_comes_to_the_answer_and_a_guess_is_wrong() -> None:
    calls = {
        row["messages"][0]["content"]: row["messages"][1].get("tool_calls") for row in tools.examples("train", 200, 0)
    }
    assert 0.3 < sum(made is None for made in calls.values()) / len(calls) < 0.5
    for index, row, call in tools._rows("train", 60, 0, "problems"):
        problem = parse_problem({"id": str(index), **row}, "row")
        if call["name"] == "python":
            a, b = map(int, call["arguments"]["code"].split(" * "))
            assert problem.answer == str(a * b)
            continue
        text = f"<tool_call>\n{json.dumps(call)}\n</tool_call>"
        heard = Keeper().answer(Asked("k", problem, (), text))
        assert [(one.text, one.fault) for one in heard.answered] == [(problem.answer, "")]
        turns = (Exchange(text, heard.answered), Exchange(f"\\boxed{{{problem.answer}}}"))
        assert Judge().judge([(problem, turns[-1].text, turns)])[0].score == 1.0


def test_examples_are_conversations_that_may_be_trained_on() -> None:
    for index, row in enumerate(tools.examples("train", 40, 1)):
        example = parse_example(row, str(index))
        assert [turn.role for turn in example.messages] in (
            ["user", "assistant"],
            ["user", "assistant", "tool", "assistant"],
        )
        assert example.messages[-1].content.endswith("}") and example.tools


def test_calls_to_pre_train_on_read_as_the_lines_that_the_tokenizer_learns() -> None:
    lines, rows = tools.tokenizer_lines(), list(tools.calls("train", 40, 0))
    tokenizer = build_tokenizer(lines, 512)
    writer = Writer(tokenizer)
    said = [tokenizer.decode(writer.example(parse_example(row, "r"))) for row in rows if "messages" in row]
    assert len(set(said)) == 38 and set(said) <= set(lines)
    assert [row["text"] for row in rows if "text" in row] == [line for line in lines[:50] if "# Tools" in line][:2]
    assert {split_of(row["messages"][0]["content"]) for row in rows if "messages" in row} == {"train"}


def test_the_text_of_a_base_holds_control_tokens_only_where_it_is_dialogues() -> None:
    found = {}
    for name in get_args(TinyBase.model_fields["text"].annotation):
        text = "".join(GENERATORS[name].tokenizer_lines()[:3_000])
        found[name] = {token for token in SPECIAL_TOKENS if token in text}
    marks = {"<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"}
    assert found == {"tiny": set(), "tools": marks, "mixed": set()}
