"""Dolci RL (allenai/Dolci-Instruct-RL, allenai/Dolci-Think-RL-7B) for the verifier that `dataset` names.

Fields read: `source_prompt` or `messages` (a conversation), else `prompt` ("user: ..." joined), `ground_truth` (a list
of one text), `dataset` (a list of one name), `id` or `custom_id`; and `passrate`, `total_rollouts`,
`total_correct_rollouts`, which become `metadata.right` and `metadata.samples`, what `pass_rate` of a source filters on
(they are counts of their policy, not of yours). Scoring rules as in `open_instruct`. Columns of Dolci-Think-RL-7B were
not seen in its card; a row without these fields is refused.
Licence: ODC-BY-1.0; training is what it is for.
"""

from typing import Any

from temper.rows.fields import named
from temper.rows.licences import Licence
from temper.rows.training.open_instruct import judged_by, only
from temper.verifiers.rows import RawRow

LICENCE = Licence("ODC-BY-1.0")
HUB = ("allenai/Dolci-Instruct-RL", "allenai/Dolci-Think-RL-7B")


def problem(row: RawRow) -> RawRow:
    prompt = _prompt(row)
    name, truth = only(row.get("dataset"), "dataset"), only(row.get("ground_truth"), "ground_truth")
    if not isinstance(name, str) or truth is None:
        raise ValueError(
            f"dolci: fields 'dataset' and 'ground_truth' are missing among {sorted(row)!r:.200}; is it Dolci RL?"
        )
    given = row.get("id") or row.get("custom_id")
    metadata: dict[str, Any] = {"dataset": name}
    if isinstance(row.get("total_rollouts"), int) and isinstance(row.get("total_correct_rollouts"), int | float):
        metadata |= {"samples": row["total_rollouts"], "right": row["total_correct_rollouts"]}
    return {
        "id": f"dolci-{given}" if given else named("dolci", prompt, truth),
        "prompt": prompt,
        **judged_by(name, truth),
        "metadata": metadata,
    }


def _prompt(row: RawRow) -> str | list[RawRow]:
    asked = row.get("source_prompt") or row.get("messages")
    if isinstance(asked, list) and asked:
        messages = [{"role": one["role"], "content": one["content"]} for one in asked if one["role"] != "assistant"]
        return messages[0]["content"] if len(messages) == 1 and messages[0]["role"] == "user" else messages
    if isinstance(row.get("prompt"), str) and row["prompt"].strip():
        return str(row["prompt"]).removeprefix("user: ").strip()
    raise ValueError(f"dolci: no 'source_prompt', 'messages' or 'prompt' among {sorted(row)!r:.200}; is it Dolci RL?")
