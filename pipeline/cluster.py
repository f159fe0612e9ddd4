"""Ray at one place: plain classes become actors here (verifiers in `judging`, the controller in `controlling`),
learners become Ray Train workers.

An embedded cluster by default, an existing one by address. On the embedded cluster the CPU count is only a number of
places (threads are set per role from the recipe), so that a run fits a machine of two cores. Workers append the
recipes' folders to `sys.path`, so that a verifier beside the recipe resolves in every process.
"""

import logging
import os
import re
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray

from temper.pipeline import failures, pulse
from temper.pipeline.mistakes import StageError
from temper.pipeline.placing import at_place
from temper.pipeline.recipe import ClusterSection, Placement
from temper.pipeline.surroundings import PINNED, ray_folder, settle
from temper.policy.section import LearnersSection, LoraSection
from temper.rlvr.engines.channel import Member, Seat, seats
from temper.rlvr.engines.engine import WAIT_S, Engine, EngineError, EngineLostError, TokenRow
from temper.rlvr.rollout import Completion, Request, Sampling
from temper.rlvr.section import EngineSection
from temper.verifiers.judging import described

if TYPE_CHECKING:
    from ray.util.placement_group import PlacementGroup

log = logging.getLogger(__name__)

FOLDERS, JOINED = "TEMPER_RECIPE_FOLDERS", "TEMPER_JOINED"
"""Variables of every worker: where modules of recipes lie; set where the cluster is not one of our own."""
EMBEDDED_CPUS = 32
COLLECTED = 16
UNKNOWN = -2
"""The version of an engine whose weights are none that was pushed whole."""
LOST_S = 600.0
"""`cluster.lost_s` where no recipe says."""
MAX_LEARNER_LOSSES = 3
"""How often a stage's learners are started again, from their last checkpoint, before it ends."""


def begin_worker() -> None:
    """First in every worker: variables of its machine decide nothing (`surroundings`); finds the recipes' folders."""
    settle(os.environ)
    join_folders()
    if os.environ.get(JOINED):
        _meet_others()


def _meet_others() -> None:
    """Ranks of other machines find this one: gloo listens where the machine's own name leads, and on Debian that is
    127.0.1.1."""
    import psutil

    here = ray.util.get_node_ip_address()
    for name, addresses in psutil.net_if_addrs().items():
        if any(one.address == here for one in addresses):
            os.environ.setdefault("GLOO_SOCKET_IFNAME", name)


def join_folders() -> None:
    """Appends the recipes' folders to this process's `sys.path`; behind everything else, so they shadow nothing."""
    for folder in filter(None, os.environ.get(FOLDERS, "").split(os.pathsep)):
        if folder not in sys.path:
            sys.path.append(folder)


def start(address: str | None, folders: Sequence[Path], resources: Mapping[str, float]) -> None:
    """Connects to `address`, or starts an embedded cluster that offers `resources`.

    Raises ValueError when no cluster answers."""
    os.environ[FOLDERS] = os.pathsep.join(map(str, folders))
    settle(os.environ, embedded=not address)
    os.environ.setdefault("RAY_prestart_worker_first_driver", "0")  # it would start one process a CPU
    environment = {FOLDERS: os.environ[FOLDERS], **PINNED}
    if not Path("/dev/nvidiactl").exists():
        environment["DS_ACCELERATOR"] = "cpu"
    runtime = {"env_vars": environment, "worker_process_setup_hook": "temper.pipeline.cluster.begin_worker"}
    job = ray.job_config.JobConfig()
    job._py_driver_sys_path = _Nothing()
    common: dict[str, Any] = {
        "runtime_env": runtime, "job_config": job, "log_to_driver": False, "logging_level": "ERROR",
    }  # fmt: skip
    if address:
        environment[JOINED] = "1"
        try:
            _knock(address)
            _take_token()
            ray.init(address=address, **common)
        except (OSError, RuntimeError) as error:
            if token := _refused_token(error):
                raise ValueError(
                    f"--address: the cluster refuses the token of this process, got {address!r} ({token}); give the "
                    "one it was started with: RAY_AUTH_TOKEN_PATH=FILE"
                ) from error
            raise ValueError(
                f"--address: no Ray cluster answers, got {address!r} ({error}); ray start --head"
            ) from error
    else:
        ray_folder(os.environ)
        # `local`: without it Ray joins whatever cluster runs on this machine, another run's included.
        ray.init("local", num_cpus=EMBEDDED_CPUS, resources=dict(resources), include_dashboard=False, **common)


class _Nothing(list[str]):
    """Takes nothing: Ray would put the folder that the command was started in before the packages of every worker, so
    that a `datasets.py` there is imported in their place."""

    def extend(self, folders: Iterable[str]) -> None:
        pass


def _knock(address: str) -> None:
    """Raises OSError where nobody listens, for which Ray would wait for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _take_token() -> None:
    """The token of a cluster, where this process has one and is not told to leave it: Ray looks for it by itself only
    at the address `auto`."""
    from ray._private.authentication.authentication_token_setup import maybe_enable_token_auth_if_token_available

    maybe_enable_token_auth_if_token_available(warn_if_disabled=False)


def _refused_token(error: BaseException | None) -> str | None:
    """What the cluster says of the token, where that is why it cannot be joined."""
    while error is not None:
        if found := re.search(r"InvalidAuthToken: ([^.]*)|[Aa]uthentication token[^.]*", str(error)):
            return found[0]
        error = error.__cause__ or error.__context__
    return None


def demand(cluster: ClusterSection, stage: str) -> dict[str, float]:
    """What the roles of a stage hold at once, by Ray's resource names."""
    learners = {"sft": cluster.sft, "rlvr": cluster.rlvr}.get(stage)
    ranks = learners.ranks if learners else 0
    gpus = ranks * learners.gpus if learners else 0.0
    if stage not in ("rlvr", "eval"):
        shards = cluster.pack_shards if stage == "sft" else 0
        # Packs are made before the ranks start; more shards than one are asked by a process of their own.
        return {"CPU": max(1, ranks, shards + (shards > 1)), "GPU": gpus}
    # 4 ranks of 1 GPU, 2 engines of 1 and 8 verifiers: 4 + 2 + 8 = 14 CPUs and 4 + 2 = 6 GPUs.
    verifiers = 0 if cluster.verifiers_at else cluster.verifiers
    found = {
        "CPU": float(max(1, ranks) + cluster.engines + verifiers),
        "GPU": gpus + cluster.engines * cluster.engine_gpus,
    }
    return found | ({cluster.verifier_resource: float(verifiers)} if cluster.verifier_resource else {})


def require(section: ClusterSection, stages: Sequence[str]) -> None:
    """Raises ValueError when the cluster could never place a stage's roles, which would wait for ever."""
    offered = ray.cluster_resources()
    for stage in stages:
        for name, wanted in demand(section, stage).items():
            if wanted > (there := offered.get(name, 0)):
                raise ValueError(
                    f"cluster: stage {stage} takes {wanted:g} {name} at once, got a cluster of {there:g}; "
                    "add nodes, or lower cluster.verifiers, pack_shards, ranks or gpus"
                )


def stop() -> None:
    if ray.is_initialized():
        ray.shutdown()


def call(function: Callable[..., Any], *arguments: Any, threads: int) -> Any:
    """Runs a plain function in a worker process with `threads` CPU threads, and waits for it. Raises the ValueError
    that it raised, and StageError for any other."""
    worker = ray.remote(_with_threads).options(num_cpus=1, max_retries=0)
    try:
        with pulse.watched(f"waits for {function.__name__.strip('_')}", on="worker"):
            return ray.get(worker.remote(function, threads, arguments, pulse.post()))
    except ray.exceptions.RayError as error:
        raise failures.told([error], str(error)) from error


def _with_threads(
    function: Callable[..., Any], threads: int, arguments: tuple[Any, ...], post: pulse.Post | None
) -> Any:
    set_threads(threads)
    with pulse.reporting(post, "worker"), pulse.doing(function.__name__.strip("_").replace("_", " ")):
        return function(*arguments)


def set_threads(threads: int) -> None:
    """Ray gives a worker one OpenMP thread unless told otherwise."""
    import torch

    torch.set_num_threads(threads)


class EngineProcess:
    """The engine of a recipe over a checkpoint, built where it runs; `lora` names the adapters that pushes send alone
    where the engine takes them."""

    def __init__(
        self, checkpoint: str, section: EngineSection, cluster: ClusterSection, version: int, lora: LoraSection | None,
        post: pulse.Post | None = None, number: int = 0,
    ) -> None:  # fmt: skip
        set_threads(cluster.engine_threads)
        pulse.report(post, f"engine-{number}")
        self.version, self.name, self.on_gpu = version, uuid.uuid4().hex, bool(cluster.engine_gpus)
        self.built: Engine | Exception
        try:
            with pulse.doing("loads its model"):
                self.built = self._build(checkpoint, section, cluster, version, lora)
        except Exception as error:  # told to whoever asks: of an actor that fails to start one hears that it is gone
            log.exception("the engine cannot be started")
            self.built = error

    @property
    def engine(self) -> Engine:
        if isinstance(self.built, Exception):
            raise EngineError(f"the engine cannot be started: {described(self.built)}") from self.built
        return self.built

    def _build(
        self, checkpoint: str, section: EngineSection, cluster: ClusterSection, version: int, lora: LoraSection | None
    ) -> Engine:
        from temper.rlvr.engines.build import build
        from temper.rlvr.engines.stepping import Stepping

        return Stepping(build(checkpoint, section, version, cluster.engine_dtype, bool(cluster.engine_gpus), lora))

    @cached_property
    def member(self) -> Member:
        import torch

        return Member(torch.device("cuda" if self.on_gpu else "cpu"))

    def push(self, weights: Mapping[str, Any] | Seat, version: int) -> dict[str, str]:
        # Till all of it is there the engine holds no version, and nothing is sampled with what is half new.
        self.version = UNKNOWN
        try:
            with pulse.doing(f"takes the weights of version {version}"):
                held = self.engine.push(self.member.sit(weights) if isinstance(weights, Seat) else weights, version)
        except BaseException:
            self.member.leave()
            raise
        self.version = version
        return held

    def submit(self, requests: Sequence[Request], sampling: Sampling, version: int | None) -> str:
        """The name of the process that has them. Raises EngineLostError when it was started again since it took
        `version`."""
        if version is not None and self.version != version:
            raise EngineLostError(f"the engine's process was started again, it holds no version {version}")
        with pulse.doing(f"takes {len(requests)} requests"):
            self.engine.submit(requests, sampling)
        return self.name

    def collect(self, wait_s: float, name: str | None) -> list[tuple[int, Completion]]:
        """Some completions at a time: a call costs more than one. Raises EngineLostError when another process has what
        was submitted last."""
        if name is not None and self.name != name:
            raise EngineLostError("the engine's process was started again, what it had in hand is lost")
        until = time.monotonic() + wait_s
        with pulse.doing("samples"):
            ended = self.engine.collect(wait_s)
            while ended and len(ended) < COLLECTED and (left := until - time.monotonic()) > 0:
                more = self.engine.collect(left)
                if not more:
                    break
                ended += more
        return ended

    def cancel(self) -> list[int]:
        with pulse.doing("cancels"):
            return self.engine.cancel()

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        with pulse.doing(f"computes the logprobs of {len(rows)} rows"):
            return self.engine.logprobs(rows, temperature)


class RemoteEngine:
    """The `Engine` protocol over an actor, which Ray starts again when its process is lost."""

    def __init__(self, actor: Any, lost_s: float = LOST_S, on_gpu: bool = False) -> None:
        """`lost_s`: how long the process may take to be there again, its model loaded."""
        self.actor, self.lost_s, self.on_gpu = actor, lost_s, on_gpu
        self.pushed: int | None = None
        """The last version that it took."""
        self.name: str | None = None
        """Of the process that has what was submitted last; none once it is known to be lost."""

    @property
    def replicas(self) -> Sequence[Engine]:
        return (self,)

    def push(self, weights: Mapping[str, Any], version: int) -> dict[str, str]:
        """`weights` may also be Ray's reference to them, which stay in the node's shared memory till it reads, or what
        a learner offers to send to its place."""
        [given] = seats(weights, 1)
        held: dict[str, str] = self._ask(self.actor.push, given, version)
        self.pushed = version
        return held

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        self.name = self._ask(self.actor.submit, requests, sampling, self.pushed)

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        ended: list[tuple[int, Completion]] = self._ask(self.actor.collect, wait_s, self.name)
        return ended

    def cancel(self) -> list[int]:
        cancelled: list[int] = self._ask(self.actor.cancel)
        return cancelled

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        found: list[tuple[float, ...]] = self._ask(self.actor.logprobs, rows, temperature)
        return found

    def revive(self) -> bool:
        """Waits until Ray has started the process again. Raises EngineError, with what is missing, where it has not
        within `lost_s` seconds."""
        self.name = None
        try:
            failures.until_there(lambda: ray.get(self.actor.cancel.remote()), self.lost_s)
        except ray.exceptions.RayActorError as error:
            lacks = failures.missing("GPU" if self.on_gpu else "CPU")
            raise EngineError(f"engine: no process within cluster.lost_s, {self.lost_s:g} s: {lacks}") from error
        return True

    def _ask(self, method: Any, *arguments: Any) -> Any:
        try:
            return ray.get(method.remote(*arguments))
        except ray.exceptions.RayActorError as error:
            raise EngineLostError(f"the engine's process is gone ({type(error).__name__})") from error


def start_engines(
    checkpoint: Path, section: EngineSection, cluster: ClusterSection, version: int, lora: LoraSection | None = None,
    group: "PlacementGroup | None" = None,
) -> list[RemoteEngine]:  # fmt: skip
    """On the first places of the group, where there is one."""
    actor = ray.remote(EngineProcess)
    places = [
        actor.options(num_cpus=1, num_gpus=cluster.engine_gpus, max_restarts=-1, **at_place(group, number)).remote(
            str(checkpoint), section, cluster, version, lora, pulse.post(), number
        )
        for number in range(cluster.engines)
    ]
    return [RemoteEngine(place, cluster.lost_s, bool(cluster.engine_gpus)) for place in places]


def close(engines: Sequence[RemoteEngine]) -> None:
    for engine in engines:
        ray.kill(engine.actor)


def train(
    loop: Callable[[dict[str, Any]], None],
    config: dict[str, Any],
    learners: LearnersSection,
    folder: Path,
    lost_s: float = LOST_S, placement: Placement = "none",
) -> None:  # fmt: skip
    """Runs `loop(config)` on every rank of a Ray Train group and waits. Where a process is lost, all ranks are started
    again; places for them are waited for `lost_s` seconds. Raises what a rank raised: a ValueError as it is, any other
    as a StageError."""
    from ray.train import ControllerError, WorkerGroupError
    from ray.train.v2._internal.exceptions import WorkerGroupStartupTimeoutError

    losses = 0
    while True:
        try:
            with pulse.watched("waits for the learners", on="learner"):
                return _fit(loop, config, learners, folder, lost_s, placement)
        except (WorkerGroupError, ControllerError) as error:  # the second: a rank was lost before it began
            wrong = (
                error.worker_failures.values() if isinstance(error, WorkerGroupError) else [error.controller_failure]
            )
            if any(isinstance(one, WorkerGroupStartupTimeoutError) for one in wrong):
                lacks = failures.missing("GPU" if learners.gpus else "CPU")
                raise StageError(
                    f"learners: no places for {learners.ranks} ranks within cluster.lost_s, {lost_s:g} s: {lacks}; "
                    "bring nodes back and start the run again: it goes on from the last checkpoint"
                ) from error
            losses += 1
            if not failures.lost(wrong) or losses > MAX_LEARNER_LOSSES:
                raise failures.told(wrong, str(error)) from error
            log.warning(
                "a process was lost (%s); the learners start again from the last checkpoint", _first_line(error)
            )


def _rank(config: dict[str, Any]) -> None:
    """One rank, in a Ray Train worker: its loop, and what it says of itself."""
    import ray.train

    with pulse.reporting(config["post"], f"learner-{ray.train.get_context().get_world_rank()}"):
        config["loop"](config["config"])


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines()[1:] if line.strip()), type(error).__name__).strip()


def _fit(
    loop: Callable[[dict[str, Any]], None], config: dict[str, Any], learners: LearnersSection, folder: Path,
    lost_s: float, placement: Placement,
) -> None:  # fmt: skip
    os.environ["RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S"] = f"{lost_s:g}"
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    TorchTrainer(
        _rank,
        train_loop_config={"loop": loop, "config": config, "post": pulse.post()},
        scaling_config=ScalingConfig(
            num_workers=learners.ranks,
            use_gpu=learners.gpus > 0,
            resources_per_worker={"CPU": 1, **({"GPU": learners.gpus} if learners.gpus else {})},
            placement_strategy="SPREAD" if placement == "spread" else "PACK",
        ),
        torch_config=TorchConfig(backend="nccl" if learners.gpus else "gloo"),
        # No failures of Ray's own counting: whether to start again is `train`'s to say, by what was lost.
        run_config=RunConfig(
            name="ray",
            storage_path=str(folder),
            failure_config=FailureConfig(max_failures=0, controller_failure_limit=0),
        ),
    ).fit()
