"""What a recipe starts from: a tiny base that is made, a folder, a model of the Hub."""

from typing import Annotated, Literal

from pydantic import Field

from temper.policy.section import Section


class TinyBase(Section):
    """A `MellumForCausalLM` of a few million parameters, made and briefly pre-trained on generated text."""

    kind: Literal["tiny"] = "tiny"
    layers: int = Field(4, ge=4)
    hidden: int = Field(128, ge=32)
    experts: int = Field(8, ge=2)
    experts_per_token: int = Field(2, ge=1)
    expert_width: int = Field(128, ge=8)
    heads: int = Field(4, ge=1)
    kv_heads: int = Field(2, ge=1)
    vocabulary: int = Field(512, ge=320)
    window: int = Field(64, ge=8)
    """Sliding window in tokens, on three of four layers."""
    context: int = Field(256, ge=64)
    """Tokens of context in pre-training."""
    steps: int = Field(200, ge=1)
    """Pre-training steps."""
    batch: int = Field(64, ge=1)
    """Rows of `row_tokens` tokens a pre-training step."""
    learning_rate: float = Field(3e-3, gt=0)


class FolderBase(Section):
    """A checkpoint folder in the `transformers` format."""

    kind: Literal["folder"] = "folder"
    path: str
    """Relative to the recipe's folder."""


class HubBase(Section):
    kind: Literal["hub"] = "hub"
    name: str
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    parameters: int | None = Field(None, ge=1)
    """Parameters of the checkpoint, for the memory estimate of `temper explain`; in no stage's key."""


Base = Annotated[TinyBase | FolderBase | HubBase, Field(discriminator="kind")]
