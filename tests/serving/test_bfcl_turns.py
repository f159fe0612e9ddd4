"""BFCL's conversations, held and judged by bfcl-eval itself (a venv of its own, `make test-adapters`) with our server:
rows answered as its own truth says pass, others fail, and the file that it writes is read as a benchmark of a suite.

No model is behind the server: what it says is written beforehand, so that the truth of every row is known.
"""

import ast
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_live import ScriptedLive

from temper.pipeline.theirs import read
from temper.policy.bases import TinyBase
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.tiny import write_untrained
from temper.recipes import tiny
from temper.rlvr.section import TransformersEngineSection
from temper.rlvr.suite import TheirsSection
from temper.serving.loading import Loading
from temper.serving.section import ServingSection
from temper.serving.service import Service

pytestmark = pytest.mark.adapters
VENV = Path(__file__).parents[2] / ".venv/adapters/bfcl"
MODEL = "openbmb/MiniCPM-SALA-FC"
"""The package's name of a model that it asks by OpenAI's chat completions, with tools."""
CATEGORY = "multi_turn_base"
RIGHT, WRONG = (0, 1, 2, 4), (3, 5)
"""Rows of the category, its first ones."""


@pytest.fixture
def data() -> Path:
    (found,) = VENV.glob("lib/python3*/site-packages/bfcl_eval/data")
    return found


def calls_of(sources: list[str], parameters: dict[str, list[str]]) -> str:
    """The calls of a turn, written in Python there, as the model would say them."""
    blocks = []
    for source in sources:
        call: Any = ast.parse(source, mode="eval").body
        given = dict(zip(parameters[call.func.id], map(ast.literal_eval, call.args), strict=False))
        given |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        blocks.append(f"<tool_call>\n{json.dumps({'name': call.func.id, 'arguments': given})}\n</tool_call>")
    return "\n".join(blocks)


def script(data: Path) -> Iterator[str]:
    """What the model says, a text a request: in each turn its calls, then that it is done."""
    docs = [
        json.loads(line)
        for path in (data / "multi_turn_func_doc").glob("*.json")
        for line in path.read_text().splitlines()
    ]
    parameters = {doc["name"]: list(doc["parameters"]["properties"]) for doc in docs}
    with (data / f"possible_answer/BFCL_v4_{CATEGORY}.json").open() as lines:
        truth = {row["id"]: row["ground_truth"] for row in map(json.loads, lines)}
    for number in sorted(RIGHT + WRONG):
        for turn in truth[f"{CATEGORY}_{number}"]:
            if number in RIGHT and turn:
                yield calls_of(turn, parameters)
            yield "Done." if number in RIGHT else "I can not."


@pytest.fixture(scope="module")
def long_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a context that holds the signatures of BFCL's classes, in tokens of about a character."""
    base, folder = tmp_path_factory.mktemp("long") / "base", tmp_path_factory.mktemp("long") / "checkpoint"
    section = TinyBase(
        hidden=32, heads=4, kv_heads=2, experts=4, expert_width=16, vocabulary=384, window=16, context=1 << 17,
    )  # fmt: skip
    write_untrained(section, list(tiny.text(300, 0)), seed=0, out=base)
    save(load_model(base), dress(load_tokenizer(base), "instruct"), folder)
    return folder


def bfcl(folder: Path, url: str, *words: str) -> str:
    told = {"BFCL_PROJECT_ROOT": str(folder), "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "none"}
    command = [str(VENV / "bin/bfcl"), *words, "--model", MODEL, "--test-category", CATEGORY]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_its_conversations_over_our_endpoint_end_as_its_own_truth_says(
    tmp_path: Path, data: Path, long_checkpoint: Path, hears: Callable[..., AbstractContextManager[Any]]
) -> None:
    rows = [f"{CATEGORY}_{number}" for number in sorted(RIGHT + WRONG)]
    (tmp_path / "test_case_ids_to_generate.json").write_text(json.dumps({CATEGORY: rows}))
    texts = list(script(data))
    with Loading(long_checkpoint, MODEL).load(TransformersEngineSection(batch=1)) as loaded:
        engine = ScriptedLive(loaded.renderer.tokenizer, texts)
        service = Service(engine, 1).start()
        try:
            with hears(ServingSection(), replace(loaded, service=service)) as url:
                bfcl(tmp_path, url, "generate", "--run-ids", "--temperature", "0", "--num-threads", "1")
                bfcl(tmp_path, url, "evaluate", "--partial-eval")
        finally:
            service.close()
    assert len(engine.asked) == len(texts)
    (file,) = tmp_path.glob(f"score/*/multi_turn/BFCL_v4_{CATEGORY}_score.json")
    scored = read(TheirsSection(path=str(file)), "sft")
    assert {name: one["scores"] for name, one in scored.items()} == {
        f"{CATEGORY}_{number}": [float(number in RIGHT)] for number in sorted(RIGHT + WRONG)
    }
