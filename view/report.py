"""What a run leaves to read beside its page: the summary and the final table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

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
        final = list(summary.checkpoints.values())[-1] if summary.checkpoints else "-"
        lines.append(f"{summary.name}: {final}  ({sum(summary.seconds.values()):.0f} s)")
    return "\n".join(lines)
