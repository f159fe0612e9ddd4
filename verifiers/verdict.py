"""What a verifier finds: scored, or abstained. What is ours to answer for is an exception, never a score."""

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from temper.sandboxes.job import Frozen
from temper.verifiers.shown import encodable

MAX_DETAIL = 4_000


def writable(text: str) -> str:
    """Text that any file takes, cut at MAX_DETAIL."""
    return encodable(text if len(text) <= MAX_DETAIL else f"{text[:MAX_DETAIL]}...")


class VerifierError(Exception):
    """A verifier raised: the rollout is dropped and counted, whatever the completion was."""


class EndpointError(VerifierError):
    """A service that a verifier asks failed, again and again: infrastructure, as a broken sandbox is; it may be
    retried elsewhere."""


class Verdict(Frozen):
    model_config = ConfigDict(allow_inf_nan=False)

    outcome: Literal["scored", "abstained"]
    """`abstained`: the verifier cannot judge this problem; the rollout leaves the baseline and the loss."""
    score: float | None = Field(None, ge=0, le=1)
    """In [0, 1] when scored, None when abstained."""
    detail: str = ""
    """Why, in one line: what was wrong and whose fault it was; any file takes it, cut at MAX_DETAIL."""
    parts: dict[str, float] = {}
    """Of a composition: the score of each part that judged, by the part's name."""

    @field_validator("detail")
    @classmethod
    def _any_file_takes_it(cls, detail: str) -> str:
        return writable(detail)

    @model_validator(mode="after")
    def _score_goes_with_outcome(self) -> "Verdict":
        if (self.outcome == "scored") != (self.score is not None):
            raise ValueError(
                f"verdict: outcome {self.outcome!r} with score {self.score!r}; only a scored verdict has one"
            )
        return self


def scored(score: float, detail: str = "", parts: Mapping[str, float] | None = None) -> Verdict:
    return Verdict(outcome="scored", score=score, detail=detail, parts=dict(parts or {}))


def abstained(detail: str) -> Verdict:
    return Verdict(outcome="abstained", detail=detail)
