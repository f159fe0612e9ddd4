"""What a run leaves to read: the summary, the final table and the page `report.html`."""

import html
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
        head = f"{'suite ' + suite:24} {'stage':7} {'value':>6} {'stderr':>7} {'n':>6} {'change':>15}"
        lines += ["", f"{head} {'cut':>5} {'lost':>5}  published"]
        for benchmark, checkpoints in benchmarks.items():
            lines += [_standing(benchmark, name, of) for name, of in checkpoints.items()]
    return lines


def _standing(benchmark: str, name: str, of: Mapping[str, Any]) -> str:
    change = f"{of['difference']:+.1f} +- {of['difference_stderr']:.1f}" if "difference" in of else ""
    known = f"{of['published']:.1f}" if "published" in of else ""
    title = f"{benchmark}{' (lower)' if of.get('lower_is_better') else ''}"
    numbers = f"{of['value']:6.1f} {of['stderr']:7.1f} {of['n']:6} {change:>15}"
    return f"{title:24} {name:7} {numbers} {of['truncated']:5.0%} {of['unscored']:5.0%}  {known}".rstrip()


def page(summary: Summary, rows: Sequence[Mapping[str, Any]]) -> str:
    """The table and a curve a metric of `metrics.jsonl`, in one page without scripts or links."""
    curves = "".join(
        _curve(stage, name, [(row["step"], row[name]) for row in rows if row["stage"] == stage and name in row])
        for stage, name in _CURVES
    )
    return (
        f"<!doctype html><meta charset='utf-8'><title>{html.escape(summary.name)}</title>"
        "<style>body{font:15px system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222}"
        "pre{background:#f4f4f4;padding:1rem;overflow:auto}figure{display:inline-block;margin:.5rem}"
        "figcaption{font-size:13px}</style>"
        f"<h1>{html.escape(summary.name)}</h1><p>{summary.variant}, seed {summary.seed}</p>"
        f"<pre>{html.escape(final_table([summary]))}</pre><pre>{html.escape(_counted(summary))}</pre>{curves}"
    )


def _counted(summary: Summary) -> str:
    """A line a stage."""
    return "\n".join(
        f"{stage:7} {', '.join(f'{name} {_shown(count)}' for name, count in counts.items())}"
        for stage, counts in summary.counts.items()
    )


def _shown(count: JsonValue) -> str:
    return f"{count:,}" if isinstance(count, int) else f"{count:.4g}" if isinstance(count, float) else str(count)


_CURVES = (
    ("sft", "loss"),
    ("rlvr", "reward"),
    ("rlvr", "validation/score"),
    ("rlvr", "groups/mixed"),
    ("rlvr", "completion/tokens"),
    ("rlvr", "logprob_gap/mean"),
)
_WIDTH, _HEIGHT = 420, 160


def _curve(stage: str, name: str, points: Sequence[tuple[int, float]]) -> str:
    if len(points) < 2:
        return ""
    first, last = points[0][0], points[-1][0]
    low, high = min(value for _, value in points), max(value for _, value in points)
    path = " ".join(
        # step 50 of 0 to 100 stands at 50 / 100 * 420 = 210; a flat curve lies at the bottom
        f"{(step - first) / max(last - first, 1) * _WIDTH:.1f},"
        # SVG's y grows downwards.
        f"{_HEIGHT - (value - low) / (high - low or 1) * _HEIGHT:.1f}"
        for step, value in points
    )
    return (
        f"<figure><svg viewBox='-6 -6 {_WIDTH + 12} {_HEIGHT + 12}' width='{_WIDTH}' height='{_HEIGHT}'>"
        f"<polyline points='{path}' fill='none' stroke='#3465a4' stroke-width='2'/></svg>"
        f"<figcaption>{stage} {html.escape(name)}: {points[0][1]:.4g} to {points[-1][1]:.4g}, "
        f"steps {first} to {last}, between {low:.4g} and {high:.4g}</figcaption></figure>"
    )
