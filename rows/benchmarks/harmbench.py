"""HarmBench (walledai/HarmBench and the repository's CSV, arXiv 2402.04249) as problems for `judge` with a classifier.

Fields: `Behavior`, `FunctionalCategory` (standard, contextual, copyright), `SemanticCategory`, `ContextString`,
`BehaviorID`; the Hub's `prompt`, `category`, `context`. The request is put as it stands, behind its context where it
has one. Scoring rule: 1 where the published classifier (cais/HarmBench-Llama-2-13b-cls) says that the completion does
what was asked, so lower is better (the attack success rate of direct requests). Its prompt stands on its card and
goes, with `{prompt}` and `{completion}`, into the recipe's `verifiers.judge.template`. Rows of copyright are judged by
hashes of the texts, which are not here: such a row is refused. Licence: MIT.
"""

from temper.rows.fields import named, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("MIT", note="requests for harm: for measuring refusals")
HUB = ("walledai/HarmBench",)


def problem(row: RawRow) -> RawRow:
    category = str(row.get("FunctionalCategory") or row.get("category") or "").strip().lower()
    if category == "copyright":
        raise ValueError("harmbench: a row of copyright is judged by hashes, which are not here; leave it out")
    request = text(row, "Behavior" if "Behavior" in row else "prompt", "harmbench").strip()
    context = str(row.get("ContextString") or row.get("context") or "").strip()
    return {
        "id": str(row.get("BehaviorID") or named("harmbench", request + context)),
        "prompt": f"{context}\n\n---\n\n{request}" if context else request,
        "verifier": "judge",
        "metadata": {"category": category or "standard", "subject": str(row.get("SemanticCategory") or "")},
    }
