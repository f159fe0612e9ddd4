"""The recipe: one YAML file names the base, the data, the verifiers and the sizes.

A recipe holds only what differs from the defaults. `load` (in `pipeline.loading`) resolves `extends` and
`--set`; this file says what a recipe is and which fields must agree.
"""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, JsonValue, field_validator, model_validator

from temper.policy.bases import FolderBase, HubBase
from temper.policy.section import ByContent, LearnersSection, NotInKey, Section, Seed, in_keys
from temper.policy.sources import Source
from temper.rlvr.section import EngineSection, EvalSection, RlvrSection, TransformersEngineSection, ValidationSection
from temper.sandboxes.section import SandboxSection
from temper.sft.section import ExtensionSection, PretrainedBase, PretrainSection, SftSection

StageName = Literal["extend", "sft", "rlvr", "eval"]
STAGES: tuple[StageName, ...] = ("extend", "sft", "rlvr", "eval")


class GpuSection(Section):
    """What one GPU holds and does, for the estimates of `temper explain` and to refuse what cannot fit."""

    memory_gib: float | None = Field(None, gt=0)
    """GiB of memory; nothing is refused when absent."""
    tflops: float = Field(300, gt=0)
    """10^12 bfloat16 operations a second that a training sustains, its memory traffic included; an H100's GEMMs alone
    reach 550."""
    bandwidth_tb_s: float = Field(3.35, gt=0)
    """10^12 bytes a second from its memory."""


PushWay = Literal["group", "store"]


Placement = Literal["none", "pack", "spread"]


class ClusterSection(Section):
    """Where things run."""

    sft: LearnersSection = LearnersSection()
    """The ranks of SFT, and of an extension that trains."""
    rlvr: LearnersSection = LearnersSection()
    """The ranks of RLVR."""
    pack_shards: int = Field(1, ge=1)
    """Processes that render and tokenize the examples of SFT and of an extension that trains, beside the one that reads
    and packs them where there are several; the packs are the same for any number. Above 16 that one is what waits."""
    engines: int = Field(1, ge=1)
    """Engines that share the sampling; each takes every push and proves it."""
    push: PushWay = "group"
    """How weights reach the engines: by a process group of learners and engines, in buckets from device to device, or
    by Ray's object store, over a copy of the whole model in the host's memory, where nodes may not open ports to each
    other."""
    engine_threads: int = Field(2, ge=1)
    """CPU threads of an engine."""
    engine_gpus: float = Field(0, ge=0)
    """GPUs of an engine."""
    gpu: GpuSection = GpuSection()
    """Each of the GPUs."""
    placement: Placement = "none"
    """`none`: engines and verifiers start one by one, wherever there is room. `pack` and `spread`: together or not at
    all, on few nodes or on many. The learners are always placed together, after them. Who is not placed within
    `lost_s` gives up what it holds, so that of several runs on a cluster one can start."""
    verifiers: int = Field(2, ge=1)
    """Verifier actors."""
    verifier_resource: str | None = None
    """Custom Ray resource: each verifier actor takes 1 of it, so they run only on nodes that offer it."""
    lost_s: float = Field(600, gt=0)
    """Seconds that a verifier actor, an engine or the learners wait for nodes that take them, at the start or after
    theirs are lost; then they are given up, and with the last one of a kind the run stops with what is missing."""
    sessions: int = Field(2, ge=1)
    """Actors that answer the calls of rollouts, where problems have sessions."""
    verifiers_at: tuple[str, ...] = ()
    """Addresses of gateways (`temper gateway`, as in `http://node1:8100`) that judge in place of verifier actors; each
    completion goes to one that is free. Their sandboxes and limits are their own."""
    verifiers_token_env: str | None = None
    """Variable that holds the gateways' token where the run is started; never the token itself."""
    verdict_s: float = Field(300, gt=0)
    """Seconds after which a verdict is an error of ours and its process is killed; never less than a row's own tests
    may take."""

    @field_validator("verifiers_at")
    @classmethod
    def _are_addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.path.strip("/"):
                raise ValueError(f"not the address of a gateway, got {url!r}; write it as in 'http://node1:8100'")
        return urls

    @property
    def engine_dtype(self) -> Literal["bfloat16", "float32"]:
        """Type of the engines' weights, in which the trainer sends its own."""
        return "bfloat16" if self.engine_gpus else "float32"

    @property
    def rounds(self) -> bool:
        """Whether engine or trainer computes in less than float32."""
        return bool(self.engine_gpus or self.rlvr.gpus)


class AuditSection(Section):
    """What the problems must show before a run."""

    rows: int | None = Field(256, ge=1)
    """Rows of each verifier in each source whose probes are run, evenly spread; null: every row."""
    max_failed_share: NotInKey[float] = Field(0.0, ge=0, le=1)
    """Share of the probed rows that may have a probe come out wrong."""
    max_shared_share: NotInKey[float] = Field(0.0, ge=0, le=1)
    """Share of the held-out problems whose prompt may also stand in the training data."""
    max_unread_share: NotInKey[float] = Field(0.02, ge=0, le=1)
    """Share of a source's rows whose answer its verifier may be unable to read, so that it compares texts."""


class VerifiersSection(Section):
    """What the verifiers of all rows share, and which code rows may name."""

    model_config = ConfigDict(extra="allow")

    plugins: NotInKey[tuple[str, ...]] = ()
    """Modules whose classes rows may name (`my_verifier`, with all below it). The recipe's own folder counts as listed
    for rows of files in it, and a module that the recipe itself names for all rows."""
    __pydantic_extra__: dict[str, dict[str, JsonValue]]

    @property
    def params(self) -> dict[str, dict[str, JsonValue]]:
        """By verifier, what no row need repeat."""
        return self.__pydantic_extra__


class Recipe(Section):
    """From a base to a model of one variant."""

    name: NotInKey[str] = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    """The run's folder under OUT."""
    variant: Annotated[Literal["instruct", "thinking"], in_keys("sft", "packs", "rlvr", "eval")]
    """What the model becomes: one that answers, or one that reasons inside `<think>` first."""
    seed: Annotated[Seed, in_keys("base", "extend", "packs", "sft", "rlvr", "eval")] = 0
    """Seeds everything but the generated data."""
    base: ByContent[Annotated[PretrainedBase | FolderBase | HubBase, Field(discriminator="kind")]]
    """What the first stage starts from."""
    stages: NotInKey[tuple[StageName, ...]] = STAGES
    """What runs, in this order. A leading part may be left out when `base` is already past it."""
    extend: Annotated[ExtensionSection | None, in_keys("extend")] = None
    """The stage that makes the context longer."""
    sft: Annotated[SftSection | None, in_keys("sft")] = None
    """The stage of supervised training."""
    rlvr: Annotated[RlvrSection | None, in_keys("rlvr")] = None
    """The stage of training on verified rewards."""
    eval: Annotated[EvalSection | None, in_keys("eval")] = None
    """The stage that scores the checkpoints of `sft` and `rlvr`, else the base."""
    held_out: ByContent[tuple[Source, ...]] = ()
    """Sources of the problems that no training sees."""
    validation: NotInKey[ValidationSection | None] = None
    """Scores while RLVR trains; none when absent."""
    verifiers: Annotated[VerifiersSection, in_keys("rlvr", "eval", "audit")] = VerifiersSection()
    """Params by verifier that no row need repeat (`judge: {endpoint: ...}`), where a row's own value goes first; and
    the modules whose classes rows may name."""
    engine: Annotated[EngineSection, in_keys("rlvr", "eval")] = TransformersEngineSection()
    """What samples the completions."""
    sandbox: Annotated[SandboxSection, in_keys("audit")] = SandboxSection()
    """Where the programs of `code` and other verifiers run."""
    cluster: NotInKey[ClusterSection] = ClusterSection()
    """Where the stages run."""
    audit: Annotated[AuditSection, in_keys("audit")] = AuditSection()
    """What is tried on the problems before a run."""
    trackers: NotInKey[tuple[Literal["tensorboard", "trackio", "wandb"], ...]] = ()
    """Who gets the metrics of `metrics.jsonl` as well, and at each `rlvr.save_every` a table of four groups."""

    @property
    def placed(self) -> tuple[str, ...]:
        """The stages whose roles must find room; a base or an extension that trains does so on the learners of
        `sft`."""
        return (*self.stages, "sft") if {"base.train", "extend.train"} & self.packed.keys() else self.stages

    @property
    def pretraining(self) -> PretrainSection | None:
        """How the base is trained; None for one that is not."""
        return self.base.train if isinstance(self.base, PretrainedBase) else None

    @property
    def packed(self) -> dict[str, SftSection]:
        """The trainings on packs that the recipe runs, by their field; all on the learners of `sft`."""
        extending = self.extend.train if self.extend and "extend" in self.stages else None
        found = {
            "base.train": self.pretraining,
            "extend.train": extending,
            "sft": self.sft if "sft" in self.stages else None,
        }
        return {field: section for field, section in found.items() if section is not None}

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, name: str) -> str:
        if name == "stages":
            raise ValueError("taken by the folder of the stages, got 'stages'; choose another")
        return name

    @model_validator(mode="after")
    def _sections_go_with_stages(self) -> "Recipe":
        if not self.stages:
            raise ValueError("stages is empty; name at least one of " + ", ".join(STAGES))
        start = STAGES.index(self.stages[0])
        if self.stages != STAGES[start : start + len(self.stages)]:
            raise ValueError(f"stages {list(self.stages)} must be a run of {list(STAGES)} without gaps")
        for stage in self.stages:
            if getattr(self, stage) is None:
                raise ValueError(f"stages names {stage!r} but the recipe has no `{stage}` section; add one")
        if (self.validation or "eval" in self.stages) and not self.held_out:
            raise ValueError("eval and validation need `held_out` sources; add one")
        return self

    @model_validator(mode="after")
    def _weights_mix_examples(self) -> "Recipe":
        problems = {"rlvr.data": self.rlvr.data if self.rlvr else (), "held_out": self.held_out}
        for field, sources in problems.items():
            for place, source in enumerate(sources):
                if source.weight is not None:
                    raise ValueError(f"{field}.{place}.weight: only sft.data is mixed by weight; use `epochs`")
        return self

    @model_validator(mode="after")
    def _batches_divide_over_ranks(self) -> "Recipe":
        for field, section in self.packed.items():
            self._check_sequence_ranks(field, section)
            ranks, held = self.cluster.sft.ranks, section.packs_per_micro_batch
            ranks //= self.cluster.sft.sequence_ranks
            if section.packs_per_step % (ranks * held):
                raise ValueError(
                    f"{field}.packs_per_step: not a multiple of cluster.sft.ranks {ranks} x "
                    f"packs_per_micro_batch {held}, got {section.packs_per_step}; change one of them"
                )
        if self.rlvr and "rlvr" in self.stages and self.rlvr.rollouts_per_step < self.cluster.rlvr.ranks:
            raise ValueError(
                f"cluster.rlvr.ranks: more than the {self.rlvr.rollouts_per_step} rollouts of a step, got "
                f"{self.cluster.rlvr.ranks}; lower it"
            )
        return self

    @model_validator(mode="after")
    def _adapters_are_merged_whole(self) -> "Recipe":
        trainings = {
            "sft": (self.sft, self.cluster.sft),
            "extend": (self.extend.train if self.extend else None, self.cluster.sft),
            "rlvr": (self.rlvr, self.cluster.rlvr),
        }
        for stage, (section, learners) in trainings.items():
            if stage in self.stages and section and section.lora and learners.deepspeed == "zero3":
                field, cluster = ("extend.train", "sft") if stage == "extend" else (stage, stage)
                raise ValueError(
                    f"{field}.lora: the weights are merged where a rank holds them whole, got "
                    f"cluster.{cluster}.deepspeed 'zero3'; take zero2"
                )
        return self

    def _check_sequence_ranks(self, field: str, section: SftSection) -> None:
        learners = self.cluster.sft
        for name, whole in (("cluster.sft.ranks", learners.ranks), (f"{field}.pack_tokens", section.pack_tokens)):
            if whole % learners.sequence_ranks:
                raise ValueError(
                    f"{name}: {whole} does not divide among cluster.sft.sequence_ranks, got "
                    f"{learners.sequence_ranks}; change one of them"
                )
