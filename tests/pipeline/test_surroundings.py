"""What stands around a run decides nothing of it: every variable that a library reads is dropped, pinned or known to
move no result; and a command says what it has to say wherever it is started."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from temper.pipeline.surroundings import DROPPED, OF_RAY, PINNED, RAY_BELOW, SOCKET_PATH, home, ray_folder, settle


@pytest.fixture(autouse=True)
def nothing_of_a_cluster_that_a_test_started_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAY_")]:
        monkeypatch.delenv(name)


NEUTRAL = re.compile(
    r"""
    (MLFLOW|CLEARML|COMET|SWANLAB|WANDB|HF_(DAGSHUB|DVCLIVE|MLFLOW)|TENSORBOARD|KUBEFLOW)_.* | DISABLE_\w+_INTEGRATION
    | .*(LOG|VERBOS|DEBUG|SILENCE|PROFILE|TRACE|TRACKING|TELEMETRY|WARNINGS).* | TQDM_DISABLE | CI | BRANCH   # loudness
    | .*(_HOME|_PATH|_ROOT|_DIR|_DIRS|_CACHE|_LIB|_LIBRARY|_PREFIX|INC_PATH)(_\w+)? | PATH | XDG_.* | LD_.*    # places
    | USER(NAME)? | (C|LD)FLAGS | CPATH | CC | CXX | CUDACXX | .*_(ARCH_LIST|ARCH|NVCC)(_\w+)? | MAX_JOBS
    | TVM_.* | HALIDE_.* | ZE_.* | LEVEL_ZERO_.* | XPU_.*
    | CUDA_(VISIBLE_DEVICES|LAUNCH_BLOCKING|MODULE_LOADING) | (HIP|ROCR)_VISIBLE_DEVICES
    | CUBLAS_WORKSPACE_CONFIG | FLASH_ATTENTION_DETERMINISTIC | HCCL_DETERMINISTIC | (ASCEND|NPU|HCCL)_.*   # repeatable
    | OMP_.* | KMP_.* | MKL_SERVICE_FORCE_INTEL | MALLOC_CONF | ATEN_CPU_CAPABILITY    # threads, instructions: how fast
    | NCCL_.* | TORCH_(NCCL|DIST|DISTRIBUTED|ELASTIC|FR|SYMMMEM)_.* | TORCH_DISABLE_SHARE_RDZV_TCP_STORE | USE_LIBUV
    | PYTORCH_(DDP_USE_SIDE_STREAM|ENABLE_MPS_FALLBACK|NO_CUDA_MEMORY_CACHING|SKIP_CUDNN_COMPATIBILITY_CHECK)
    | PYTORCH_(CNDEV|NVML)_BASED_\w+ | PYTORCH_(REORDER_COLLECTIVES|SINK_WAITS)_LIMIT
    | (COMPILE_|INDUCTOR_|AOT_|AOTI_|DUMP_AOTI|FX_|FAKE_|PT2_|PARTITIONER_|QUACK_|CUTEDSL_|CUTLASS_|KINETO_|DCP_|ENABLE_
      |TORCH_(CACHING|COMPILER|STRICT|CUSTOM|DEVICE|DISABLE_NATIVE|DONT|DYNAMO|EXTENSION|FAKE|HUB|INDUCTOR|MODEL_ZOO
      |NATIVE|NO_COMPILER|PYTHON|SPARSE|TNT|USE|WARM)|TRITON_(USE|CACHE|HOME|LIBDEVICE|PTXAS)|_SPLITTER|_TORCHINDUCTOR).*
    | TORCHEXPORT_.* | TENSORIFY_\w+ | debug_extract\w+ | UNSAFE_SKIP_FSDP_MODULE_GUARDS | IS_FBCODE
    | BENCHMARK_USE_DEV_SHM | DISABLE_CUPTI_LAZY_REINIT | TEARDOWN_CUPTI | LTC_\w+ | NVSHMEM\w+ | ROCSHMEM\w+
    | (AWS|AZ_BATCH\w*|DATABRICKS|ECS|DLTS|DLWS|MAST|CONDA|PIP|VIRTUAL|OPENREWARD|TRAINING)_\w+ | JAX_PLATFORMS
    | SYSTEMROOT | systemdrive | [pP]rogram[fF]iles | PROGRAMFILES | VCToolsInstallDir | WINDOWS_\w+ | PYTHON_EXEC
    | NETWORK_\w+ | HF_HUB_OFFLINE | HF_DEACTIVATE_ASYNC_LOAD | DISABLE_SAFETENSORS_CONVERSION | VLLM_LOGGING_LEVEL
    | TRANSFORMERS_DISABLE_TORCH_CHECK | DS_ACCELERATOR | FOO | VAR1 | FORK_LAUNCHED | RAY_SCOPE   # of examples, sweeps
    """,
    re.VERBOSE,
)  # fmt: skip
"""Where, how fast, how loud; trackers, which are ours to call; compilers, which no training uses; other machines."""

READ = re.compile(
    r"""(?:environ(?:\.get|\.setdefault|\.pop)?\s*[\[(]|getenv\(|(?:parse_(?:flag|choice)|get_int|get_from)_(?:from_)?env"""
    r"""\(\s*\[?|_env\w*\()\s*["']([A-Za-z_][A-Za-z0-9_]*)["']"""
)
HARMFUL = [
    "ACCELERATE_MIXED_PRECISION", "ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "ACCELERATE_USE_DEEPSPEED",
    "ACCELERATE_DEEPSPEED_ZERO_STAGE", "ACCELERATE_GRADIENT_CLIPPING", "ACCELERATE_USE_FSDP", "ACCELERATE_USE_CPU",
    "ACCELERATE_DYNAMO_BACKEND", "ACCELERATE_TORCH_DEVICE", "FSDP_CPU_RAM_EFFICIENT_LOADING",
    "PARALLELISM_CONFIG_CP_SIZE", "PARALLELISM_CONFIG_SP_SIZE", "NVIDIA_TF32_OVERRIDE", "TRUST_REMOTE_CODE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE", "USE_HUB_KERNELS",
    "TORCHDYNAMO_DISABLE", "TORCHINDUCTOR_EMULATE_PRECISION_CASTS", "PYTORCH_JIT", "XLA_USE_BF16",
    "DS_PIN_MEMORY_BACKEND",
    "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT",
    "TORCHELASTIC_RUN_ID", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SM_HP_MP_PARAMETERS", "TORCH_FORCE_WEIGHTS_ONLY_LOAD",
]  # fmt: skip
KUBERAY = [
    "RAY_ADDRESS", "RAY_JOB_CONFIG_JSON_ENV_VAR", "RAY_IP", "RAY_PORT", "FQ_RAY_IP", "RAY_REDIS_ADDRESS",
    "REDIS_PASSWORD", "RAY_NODE_TYPE_NAME", "RAY_CLOUD_INSTANCE_ID", "RAY_gcs_server_request_timeout_seconds",
    "RAY_timeout_ms_task_wait_for_death_info", "RAY_SERVE_KV_TIMEOUT_S", "RAY_RUNTIME_ENV_HOOK", "RAY_NAMESPACE",
    "KUBERAY_GEN_RAY_START_CMD", "RAY_CLUSTER_NAME",
]  # fmt: skip


def read_by(package: str) -> Iterator[str]:
    spec = importlib.util.find_spec(package)
    assert spec and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    for path in folder.rglob("*.py"):
        if not re.search("test|example|launch|commands", path.relative_to(folder).as_posix()):
            yield from READ.findall(path.read_text(errors="ignore"))


@pytest.mark.parametrize("package", ["accelerate", "trl", "deepspeed", "transformers", "peft", "torch"])
def test_every_variable_that_a_library_reads_has_been_read(package: str) -> None:
    unknown = {name for name in read_by(package) if not (DROPPED.fullmatch(name) or NEUTRAL.fullmatch(name))}
    assert unknown - PINNED.keys() == set()


@pytest.mark.parametrize("name", HARMFUL)
def test_a_variable_that_would_decide_what_is_trained_is_dropped_and_named(name: str) -> None:
    environment = {name: "1", "HOME": "/", "CUDA_VISIBLE_DEVICES": "0"}
    assert settle(environment) == [name]
    assert environment == {"HOME": "/", "CUDA_VISIBLE_DEVICES": "0", **PINNED}


@pytest.mark.parametrize("name", PINNED)
def test_what_is_pinned_is_so_whatever_stood_there(name: str) -> None:
    environment = {**PINNED, name: "other"}
    assert settle(environment) == [name] and environment[name] == PINNED[name]
    assert settle(environment) == []


@pytest.mark.parametrize("name", KUBERAY)
def test_a_cluster_of_ones_own_takes_nothing_of_another(name: str) -> None:
    assert OF_RAY.fullmatch(name)
    joining, own = {name: "1"}, {name: "1"}
    assert settle(joining) == [] and name in joining, "whoever joins a cluster needs them"
    assert settle(own, embedded=True) == [name] and name not in own


def test_rays_folder_has_room_for_its_sockets() -> None:
    short = SOCKET_PATH - RAY_BELOW
    for environment in ({}, {"TMPDIR": "/" + "t" * (short - 1)}, {"RAY_TMPDIR": "/r", "TMPDIR": "/" + "t" * 200}):
        before = dict(environment)
        ray_folder(environment)
        assert environment == before
    environment = {"TMPDIR": "/" + "t" * short}
    ray_folder(environment)
    assert environment["RAY_TMPDIR"] == "/tmp" and environment["TMPDIR"] == "/" + "t" * short


def test_a_home_that_is_not_there_is_made_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for given in ({}, {"HOME": ""}, {"HOME": str(tmp_path / "gone")}):
        environment = dict(given)
        home(environment)
        assert Path(environment["HOME"]).parent == tmp_path and os.access(environment["HOME"], os.W_OK)
    environment = {"HOME": str(tmp_path)}
    home(environment)
    assert environment == {"HOME": str(tmp_path)}


def test_a_user_without_an_entry_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    environment = {"HOME": "/"}
    home(environment)
    assert environment["USER"] == f"uid-{os.getuid()}"
    environment = {"HOME": "/", "USER": "anna"}
    home(environment)
    assert environment["USER"] == "anna"


RECIPE = """
extends: temper:tiny/instruct
name: umlaut
sandbox: {kind: local}
sft: {data: [{kind: file, path: "zeilen-\u00e4.jsonl"}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recipe of letters that are not ASCII, among files named like packages."""
    (tmp_path / "rezept-\u00e4.yaml").write_text(RECIPE, encoding="utf-8")
    row = '{"messages": [{"role": "user", "content": "\u4f60\u597d"}, {"role": "assistant", "content": "\u00e4"}]}\n'
    (tmp_path / "zeilen-\u00e4.jsonl").write_text(row, encoding="utf-8")
    for name in ("torch", "datasets", "yaml", "tokenizers", "random", "temper"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('a folder of the recipe\\'s')\n")
    return tmp_path


def started(folder: Path, *words: str, **changes: str | None) -> "subprocess.CompletedProcess[bytes]":
    environment = {name: value for name, value in {**os.environ, **changes}.items() if value is not None}
    program = Path(sys.executable).with_name("temper")
    return subprocess.run([program, *words], cwd=folder, env=environment, capture_output=True, timeout=100)


PLACES: dict[str, dict[str, str | None]] = {
    "an ASCII locale": {"LC_ALL": "C", "LANG": None, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "POSIX, as cron has it": {"LC_ALL": "POSIX", "LANG": None, "PATH": "/usr/bin:/bin"},
    "no HOME": {"HOME": None},
    "a HOME that is gone": {"HOME": "/nowhere/at/all"},
    "torchrun's variables": {"RANK": "3", "WORLD_SIZE": "8", "MASTER_ADDR": "10.0.0.1", "LOCAL_RANK": "3"},
    "KubeRay's variables": {"RAY_ADDRESS": "10.0.0.1:6379", "RAY_REDIS_ADDRESS": "10.0.0.1:6379", "RAY_PORT": "6379"},
}  # fmt: skip


def test_a_user_without_an_entry_may_have_a_home_that_nothing_is_written_to(folder: Path) -> None:
    unnamed = ["unshare", "-U", "--map-user=4242", "--map-group=4242"]
    if subprocess.run([*unnamed, "true"], capture_output=True).returncode:
        pytest.skip("no user namespaces here")
    (folder / "home").mkdir(mode=0o500)
    environment = {n: v for n, v in os.environ.items() if n not in ("USER", "LOGNAME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [*unnamed, Path(sys.executable).with_name("temper"), "explain", "rezept-\u00e4.yaml"],
        cwd=folder, env={**environment, "HOME": str(folder / "home")}, capture_output=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0 and b"umlaut" in done.stdout, done.stderr.decode()


@pytest.mark.parametrize("place", PLACES)
def test_a_command_says_the_same_wherever_it_is_started(folder: Path, place: str) -> None:
    done = started(folder, "explain", "rezept-\u00e4.yaml", **PLACES[place])
    assert done.returncode == 0, done.stderr.decode()
    assert b"umlaut" in done.stdout and b"Traceback" not in done.stderr
    assert not (folder / "~").exists()


def test_whoever_reads_the_output_may_go_and_it_may_be_closed(folder: Path) -> None:
    for shell in (
        "temper explain rezept-*.yaml | true",
        "temper explain rezept-*.yaml >&-",
        "temper schema | head -c 9",
    ):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", shell],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr, done.stderr


INTERRUPTED = """
import atexit, sys, time
sys.argv = ["temper", "verify", "rows.jsonl", "--out", "out"]
from temper.pipeline import cli
def work(options):
    atexit.register(time.sleep, 60)
    print("working", flush=True)
    time.sleep(60)
cli._verify = work
sys.exit(cli.main())
"""


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_with_a_word_and_the_second_at_once(tmp_path: Path, times: int) -> None:
    slow = INTERRUPTED if times == 2 else INTERRUPTED.replace("    atexit", "    # atexit")
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", slow], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    if times == 2:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.startswith("temper: interrupted, ending; once more ends it at once\n")
    assert said.endswith(
        f"temper: {'ended at once' if times == 2 else 'interrupted'}; the same command goes on from here\n"
    )
    assert "Traceback" not in said
