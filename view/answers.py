"""What a page asks of the runs, by path, as JSON: the same for the server and for a page that opens from disk.

runs                              the list
run/NAME                          curves, stages, recipe
run/NAME/step/STEP                a step's groups
run/NAME/group/STEP/GROUP         a group; STEP is 12, validation-10 or eval-rlvr
run/NAME/text/STEP/GROUP/PLACE    a completion whole
run/NAME/tokens/STEP/GROUP/PLACE  its tokens
run/NAME/problem/ID               a problem over the steps
run/NAME/search?text=...          rollouts
run/NAME/sft                      rendered examples
compare/NAME/OTHER                the problems of two runs
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import JsonValue

from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges, exchanges_of
from temper.verifiers.shown import shown
from temper.view.rendered_rows import Shown
from temper.view.rollouts import OF_PROBLEM, Json
from temper.view.runs import Run, Runs, compare

if TYPE_CHECKING:
    from temper.verifiers.judging import Judgement

Judging = Callable[[Path, Problem, str, Exchanges], "Judgement"]
"""Judges a completion, with the turns of its rollout, as the run in this folder would today."""
Rendering = Callable[[Path], Iterable[Shown]]
"""Real rows as the run in this folder trains on them."""
Spelling = Callable[[Path, list[int]], list[str]]
"""Texts of tokens by the tokenizer in this checkpoint; none where it cannot be read."""
MOST_TOKENS = 20_000


@dataclass
class Answers:
    """Of the runs under one folder. Raises LookupError for what is not there, ValueError for what cannot be read."""

    runs: Runs
    judging: Judging | None = None
    """None: nothing is judged again."""
    rendering: Rendering | None = None
    spelling: Spelling | None = None
    """None: tokens are shown as numbers."""

    def answer(self, asked: str) -> Json:
        """To a path with its query."""
        parts = urlsplit(asked)
        words = [unquote(word) for word in parts.path.strip("/").split("/")]
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        match words:
            case ["runs"]:
                return {"runs": [run.brief() for run in self.runs.all()]}
            case ["run", name]:
                return self.runs.one(name).overview()
            case ["run", name, page, *rest]:
                return self._of_run(self.runs.one(name), page, rest, query)
            case ["compare", first, second]:
                return compare(self.runs.one(first), self.runs.one(second))
        raise LookupError(f"no page {asked!r:.100}")

    def _of_run(self, run: Run, page: str, rest: Sequence[str], query: Mapping[str, str]) -> Json:
        rollouts = run.rollouts()
        match page, rest:
            case "step", [step]:
                return rollouts.step(step)
            case "group", [step, group]:
                return rollouts.group(step, int(group))
            case "text", [step, group, place]:
                text = str(rollouts.row(step, int(group), int(place))[1]["completion"])
                return {"text": shown(text, lines=True)}
            case "tokens", [step, group, place]:
                return self._spelt(run, rollouts.tokens(step, int(group), int(place)))
            case "problem", _:
                return rollouts.problem("/".join(rest))
            case "search", []:
                return rollouts.search(query)
            case "sft", []:
                return self._rendered(run)
        raise LookupError(f"{run.name}: no page {page!r}")

    def judged(self, name: str, step: str, group: int, place: int) -> Json:
        """Today's verdict of a stored completion."""
        run = self.runs.one(name)
        stored, row = run.rollouts().row(step, group, place)
        if self.judging is None:
            raise ValueError("judge again: this page has no verifiers; open the run with `temper view`")
        fields = {column: stored[column] for column in ("id", "verifier", *OF_PROBLEM)}
        judgement = self.judging(run.folder, Problem.model_validate(fields), str(row["completion"]), exchanges_of(row))
        now: Json = {
            "outcome": judgement.outcome,
            "score": judgement.score,
            "detail": shown(judgement.detail, lines=True),
            "seconds": round(judgement.seconds, 3),
        }
        return {"before": {key: row.get(key) for key in ("outcome", "score")}, "now": now}

    def _rendered(self, run: Run) -> Json:
        if self.rendering is None:
            raise LookupError("examples are rendered by `temper view` where `temper-rlvr[train]` is installed")
        samples: list[JsonValue] = [
            {
                "where": shown(one.where),
                "said": shown(one.said),
                "runs": [
                    {"text": run_.text, "tokens": run_.tokens, "trained": run_.trained, "control": run_.control}
                    for run_ in one.runs
                ],
            }
            for one in self.rendering(run.folder)
        ]
        return {"samples": samples}

    def _spelt(self, run: Run, found: Json) -> Json:
        """With the text of each token, where a tokenizer is at hand."""
        ids = found["token_ids"]
        assert isinstance(ids, list)
        if len(ids) > MOST_TOKENS:
            raise ValueError(f"{len(ids):,} tokens are more than the {MOST_TOKENS:,} that are coloured")
        numbers = [int(str(token)) for token in ids]
        checkpoint = next((of for of in run.checkpoints() if (of / "tokenizer.json").is_file()), None)
        texts = self.spelling(checkpoint, numbers) if self.spelling and checkpoint else []
        spelt: list[JsonValue] = [shown(text, lines=True) for text in texts]
        return {**found, "texts": spelt}


def as_text(answer: Json) -> str:
    """JSON that no reader takes for markup, whatever it holds."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").encode("utf-8", "backslashreplace").decode("utf-8")
