"""nvidia/Nemotron-RL-ReasoningGym-v1 (NeMo-Gym's reasoning_gym) as problems for `reasoning_gym`.

Fields beside the request: `question`, `answer`, `metadata` with `source_dataset`. Scoring rule
(resources_servers/reasoning_gym): reasoning-gym's own scorer of that dataset on the answer. Ours is the same scorer
behind the gate of `verifiers/reasoning_gym.py`; an entry that lost its tuples in JSON abstains there.
Licence: CC-BY-4.0 (reasoning-gym: Apache-2.0); training is what it is for.
"""

from temper.rows.fields import named, text
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("nvidia/Nemotron-RL-ReasoningGym-v1",)


def problem(row: RawRow) -> RawRow:
    asked = request(row, "nemo_reasoning")
    metadata = row.get("metadata")
    dataset = metadata.get("source_dataset") if isinstance(metadata, dict) else None
    if not isinstance(dataset, str):
        raise ValueError(f"nemo_reasoning: field 'metadata.source_dataset' must name a dataset, got {dataset!r:.60}")
    entry = {"question": text(row, "question", "nemo_reasoning"), "answer": row.get("answer"), "metadata": metadata}
    return {
        "id": named("nemo-reasoning", asked["prompt"], dataset),
        **asked,
        "verifier": "reasoning_gym",
        "params": {"dataset": dataset, "entry": entry},
    }
