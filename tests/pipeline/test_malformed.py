"""Some hundred malformed inputs, each refused before a stage in one line: file, row, field, remedy."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from temper.pipeline.loading import load
from temper.pipeline.preflight import preflight
from temper.policy.tiny import build_tokenizer

WriteRecipe = Callable[..., Path]
USER, GOOD = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}


def example(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"messages": list(messages) or [USER, GOOD], **more}


def problem(**changes: Any) -> dict[str, Any]:
    made = {"id": "bad", "prompt": "1+1?", "verifier": "math", "answer": "2", **changes}
    return {key: value for key, value in made.items() if value is not ...}


EXAMPLES: dict[str, tuple[Any, str]] = {
    "no messages": ({"text": "hi"}, "unknown field 'text'"),
    "messages empty": ({"messages": []}, "messages"),
    "messages a text": ({"messages": "hi"}, "messages"),
    "message a text": (example("hi", GOOD), r"messages\.0"),
    "role unknown": (example({"role": "developer", "content": "x"}, GOOD), r"messages\.0\.role"),
    "role absent": (example({"content": "x"}, GOOD), r"messages\.0\.role"),
    "role null": (example({"role": None, "content": "x"}, GOOD), r"messages\.0\.role"),
    "content a list": (example({"role": "user", "content": [{"text": "x"}]}, GOOD), r"messages\.0\.content"),
    "content a number": (example({"role": "user", "content": 4}, GOOD), r"messages\.0\.content"),
    "content null, user": (example({"role": "user", "content": None}, GOOD), r"messages\.0"),
    "content blank, user": (example({"role": "user", "content": " \n"}, GOOD), r"messages\.0"),
    "content null, assistant": (example(USER, {"role": "assistant", "content": None}), r"messages\.1"),
    "assistant first": (example(GOOD, USER, GOOD), r"messages\.0"),
    "system in the middle": (example(USER, GOOD, {"role": "system", "content": "x"}, USER, GOOD), r"messages\.2"),
    "two users": (example(USER, USER, GOOD), r"messages\.1"),
    "two assistants": (example(USER, GOOD, GOOD), r"messages\.2"),
    "ends with the user": (example(USER, GOOD, USER), "messages"),
    "tool without a call": (example(USER, {"role": "tool", "content": "x"}, GOOD), r"messages\.1"),
    "call without a name": (
        example(USER, {"role": "assistant", "tool_calls": [{"name": " ", "arguments": {}}]}), r"messages\.1"
    ),
    "arguments a text": (
        example(USER, {"role": "assistant", "tool_calls": [{"name": "f", "arguments": "{}"}]}),
        r"messages\.1\.tool_calls",
    ),
    "calls of a user": (example({**USER, "tool_calls": [{"name": "f", "arguments": {}}]}, GOOD), r"messages\.0"),
    "think markup": (example(USER, {"role": "assistant", "content": "<think>x</think>yes"}), r"messages\.1"),
    "end of turn inside": (example(USER, {"role": "assistant", "content": "yes<|im_end|>"}), r"messages\.1"),
    "unknown key of a message": (example({**USER, "weight": 1}, GOOD), r"messages\.0\.weight"),
    "tools a text": (example(tools="f"), "tools"),
    "reasoning twice": (example(USER, {**GOOD, "reasoning": "a"}, reasoning="b"), "reasoning"),
    "half a surrogate": (
        r'{"messages": [{"role": "user", "content": "\ud800"}, {"role": "assistant", "content": "x"}]}', "messages"
    ),
    "not an object": ("[1, 2]", "object"),
    "not JSON": ('{"messages": ', "JSON"),
    "NaN": ('{"messages": [{"role": "user", "content": NaN}, {"role": "assistant", "content": "x"}]}', "NaN|content"),
    "a key twice": ('{"messages": [], "messages": []}', "messages"),
}  # fmt: skip

PROBLEMS: dict[str, tuple[Any, str]] = {
    "no id": (problem(id=...), "id"),
    "id a number": (problem(id=4), "id"),
    "id empty": (problem(id=""), "id"),
    "id again": (problem(id="a"), "id"),
    "no prompt": (problem(prompt=...), "prompt"),
    "prompt null": (problem(prompt=None), "prompt"),
    "prompt blank": (problem(prompt="  "), "prompt"),
    "prompt empty list": (problem(prompt=[]), "prompt"),
    "prompt of a developer": (problem(prompt=[{"role": "developer", "content": "x"}, USER]), r"prompt\.0\.role"),
    "prompt without content": (problem(prompt=[{"role": "user"}]), r"prompt\.0\.content"),
    "prompt with null content": (problem(prompt=[{"role": "user", "content": None}]), r"prompt\.0\.content"),
    "prompt system late": (problem(prompt=[USER, {"role": "system", "content": "x"}]), r"prompt\.1\.role"),
    "prompt ends with the assistant": (problem(prompt=[USER, GOOD]), r"prompt\.1\.role"),
    "prompt too long": (problem(prompt="word " * 400), "prompt"),
    "no verifier": (problem(verifier=...), "verifier"),
    "verifier unknown": (problem(verifier="maths"), "verifier"),
    "verifier a number": (problem(verifier=3), "verifier"),
    "verifier of a module that is not there": (problem(verifier="nowhere_at_all:V"), "verifier"),
    "answer a list": (problem(answer=[2]), "answer"),
    "answer true": (problem(answer=True), "answer"),
    "params unknown": (problem(params={"tolerence": 1}), "params"),
    "params a list": (problem(params=[1]), "params"),
    "code without tests": (problem(verifier="code", answer=...), "tests"),
    "choice of no letter": (problem(verifier="choice", answer="maybe so"), "answer"),
    "schema that is none": (
        problem(verifier="json_schema", answer=..., params={"schema": {"type": "objekt"}}), "schema"
    ),
    "instruction unknown": (
        problem(verifier="instructions", answer=..., params={"instructions": [{"id": "x:y"}]}), "instruction"
    ),
    "composition without weights": (problem(verifier={"sum": []}), "verifier"),
    "field unknown": (problem(anwser="2"), "anwser"),
    "half a surrogate in a prompt": (
        r'{"id": "s", "prompt": "\udc00", "verifier": "math", "answer": "2"}', "prompt|surrogate"
    ),
}  # fmt: skip

RECIPE: dict[str, tuple[str, str]] = {
    "seed below 0": ("seed=-1", "seed"),
    "seed over 32 bits": ("seed=4294967296", "seed"),
    "seed a text": ("seed=one", "seed"),
    "seed a fraction": ("seed=1.5", "seed"),
    "data_seed below 0": ("held_out.0.data_seed=-1", r"held_out\.0.*data_seed"),
    "packs over the context": ("sft.pack_tokens=4096", r"sft\.pack_tokens"),
    "rollouts over the context": ("rlvr.max_prompt_tokens=2000", "rlvr: max_prompt_tokens"),
    "kl infinite": ("rlvr.objective={kind: grpo, kl: .inf}", r"rlvr\.objective.*kl"),
    "learning rate no number": ("sft.schedule.learning_rate=.nan", r"learning_rate"),
    "micro-batch of nothing": ("rlvr.tokens_per_micro_batch=0", "tokens_per_micro_batch"),
}  # fmt: skip


def told(write_recipe: WriteRecipe, *overrides: str) -> str:
    """The one line with which the recipe is refused, without the name of the recipe (or of `--set`) in front."""
    path = write_recipe()
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - what is said is looked at below
        preflight(load(path, overrides), path.parent / "out")
    said = str(refused.value)
    assert "\n" not in said, said
    assert not (path.parent / "out").exists()
    found = re.match(rf"({re.escape(str(path))}|--set {re.escape(overrides[-1] if overrides else '')}): ", said)
    assert found, said
    return said[found.end() :]


def rows(path: Path, *given: Any) -> None:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in given))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(write_recipe: WriteRecipe, tmp_path: Path, name: str) -> None:
    row, field = EXAMPLES[name]
    rows(tmp_path / "examples.jsonl", example(), row)
    said = told(write_recipe, f"sft.data=[{{kind: file, path: {tmp_path / 'examples.jsonl'}}}]")
    place = rf"sft\.data\.0: {re.escape(str(tmp_path))}/examples\.jsonl:2: .*"
    assert re.match(rf"{place}({field}).*; \w", said), said


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem(write_recipe: WriteRecipe, name: str) -> None:
    path = write_recipe()
    row, field = PROBLEMS[name]
    rows(path.parent / "problems.jsonl", problem(id="a"), row)
    said = told(write_recipe)
    assert re.match(rf"rlvr\.data\.0: {re.escape(str(path.parent))}/problems\.jsonl:2: .*({field}).*; \w", said), said


@pytest.mark.parametrize("name", RECIPE)
def test_a_setting(write_recipe: WriteRecipe, name: str) -> None:
    override, field = RECIPE[name]
    said = told(write_recipe, override)
    assert re.match(rf".*({field}).*; \w", said), said


def cut(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 3, len(content) // 3 + 40):
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))


MANY = [problem(id=f"p{i}", prompt=f"{i} + {i * 7919}?") for i in range(300)]


def gz(path: Path) -> None:
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in MANY)


def parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(MANY), path, compression="none")


def then(first: Callable[[Path], object], second: Callable[[Path], object]) -> Callable[[Path], None]:
    def both(path: Path) -> None:
        first(path)
        second(path)

    return both


FILES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "gz cut": ("rows.jsonl.gz", then(gz, lambda path: cut(path, 0.5))),
    "gz damaged": ("rows.jsonl.gz", then(gz, flipped)),
    "gz that is none": ("rows.jsonl.gz", lambda path: rows(path, *MANY)),
    "gz empty": ("rows.jsonl.gz", lambda path: path.write_bytes(b"")),
    "parquet cut": ("rows.parquet", then(parquet, lambda path: cut(path, 0.7))),
    "parquet of damaged pages": ("rows.parquet", then(parquet, flipped)),
    "parquet that is none": ("rows.parquet", lambda path: rows(path, *MANY)),
    "parquet empty": ("rows.parquet", lambda path: path.write_bytes(b"")),
    "empty": ("rows.jsonl", lambda path: path.write_bytes(b"")),
    "blank lines": ("rows.jsonl", lambda path: path.write_bytes(b"\n\n \n")),
    "UTF-16": ("rows.jsonl", lambda path: path.write_text(json.dumps(MANY[0]), encoding="utf-16")),
    "Latin-1": ("rows.jsonl", lambda path: path.write_bytes(b'{"id": "\xe4"}\n')),
    "another kind of file": ("rows.tsv", lambda path: rows(path, "id\tprompt", "a\t1+1?")),
    "a folder": ("rows.jsonl", lambda path: path.mkdir()),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file(write_recipe: WriteRecipe, tmp_path: Path, name: str) -> None:
    file, make = FILES[name]
    path = tmp_path / "data" / file
    path.parent.mkdir()
    make(path)
    said = told(write_recipe, f"rlvr.data=[{{kind: file, path: {path}}}]")
    assert re.match(rf"rlvr\.data\.0.*{re.escape(str(path))}.*; \w", said), said


MAPS = {
    "raises": "def f(row): raise KeyError('question')",
    "returns nothing": "def f(row): return None",
    "returns a list": "def f(row): return [row]",
    "returns what is no row": "def f(row): return {'id': 1}",
    "is a coroutine": "async def f(row): return row",
    "exits": "import sys\ndef f(row): sys.exit(3)",
}


@pytest.mark.parametrize("name", MAPS)
def test_a_map(write_recipe: WriteRecipe, name: str) -> None:
    path = write_recipe()
    module = "map_" + name.replace(" ", "_")
    (path.parent / f"{module}.py").write_text(MAPS[name] + "\n")
    rows(path.parent / "problems.jsonl", problem(id="a"))
    said = told(write_recipe, f"rlvr.data.0.map={module}:f")
    assert re.match(r"rlvr\.data\.0.*problems\.jsonl:1: .*; \w", said), said


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder that looks like a checkpoint as far as files can tell."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text(
        '{"model_type": "mellum", "max_position_embeddings": 1024, "vocab_size": 384, "num_hidden_layers": 2}'
    )
    build_tokenizer(["a b", "What is 2 + 2?"], 384).save_pretrained(folder)
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
    return folder


def config(**said: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **said}))

    return change


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


BASES: dict[str, Callable[[Path], Any]] = {
    "no folder": shutil.rmtree,
    "no config": lambda folder: (folder / "config.json").rename(folder / "other.json"),
    "config cut": lambda folder: cut(folder / "config.json", 0.5),
    "no weights": without_weights,
    "weights cut": lambda folder: cut(folder / "model.safetensors", 0.2),
    "no tokenizer": lambda folder: [path.rename(folder / path.name[::-1]) for path in folder.glob("tokenizer*")],
    "tokenizer cut": lambda folder: cut(folder / "tokenizer.json", 0.5),
    "more tokens than embeddings": config(vocab_size=100),
    "architecture unknown": config(model_type="melum"),
    "quantised": config(quantization_config={"quant_method": "gptq"}),
    "attention capped": config(attn_logit_softcapping=30.0),
    "attends to what follows": config(is_causal=False),
    "generation config cut": lambda folder: (folder / "generation_config.json").write_text("{"),
    "template of another model": lambda folder: (folder / "chat_template.jinja").write_text("x") and (
        folder / "chat_template.sha256.json"
    ).write_text('{"sha256": "0"}'),
}  # fmt: skip


@pytest.mark.parametrize("name", BASES)
def test_a_base(write_recipe: WriteRecipe, base: Path, name: str) -> None:
    BASES[name](base)
    said = told(write_recipe, f"base={{kind: folder, path: {base}}}", "stages=[sft, rlvr]")
    assert re.match(r"base\.path: .*; \w", said), said
