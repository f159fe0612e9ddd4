"""A sample of what the engine just wrote, held against a fresh forward of its own, before its weights change.

A completion that is under way at a push goes on from keys and values that are computed anew: where an engine goes on
from the old ones, or gives logprobs of another temperature, tokens and hashes look as ever and the trainer's ratio is
wrong. So before each push `ROWS` completions that ended under the weights which the engine still holds are looked at:
those that span versions, where there are any. Of each the first `TOKENS` tokens of that version are computed at once
from all that stands before them, at the sampling temperature. The bound is that of the push's proof.
"""

from collections.abc import Sequence

from temper.rlvr.engines.engine import Engine, EngineError, TokenRow
from temper.rlvr.proof import COMPLETION, PROMPT, FunctionProof, differences
from temper.rlvr.rollout import Completion

ROWS, TOKENS = 4, 16


class Spots:
    def __init__(self) -> None:
        self.ended: list[tuple[tuple[int, ...], Completion]] = []
        """Prompt tokens and completion, of those that ended since the last push."""
        self.metrics: dict[str, float] = {}
        """Of the last check."""

    def add(self, prompt_tokens: tuple[int, ...], completion: Completion) -> None:
        self.ended.append((prompt_tokens, completion))

    def forget(self) -> None:
        self.ended = []

    def check(self, engine: Engine, version: int, temperature: float, proof: FunctionProof) -> None:
        """Of what ended under `version`, which the engine holds. Raises EngineError."""
        # What ended under earlier weights cannot be computed again: the engine holds these alone.
        written = [one for one in self.ended if one[1].policy_versions[-1] == version]
        spanning = [one for one in written if one[1].policy_version != version]
        chosen = (spanning or written)[:ROWS]
        self.metrics = {"spots/spanning": float(len(spanning))}
        if drafted := sum(completion.drafted for _, completion in self.ended):
            self.metrics["draft/accepted"] = sum(completion.accepted for _, completion in self.ended) / drafted
            self.metrics["draft/guessed"] = drafted / sum(len(completion.tokens) for _, completion in self.ended)
        self.forget()
        if not chosen:
            return
        rows, given = zip(*(_row(*one, version) for one in chosen), strict=True)
        mean, largest = differences(given, engine.logprobs(rows, temperature))
        self.metrics |= {"spots/gap_mean": mean, "spots/gap_max": largest}
        low, high = proof.bound(PROMPT + COMPLETION)
        if not (mean <= low and largest <= high):
            what = "that span versions" if spanning else "of one version"
            raise EngineError(
                f"version {version}: the logprobs of completions {what} differ from a fresh forward of the engine by "
                f"{mean:.2g} nats on average and {largest:.2g} at most, more than {low:.2g} and {high:.2g}; it goes on "
                "from keys and values of other weights, or gives logprobs of another temperature"
            )


def _row(prompt: tuple[int, ...], completion: Completion, version: int) -> tuple[TokenRow, Sequence[float]]:
    """The first tokens of the version behind all that precedes them, and the logprobs that they were given."""
    first = completion.policy_versions.index(version)
    last = first + TOKENS
    row = (*prompt, *completion.tokens[:first]), tuple(completion.tokens[first:last])
    return row, completion.rollout_logprobs[first:last]
