"""What stands behind a turn: the same text wherever it stands, appended and never encoded again."""

import random
from functools import cache
from typing import Any

import pytest
import tool_templates

from temper.policy.chat import Variant
from temper.policy.rendering import Piece, Renderer
from temper.policy.suffix import Result, Suffixes

TOOLS = [{"type": "function", "function": {"name": "look", "description": "d", "parameters": {"type": "object"}}}]
WORDS = ("a", "world", " ", "  ", "\n", "\n\n", "def f(x):", "你好", "👍", "42", "'s", "é", "{", '"', "\\", "\t")
FORGED = ("<|im_end|>", "<|im_start|>assistant\n", "</tool_response>", "<tool_call>", "<think>", "</s>", "<|eot_id|>")


@cache
def made(name: str, variant: Variant = "instruct", family: str = "qwen") -> tuple[Renderer, Suffixes]:
    tokenizer, ends = tool_templates.dressed(name, variant, family)
    renderer = Renderer(tokenizer)
    return renderer, Suffixes(renderer, ends)


def words(chance: random.Random, forged: bool) -> str:
    known = (*WORDS, *FORGED) if forged else WORDS
    return "x" + "".join(chance.choices(known, k=chance.randint(0, 8))).rstrip() + "y"


def prompt(chance: random.Random) -> list[dict[str, Any]]:
    found = [{"role": "system", "content": words(chance, True)}] if chance.random() < 0.5 else []
    for _ in range(chance.randint(0, 2)):
        found += [
            {"role": "user", "content": words(chance, True)},
            {"role": "assistant", "content": words(chance, False)},
        ]
    return [*found, {"role": "user", "content": words(chance, True)}]


def cycle(chance: random.Random, name: str, thinks: bool) -> tuple[dict[str, Any], list[Result]]:
    """A turn of the assistant that calls, and what the calls come to."""
    calls = [
        {"id": "call00000", "type": "function", "function": {"name": "look", "arguments": {"x": words(chance, False)}}}
        for _ in range(1 if name == "llama" else chance.randint(1, 3))
    ]
    said: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": calls}
    if name in ("ours", "qwen3") and chance.random() < 0.5:
        said["content"] = words(chance, False)
    if thinks:
        said["reasoning"] = said["reasoning_content"] = words(chance, False)
    return said, [Result("look", words(chance, True)) for _ in calls]


def text_of(renderer: Renderer, messages: list[dict[str, Any]], tools: Any) -> str:
    return "".join(piece.text for piece in renderer.pieces(messages, tools, prompt=True))


def encoded(renderer: Renderer, text: str) -> list[int]:
    return [token for part in renderer.tokens([Piece("", None), Piece(text, None, cut=True)]) for token in part]


def dialogue(name: str, variant: Variant, seed: int) -> None:
    """Grows a transcript turn by turn, and holds it against the rendering of the whole conversation."""
    renderer, suffixes = made(name, variant)
    chance = random.Random(seed)
    messages, tools = prompt(chance), TOOLS if chance.random() < 0.5 else None
    suffixes.refuse_row(messages, tools)
    transcript = renderer.prompt_ids(messages, tools)
    for _ in range(chance.randint(1, 4)):
        told, before = text_of(renderer, messages, tools), list(transcript)
        said, results = cycle(chance, name, thinks=variant == "thinking" and name in ("ours", "qwen3"))
        answers = [{"role": "tool", "name": r.name, "tool_call_id": "call00000", "content": r.text} for r in results]
        messages = [*messages, said, *answers]
        longer, suffix = text_of(renderer, messages, tools), suffixes.text(results)
        assert longer.startswith(told) and longer.endswith(suffix)  # every separator is there
        written = longer[len(told) : len(longer) - len(suffix)]
        sampled = encoded(renderer, written)
        assert sampled[-1] in suffixes.ends and suffixes.canonical(
            written[: -len(decode(renderer, sampled[-1:]))], sampled[:-1]
        )
        transcript += sampled
        transcript += suffixes.ids(results, sampled[-1])
        assert transcript[: len(before)] == before
    canonical = [token for part in renderer.tokens(renderer.pieces(messages, tools, prompt=True)) for token in part]
    assert transcript == canonical


def decode(renderer: Renderer, ids: list[int]) -> str:
    text: str = renderer.tokenizer.decode(ids, skip_special_tokens=False)
    return text


@pytest.mark.parametrize("variant", ["instruct", "thinking"])
@pytest.mark.parametrize("name", tool_templates.TEMPLATES)
def test_a_transcript_is_the_canonical_rendering_where_its_turns_were(name: str, variant: Variant) -> None:
    for seed in range(25):
        dialogue(name, variant, seed)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["instruct", "thinking"])
@pytest.mark.parametrize("name", tool_templates.TEMPLATES)
def test_a_thousand_transcripts_are_the_canonical_rendering(name: str, variant: Variant) -> None:
    for seed in range(1_000):
        dialogue(name, variant, seed)


@pytest.mark.parametrize("name", tool_templates.TEMPLATES)
def test_turns_that_were_not_coded_as_the_tokenizer_codes_stay_as_they_were_sampled(name: str) -> None:
    """Letter by letter: the tokens differ there and nowhere else, and `canonical` says so."""
    renderer, suffixes = made(name)
    written = 'hello world "Tokyo"'
    letters = [token for letter in written for token in encoded(renderer, letter)]
    usual = encoded(renderer, written)
    assert letters != usual and decode(renderer, letters) == decode(renderer, usual)
    assert suffixes.canonical(written, usual) and not suffixes.canonical(written, letters)
    results = [Result("look", "4")]
    suffix = suffixes.ids(results, renderer.tokenizer.eos_token_id)
    assert decode(renderer, list(suffix)) == decode(renderer, encoded(renderer, suffixes.text(results)))


def test_results_that_follow_each_other_are_one_turn_of_the_user() -> None:
    _, suffixes = made("ours")
    text = suffixes.text([Result("a", "1"), Result("b", "2")])
    assert text.count("<|im_start|>user") == 1 and text.startswith("\n<|im_start|>user\n<tool_response>\n1\n")
    assert text.endswith("<|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.parametrize("name", tool_templates.TEMPLATES)
@pytest.mark.parametrize("text", [*FORGED, "".join(FORGED), "a\x00b", "\ud800"[:0] + "\ufffd", "x" * 10_000])
def test_no_result_becomes_a_control_token(name: str, text: str) -> None:
    renderer, suffixes = made(name)
    tokenizer = renderer.tokenizer
    special = set(tokenizer.all_special_ids)
    harmless = [token for token in suffixes.ids([Result("f", "ok")], tokenizer.eos_token_id) if token in special]
    assert [t for t in suffixes.ids([Result("f", text)], tokenizer.eos_token_id) if t in special] == harmless


def test_a_turn_that_stops_elsewhere_is_closed_first() -> None:
    """A recipe may name other stop tokens; the template's end of turn then stands before the separator."""
    renderer, suffixes = made("ours")
    end = renderer.tokenizer.eos_token_id
    stop = renderer.tokenizer.convert_tokens_to_ids("</tool_call>")
    results = [Result("f", "1")]
    assert suffixes.ids(results, stop) == (end, *suffixes.ids(results, end))


@pytest.mark.parametrize("family", ["gpt2", "llama, legacy", "gemma", "mistral, first", "metaspace, always"])
def test_a_suffix_is_coded_as_what_goes_on_in_the_middle_of_a_text(family: str) -> None:
    """No blank that a tokenizer puts before a text stands before the separator."""
    renderer, suffixes = made("ours", family=family)
    messages: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
    said = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
    whole = [*messages, said, {"role": "tool", "content": "the world"}]
    canonical = [token for part in renderer.tokens(renderer.pieces(whole, prompt=True)) for token in part]
    suffix = suffixes.ids([Result("f", "the world")], renderer.tokenizer.eos_token_id)
    assert tuple(canonical[-len(suffix) :]) == suffix


REFUSED = {
    "numbers its results": tool_templates.QWEN3.replace(
        "'\\n<tool_response>\\n'", "'\\n<tool_response>' ~ loop.index0 ~ '\\n'"
    ),
    "drops reasoning within a tool cycle": tool_templates.QWEN3.replace(
        "loop.index0 > ns.last_query_index and", "loop.last and"
    ),
    "says the system's text again": tool_templates.QWEN3.replace(
        "{%- if add_generation_prompt %}", "{{- messages[0].content }}{%- if add_generation_prompt %}"
    ),
    "knows no tools": "{%- for m in messages %}{%- if m.role == 'tool' %}{{ raise_exception('no tools') }}{%- endif %}"
    "{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endfor %}",
    "never ends a turn": "{%- for m in messages %}{{- m.role + ': ' }}"
    "{{- (m.content or (m.tool_calls | tojson)) + '\\n' }}{%- endfor %}",
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_template_whose_suffix_is_not_the_same_everywhere_is_refused(why: str) -> None:
    tokenizer, ends = tool_templates.dressed("qwen3")
    tokenizer.chat_template = REFUSED[why]
    with pytest.raises(ValueError, match="^chat template: "):
        Suffixes(Renderer(tokenizer), ends)


def test_a_prompt_that_the_longer_conversation_does_not_begin_with_is_refused() -> None:
    """One whose last user message looks like a result to the template: reasoning before it comes back."""
    _, suffixes = made("ours", "thinking")
    asked = {"role": "user", "content": "hello"}
    thought = {"role": "assistant", "content": "hi", "reasoning": "hm"}
    suffixes.refuse_row([asked, thought, asked], TOOLS)  # reasoning is dropped, before and after
    renderer, plain = made("qwen3")
    plain.refuse_row([asked], TOOLS)
    changed = Suffixes(renderer, plain.ends)
    # The list of tools goes to the last message, which is another one after a result.
    changed.renderer._template = renderer._template.replace(
        "{%- if add_generation_prompt %}",
        "{%- if tools and messages[-1].role == 'user' %}{{ 'tools' }}{%- endif %}{%- if add_generation_prompt %}",
    )
    with pytest.raises(ValueError, match=r"^prompt: the chat template writes other text .* leave the row out"):
        changed.refuse_row([asked], TOOLS)
