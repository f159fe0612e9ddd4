"""What a run finds around it: variables of the environment that would decide what is trained, another cluster's, a home
that is not there, a temporary folder whose path is too long for a socket.

The recipe alone decides what is trained, so each variable that accelerate, transformers, trl, deepspeed, torch or Ray
reads is one of three kinds: it is dropped here, with a line (it would change numbers, or who trains with whom); it is
pinned (`PINNED`); or it decides nothing of the result (where, how fast, how loud), and stays. `settle` runs first in
the command and first in every worker, before any of them is imported. `tests/pipeline/test_surroundings.py` has the
third kind, and fails when a release reads a name that is in none.
"""

import logging
import os
import pwd
import re
import sys
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

log = logging.getLogger(__name__)

PINNED: Mapping[str, str] = {
    "RAY_TRAIN_V2_ENABLED": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_OVERRIDE_JOB_RUNTIME_ENV": "1",  # what a job was submitted with goes behind what a run needs
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "PASSIVE",  # two roles that spin on two cores take more than twice as long
}

DROPPED = re.compile(
    r"""
    ACCELERATE_.* | FSDP_.* | PARALLELISM_CONFIG_.*    # precision, accumulation, sharding that no recipe asked for
    | (AOT_?INDUCTOR|TORCHINDUCTOR|TORCHDYNAMO)_(?!CACHE_DIR$).*
    | TORCH_COMPILE_.* | PYTORCH_JIT.* | PYTORCH_TUNABLEOP_.* | NVIDIA_TF32_OVERRIDE
    | TORCH_ALLOW_TF32_CUBLAS_OVERRIDE | (ONEDNN|DNNL)_DEFAULT_FPMATH_MODE    # precision
    | XLA_(USE|DOWNCAST)_BF16 | USE_TORCH_XLA | PJRT_DEVICE | TPU_NAME | PT_HPU_.* | USE_TF | USE_MKL_GEMM
    | USE_HUB_KERNELS | TRUST_REMOTE_CODE | TRANSFORMERS_(DISABLE_DEEPGEMM_LINEAR|TEST_.*|IS_CI)
    | HUGGINGFACE_CO_STAGING | TRITON_INTERPRET | TORCH_FORCE_(NO_)?WEIGHTS_ONLY_LOAD | TORCH_BISECT_.*
    | DS_(?!ACCELERATOR).* | DEEPSPEED_.* | AUTOEP_.* | MORI_ENABLE_SDMA
    | (LOCAL_|NODE_|GROUP_|ROLE_)?RANK | (LOCAL_|GROUP_|ROLE_)?WORLD_SIZE | LOCAL_SIZE | NPROC | MASTER_(ADDR|PORT)
    | TORCHELASTIC_.* | OMPI_COMM_.* | PMI_.* | MPI_LOCALNRANKS | SM_.* | SMDATAPARALLEL_.*    # who trains with whom
    """,
    re.VERBOSE,
)
"""Names, whole."""
OF_RAY = re.compile(r"RAY_(?!TMPDIR$).*|REDIS_PASSWORD|FQ_RAY_IP|KUBERAY_.*")
"""Of another cluster (a Ray job's, KubeRay's), which an embedded one takes nothing from."""
SOCKET_PATH = 107
"""Bytes of a socket's path on Linux."""
RAY_BELOW = len("/ray/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store")
"""What Ray puts below its temporary folder."""


def settle(environment: MutableMapping[str, str], embedded: bool = False) -> list[str]:
    """Drops and pins; with `embedded`, which starts a cluster of its own, Ray's as well. Returns the names that were
    dropped."""
    pinned = {name: value for name, value in PINNED.items() if environment.get(name, value) != value}
    dropped = [name for name in environment if DROPPED.fullmatch(name)]
    dropped += [name for name in environment if embedded and name not in PINNED and OF_RAY.fullmatch(name)]
    for name in dropped:
        del environment[name]
    environment.update(PINNED)
    return sorted([*dropped, *pinned])


def home(environment: MutableMapping[str, str]) -> None:
    """A HOME that is there, and a name for a user without one: libraries would write below `~` here, or fail."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        environment.setdefault("USER", f"uid-{os.getuid()}")
    given = environment.get("HOME")
    if given and Path(given).is_dir():
        return
    made = Path(tempfile.gettempdir()) / f"temper-home-{os.getuid()}"
    made.mkdir(mode=0o700, exist_ok=True)
    environment["HOME"] = str(made)


def ray_folder(environment: MutableMapping[str, str]) -> None:
    """A temporary folder for Ray whose sockets have room in a path. Raises ValueError where there is none."""
    asked = environment.get("RAY_TMPDIR") or environment.get("TMPDIR") or "/tmp"  # noqa: S108 - Ray's own default
    if len(os.fsencode(asked)) + RAY_BELOW <= SOCKET_PATH:
        return
    short = next((path for path in ("/tmp", "/var/tmp", "/dev/shm") if os.access(path, os.W_OK)), "")  # noqa: S108
    if not short:
        raise ValueError(
            f"TMPDIR: {len(os.fsencode(asked))} bytes leave no room for the path of Ray's sockets, got {asked!r}; set "
            f"RAY_TMPDIR to a folder of at most {SOCKET_PATH - RAY_BELOW} bytes"
        )
    environment["RAY_TMPDIR"] = short


def in_utf8() -> None:
    """Starts this program again in UTF-8 where the locale's encoding is another: files and terminals of ours are
    UTF-8, whatever a container's locale says."""
    import locale

    if sys.flags.utf8_mode or locale.getencoding().lower().replace("-", "") == "utf8":
        return
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself
