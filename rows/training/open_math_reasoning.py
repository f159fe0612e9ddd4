"""nvidia/OpenMathReasoning (arXiv 2504.16891) as problems for `math` and as examples.

Fields: `problem`, `expected_answer`, `problem_type` (`has_answer_extracted`, `no_answer_extracted`,
`converted_proof`), `problem_source`, `generated_solution`, `pass_rate_72b_tir` ("0.21875", of 32 samples, or "n/a"),
`inference_mode`. Scoring rule: the boxed answer equals `expected_answer`. Rows without an answer of their source
are refused as problems: the majority of a model's answers stands in them. The pass rate becomes `metadata.right` and
`metadata.samples`. Examples: the solution's `<think>` part is the reasoning.
Licence: CC-BY-4.0; training is what it is for.
"""

from temper.rows.fields import named, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("nvidia/OpenMathReasoning",)
SAMPLES = 32
"""Behind `pass_rate_72b_tir`."""


def problem(row: RawRow) -> RawRow:
    question, answer = text(row, "problem", "open_math_reasoning"), text(row, "expected_answer", "open_math_reasoning")
    kind = row.get("problem_type", "has_answer_extracted")
    if kind != "has_answer_extracted":
        raise ValueError(
            f"open_math_reasoning: field 'problem_type': {kind!r:.40} has no answer of its source; leave it"
        )
    rate = str(row.get("pass_rate_72b_tir") or "n/a")
    counted = rate.replace(".", "", 1).isdigit() and 0 <= float(rate) <= 1
    metadata = {"samples": SAMPLES, "right": round(float(rate) * SAMPLES)} if counted else {}
    return {
        "id": named("open-math-reasoning", question),
        "prompt": question,
        "verifier": "math",
        "answer": answer.strip(),
        "metadata": metadata,
    }


def example(row: RawRow) -> RawRow:
    question, solution = (
        text(row, "problem", "open_math_reasoning"),
        text(row, "generated_solution", "open_math_reasoning"),
    )
    thought, closed, said = solution.partition("</think>")
    answer = {"role": "assistant", "content": (said if closed else solution).strip()}
    if closed:
        answer["reasoning"] = thought.removeprefix("<think>").strip()
    return {"messages": [{"role": "user", "content": question}, answer]}
