"""An extension that trains: texts, repositories and examples in one mixture, in packs of the new context."""

import json
import subprocess
from pathlib import Path

import pytest

from temper.policy.checkpoint import load_model, load_tokenizer

RECIPE = """
extends: temper:tiny/instruct
name: long
base: {hidden: 32, expert_width: 16, experts: 4, context: 64, train: null}
stages: [extend]
extend:
  factor: null
  context: 256
  train:
    data:
      - {kind: file, path: texts.jsonl}
      - {kind: file, path: code.jsonl}
      - {kind: generated, rows: 60}
    reasoning_share: 0.5
    pack_tokens: 256
    packs_per_step: 2
    steps: 4
    schedule: {learning_rate: 1.0e-3, min_learning_rate: 1.0e-4, warmup_steps: 1, decay: hold, decay_steps: 2}
    save_every: 2
"""


@pytest.mark.whole
def test_an_extension_trains_on_packed_documents_of_the_new_context(tmp_path: Path) -> None:
    texts = [{"text": f"the number {i} is followed by {i + 1}. " * 8} for i in range(40)]
    files = [{"path": "a.py", "content": "x = 1\n" * 4}, {"path": "b.py", "content": "import a\n"}]
    for name, rows in (("texts", texts), ("code", [{"repository": "a/b", "files": files}] * 10)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "long.yaml").write_text(RECIPE)
    done = subprocess.run(
        ["temper", "run", "long.yaml", "--out", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (stage,) = (tmp_path / "out/stages").glob("extend-*/stage.json")
    result = json.loads(stage.read_text())["result"]
    assert result["context"] == 256
    assert result["prepared_samples"] + result["dropped_reasoning_sampled_out"] + result["dropped_too_long"] == 110
    assert 15 <= result["dropped_reasoning_sampled_out"] <= 45
    trained, tokens, samples = (result[f"prepared_{name}"] for name in ("trained_tokens", "tokens", "samples"))
    assert trained == tokens - samples  # all but each document's first
    checkpoint = stage.parent / "checkpoint"
    rope = load_model(checkpoint).config.rope_parameters
    assert [rope[kind]["rope_type"] for kind in ("full_attention", "sliding_attention")] == ["yarn", "default"]
    assert load_tokenizer(checkpoint).chat_template is None
    lines = [json.loads(line) for line in (tmp_path / "out/long/metrics.jsonl").read_text().splitlines()]
    assert [round(line["learning_rate"] * 1e3, 3) for line in lines if "learning_rate" in line] == [
        0.5,
        1.0,
        1.0,
        0.55,
    ]  # warm-up of 1 step: 1 / 2 of the peak
