"""What a server takes, and of what a checkpoint is served."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import Field, ValidationError

from temper.mistakes import first_mistake
from temper.policy.section import Section
from temper.rlvr.section import EngineSection, TransformersEngineSection

if TYPE_CHECKING:
    from temper.policy.rendering import Renderer
    from temper.serving.service import Service


BATCH = 16


class ServingSection(Section):
    """One server."""

    engine: EngineSection = TransformersEngineSection(batch=BATCH)
    """What samples, and how many sequences together."""
    max_body: int = Field(4 << 20, ge=1024, le=1 << 30)
    """Bytes of a request's body."""
    max_held: int = Field(256 << 20, ge=1 << 20)
    """Bytes of all bodies that are held at a time; one client may hold a quarter of it."""
    max_waiting: int = Field(256, ge=1)
    """Requests of one client that wait or are at work."""
    body_s: float = Field(60.0, gt=0)
    """Seconds in which a request must be there whole."""


@dataclass(frozen=True)
class Served:
    """A checkpoint that is loaded, and what asks it."""

    name: str
    service: "Service"
    renderer: "Renderer"
    context: int
    """Most tokens of a prompt and its completion."""
    vocabulary: int
    think_ids: tuple[int, int]
    """-1 where the tokenizer has none."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.service.close()


def read_section(engine: str, batch: int | None, given: Mapping[str, int | None]) -> ServingSection:
    """Of options, whose names the fields have. Raises ValueError naming one."""
    chosen = {"kind": engine, "batch": BATCH if batch is None else batch}
    data = {"engine": chosen} | {name: value for name, value in given.items() if value is not None}
    try:
        return ServingSection.model_validate(data)
    except ValidationError as error:
        field, what = first_mistake(error, ServingSection, data)
        raise ValueError(f"--{field.removeprefix('engine.').replace('_', '-')}: {what}") from error
