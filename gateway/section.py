"""What a gateway judges with and how much it takes: the file of `temper gateway --config`, options put into it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, JsonValue, ValidationError, field_validator, model_validator

from temper.mistakes import first_mistake, nearest
from temper.sandboxes.job import Frozen
from temper.sandboxes.section import SandboxSection
from temper.verifiers.endpoint import plain_address
from temper.verifiers.table import VERIFIERS, resolve


class GatewaySection(Frozen):
    """One gateway."""

    workers: int = Field(2, ge=1, le=1024)
    """Verdicts at a time, each in a process with a sandbox of its own."""
    sandbox: SandboxSection = SandboxSection()
    """Where the programs of `code` and other verifiers run; `slots` is not read, a process has one."""
    verifiers: dict[str, dict[str, JsonValue]] = {}
    """Params that no row need repeat, by verifier; where a judge's endpoint and key are stands here alone."""
    services: tuple[str, ...] = ()
    """Addresses of which a row may name one as its `url`: of a session `nemo_gym` or `openenv`, of the verifier `http`.
    The token of `verifiers.http` is for that one's own `url` and sent to none of these."""
    plugins: tuple[str, ...] = ()
    """Modules of whose classes a row may name one as `module:Class`."""
    max_body: int = Field(16 << 20, ge=1024, le=1 << 30)
    """Bytes of a request's body."""
    max_waiting: int = Field(1024, ge=1)
    """Requests of one client that wait or are at work."""
    max_held: int = Field(512 << 20, ge=1 << 20)
    """Bytes of all bodies that are held at a time; one client may hold a quarter of it."""
    verdict_s: float = Field(300.0, gt=0)
    """Seconds after which a verdict is an error of ours and its process is killed; never less than a row's own tests
    may take."""
    longest_s: float = Field(86_400.0, gt=0)
    """The most seconds that a row's own tests may ask for; a row that asks for more is refused."""
    max_sessions: int = Field(1024, ge=1)
    """Sessions of one client that are open."""
    session_idle_s: float = Field(600.0, gt=0)
    """Seconds without a call after which a session is ended."""
    body_s: float = Field(60.0, gt=0)
    """Seconds in which a request must be there whole."""

    @field_validator("services")
    @classmethod
    def _are_addresses(cls, services: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(plain_address(one, "http://host:8000").rstrip("/") for one in services)

    @field_validator("verifiers")
    @classmethod
    def _known(cls, verifiers: dict[str, dict[str, JsonValue]]) -> dict[str, dict[str, JsonValue]]:
        for name, params in verifiers.items():
            if name not in VERIFIERS:
                raise ValueError(f"unknown verifier {name!r}; {nearest(name, VERIFIERS)}")
            known = {field.alias or key for key, field in resolve(name).model_fields.items()}
            for key in params:
                if key not in known:
                    raise ValueError(f"{name} has no parameter {key!r}; {nearest(key, sorted(known))}")
        return verifiers

    @model_validator(mode="after")
    def _bodies_fit(self) -> Self:
        if self.max_body > self.max_held // 4:
            raise ValueError(
                f"max_body: over a quarter of max_held ({self.max_held // 4}), got {self.max_body}; raise max_held"
            )
        return self


def read_section(path: Path | None, options: Mapping[str, object], of_sandbox: Mapping[str, object]) -> GatewaySection:
    """The file's section, or the defaults, with the options in place of its fields and its sandbox's. Raises ValueError
    naming file and field."""
    data: Any = {}
    if path is not None:
        if not path.is_file():
            raise ValueError(f"{path}: no such file; check the path")
        try:
            data = yaml.safe_load(path.read_text()) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: not YAML ({error}); write `workers: 2` and the like") from error
        if not isinstance(data, dict):
            raise ValueError(f"{path}: expected fields, got {type(data).__name__}; write `workers: 2` and the like")
    where = "gateway" if path is None else str(path)
    sandbox = data.get("sandbox") or {}
    if not isinstance(sandbox, dict):
        raise ValueError(f"{where}: sandbox: expected fields, got {sandbox!r}; write `sandbox: {{kind: docker}}`")
    data = {**data, **options, "sandbox": {**sandbox, **of_sandbox}}
    try:
        return GatewaySection.model_validate(data)
    except ValidationError as error:
        field, what = first_mistake(error, GatewaySection, data)
        raise ValueError(f"{where}: {field}: {what}") from error
