"""What a recipe starts from: a tiny base that is made, a folder, a model of the Hub."""

from typing import Annotated, Literal

from pydantic import Field

from temper.policy.section import ByContent, NotInKey, Section


class TinyBase(Section):
    """A `MellumForCausalLM` of a few million parameters, made here."""

    kind: Literal["tiny"] = "tiny"
    """A base that is made here."""
    text: Literal["tiny", "tools", "mixed"] = "tiny"
    """The generator whose text the tokenizer learns."""
    layers: int = Field(4, ge=4)
    """Decoder layers; every fourth attends to the whole context."""
    hidden: int = Field(128, ge=32)
    """Width of a token's state."""
    experts: int = Field(8, ge=2)
    """Experts of a layer."""
    experts_per_token: int = Field(2, ge=1)
    """Experts that the router chooses for a token."""
    expert_width: int = Field(128, ge=8)
    """Width inside an expert."""
    heads: int = Field(4, ge=1)
    """Attention heads, which divide `hidden` among them."""
    kv_heads: int = Field(2, ge=1)
    """Heads of keys and values; each serves heads / kv_heads attention heads."""
    attention_norm: float = Field(1.0, gt=0)
    """Where the weights of query and key norms begin. The scores of attention grow with their square: from 1 on, a head
    of few dimensions needs some thousand steps before it can point at one token."""
    vocabulary: int = Field(512, ge=320)
    """Tokens of the vocabulary, bytes and special tokens included."""
    window: int = Field(64, ge=8)
    """Sliding window in tokens, on three of four layers."""
    context: int = Field(256, ge=64)
    """Tokens that its positions reach before `extend`."""


class FolderBase(Section):
    """A checkpoint folder in the `transformers` format."""

    kind: Literal["folder"] = "folder"
    """A checkpoint of this machine."""
    path: ByContent[str]
    """Relative to the folder of the recipe that names it."""
    add_tokens: bool = False
    """Whether the base is given, before the first stage, the ChatML, think and tool tokens and the padding token that
    its tokenizer lacks, and embeddings for all of its tokens; a new row begins at the mean of the others."""


class SizesSection(Section):
    """What a `config.json` says of a model's size."""

    layers: int = Field(ge=1)
    """Decoder layers."""
    hidden: int = Field(ge=1)
    """Width of a token's state."""
    vocabulary: int = Field(ge=1)
    """Rows of the embeddings."""
    context: int | None = Field(None, ge=1)
    """Tokens that its positions reach."""
    heads: int = Field(ge=1)
    """Attention heads."""
    kv_heads: int = Field(ge=1)
    """Heads of keys and values."""
    head_dim: int = Field(ge=1)
    """Width of a head."""
    width: int = Field(ge=1)
    """Width inside the MLP, of one expert where there are several."""
    experts: int = Field(1, ge=1)
    """Experts of a layer; 1: a dense MLP."""
    experts_per_token: int = Field(1, ge=1)
    """Experts that a token goes through."""
    window: int | None = Field(None, ge=1)
    """Sliding window in tokens; none when absent."""
    full_layers: int | None = Field(None, ge=0)
    """Layers that attend to the whole context; all when absent."""


class HubBase(Section):
    """A model of the Hugging Face Hub."""

    kind: Literal["hub"] = "hub"
    """A model of the Hub."""
    name: str
    """The model, as in `Qwen/Qwen3-0.6B-Base`."""
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    """The commit, 40 digits."""
    add_tokens: bool = False
    """Whether the base is given, before the first stage, the ChatML, think and tool tokens and the padding token that
    its tokenizer lacks, and embeddings for all of its tokens; a new row begins at the mean of the others."""
    parameters: NotInKey[int | None] = Field(None, ge=1)
    """Parameters of the checkpoint, for the estimates of `temper explain`."""
    sizes: NotInKey[SizesSection | None] = None
    """For the same; without it the model's config is read where it has been downloaded."""


Base = Annotated[TinyBase | FolderBase | HubBase, Field(discriminator="kind")]


def made(base: Base) -> bool:
    """Whether a stage of its own makes the checkpoint that the others start from."""
    return isinstance(base, TinyBase) or base.add_tokens
