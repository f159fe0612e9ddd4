"""What a run leaves to read beside its page: the summary and the final table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import JsonValue


@dataclass(frozen=True)
class Summary:
    name: str
    variant: str
    seed: int
    checkpoints: dict[str, str]
    eval: dict[str, dict[str, float]]
    seconds: dict[str, float]
    counts: dict[str, dict[str, JsonValue]]
    """What each stage that makes a checkpoint counted: samples, packs, tokens, rows dropped by reason, steps."""
    suites: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By suite, benchmark and checkpoint: value, errors, difference from the stage before, what was published."""

    def as_json(self) -> dict[str, JsonValue]:
        return asdict(self)


def final_table(summaries: Sequence[Summary]) -> str:
    """One line a checkpoint that was scored: its held-out score, and what RLVR added to SFT's."""
    lines = [f"{'recipe':24} {'stage':6} {'score':>7} {'stderr':>7} {'n':>5}  lift"]
    for summary in summaries:
        for stage, score in summary.eval.items():
            lift = ""
            if stage == "rlvr" and "sft" in summary.eval:
                lift = f"{score['score'] - summary.eval['sft']['score']:+.3f}"
            numbers = f"{score['score']:7.3f} {score['stderr']:7.3f} {score['n']:5.0f}"
            lines.append(f"{summary.name:24} {stage:6} {numbers}  {lift}".rstrip())
    for summary in summaries:
        lines += suite_tables(summary.suites)
    for summary in summaries:
        final = list(summary.checkpoints.values())[-1] if summary.checkpoints else "-"
        lines.append(f"{summary.name}: {final}  ({sum(summary.seconds.values()):.0f} s)")
    return "\n".join(lines)


def suite_tables(suites: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """A table a suite, in percent: a line a benchmark and checkpoint, the difference from the stage before it, and the
    published value beside ours."""
    lines: list[str] = []
    for suite, benchmarks in suites.items():
        table = [
            (_title(benchmark, of), name, of)
            for benchmark, checkpoints in benchmarks.items()
            for name, of in checkpoints.items()
        ]
        width = max([24, *(len(title) for title, _, _ in table)])
        head = f"{'suite ' + suite:{width}} {'stage':7} {'value':>6} {'stderr':>7} {'n':>6} {'change':>15}"
        lines += ["", f"{head} {'cut':>5} {'lost':>5}  published"]
        lines += [_standing(f"{title:{width}}", name, of) for title, name, of in table]
    return lines


def _title(benchmark: str, of: Mapping[str, Any]) -> str:
    whose = f" (by {of['scored_by']})" if "scored_by" in of else ""
    return f"{benchmark}{' (lower)' if of.get('lower_is_better') else ''}{whose}"


def _standing(title: str, name: str, of: Mapping[str, Any]) -> str:
    change = f"{of['difference']:+.1f} +- {of['difference_stderr']:.1f}" if "difference" in of else ""
    known = f"{of['published']:.1f}" if "published" in of else ""
    numbers = f"{of['value']:6.1f} {of['stderr']:7.1f} {of['n']:6} {change:>15}"
    return f"{title} {name:7} {numbers} {of['truncated']:5.0%} {of['unscored']:5.0%}  {known}".rstrip()
