"""The `sandbox` section of a recipe."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from temper.sandboxes import packages
from temper.sandboxes.box.languages import COMPILE_MB, LANGUAGES, known
from temper.sandboxes.job import Frozen


class SandboxSection(Frozen):
    """Where programs that nobody trusts run."""

    kind: Literal["auto", "docker", "local"] = "auto"
    """`docker` refuses to run without a daemon; `auto` takes Docker where a daemon answers, else `local`, and
    says so."""
    slots: int = Field(2, ge=1, json_schema_extra={"in_key": False})
    """Warm places where a job can run at the same time, on one node."""
    languages: tuple[str, ...] = ("python",)
    """Languages that the image must carry."""
    packages: tuple[str, ...] = ()
    """Python packages that the box must carry, for the verifiers that need one there."""
    memory_mb: int = Field(2048, ge=64, le=1 << 20)
    """Memory of one container, in MiB: the ceiling of what a test may ask for. `local` has no such ceiling."""

    @field_validator("languages")
    @classmethod
    def _languages(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known(names)

    @field_validator("packages")
    @classmethod
    def _packages(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return packages.known(names)

    @model_validator(mode="after")
    def _room_to_compile(self) -> Self:
        compiled = [name for name in self.languages if LANGUAGES[name].compile]
        if compiled and self.memory_mb < COMPILE_MB:
            raise ValueError(
                f"memory_mb: too little to compile {compiled[0]}, got {self.memory_mb}; raise it to {COMPILE_MB}"
            )
        return self
