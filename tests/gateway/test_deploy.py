"""The files of a deployment say what the command understands, and nothing that lets more in than it must."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from temper.gateway.section import read_section
from temper.pipeline.cli import _parser

FOLDER = Path(__file__).parents[2] / "gateway/deploy"


def parsed(words: list[str]) -> Any:
    return _parser().parse_args(words)


def dockerfile(instruction: str) -> list[str]:
    (found,) = re.findall(rf"^{instruction} (\[.*\])$", (FOLDER / "Dockerfile").read_text(), re.M)
    words: list[str] = json.loads(found)
    return words


def manifests() -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())}


def test_the_image_starts_the_gateway_with_a_token_and_not_as_root() -> None:
    options = parsed([*dockerfile("ENTRYPOINT"), *dockerfile("CMD")][1:])
    assert options.host == "0.0.0.0" and options.token_env == ["TEMPER_TOKEN"]
    assert re.search(r"^USER temper$", (FOLDER / "Dockerfile").read_text(), re.M)


def test_the_pod_starts_it_as_the_image_does() -> None:
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    gateway = pod["containers"][0]
    assert parsed([*dockerfile("ENTRYPOINT")[1:], *gateway["args"]]).port == gateway["ports"][0]["containerPort"]
    assert {one["name"] for one in gateway["env"]} >= {"TEMPER_TOKEN", "DOCKER_HOST"}
    assert pod["terminationGracePeriodSeconds"] >= 300 and gateway["securityContext"]["runAsNonRoot"]


@pytest.mark.parametrize("where", ["file", "pod"])
def test_the_configurations_are_read(where: str, tmp_path: Path) -> None:
    path = FOLDER / "gateway.yaml"
    if where == "pod":
        path = tmp_path / "gateway.yaml"
        path.write_text(manifests()["ConfigMap"]["data"]["gateway.yaml"])
    assert read_section(path, {}, {}).sandbox.kind == "docker"


def test_the_unit_starts_it_on_this_machine_alone_and_lets_it_drain() -> None:
    unit = (FOLDER / "temper-gateway.service").read_text()
    (command,) = re.findall(r"^ExecStart=\S+/temper (.*)$", unit, re.M)
    options = parsed(command.split())
    assert options.host == "127.0.0.1" and options.token_env == ["TEMPER_TOKEN"]
    assert "KillMode=mixed" in unit and "User=temper" in unit


def test_compose_gives_it_a_socket_a_token_and_little_else() -> None:
    (service,) = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"].values()
    assert service["cap_drop"] == ["ALL"] and service["read_only"] and service["ports"][0].startswith("127.0.0.1:")
    assert "TEMPER_TOKEN" in service["environment"] and not service.get("privileged")


def test_a_configuration_that_is_wrong_is_refused_with_its_field(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    for text, what in (
        ("worker: 2", "worker: unknown key, got 'worker'; did you mean 'workers'?"),
        ("workers: none", "workers"),
        ("verifiers: {maths: {}}", "unknown verifier 'maths'"),
        ("verifiers: {judge: {endpont: x}}", "no parameter 'endpont'"),
        ("max_body: 1000000000", "raise max_held"),
        ("[1]", "expected fields"),
        ("a: [", "not YAML"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=re.escape(str(path))) as refused:
            read_section(path, {}, {})
        assert what in str(refused.value), str(refused.value)
