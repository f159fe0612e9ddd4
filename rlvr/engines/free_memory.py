"""How much memory there is now."""

from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")


def free_bytes(on_gpu: bool) -> int:
    """Of the GPU, or of the machine, or of the container that this is in where it has a limit."""
    if on_gpu:
        import torch

        return torch.cuda.mem_get_info()[0]
    free: int = psutil.virtual_memory().available
    limit = _number("memory.max")
    return free if limit is None else min(free, max(0, limit - (_number("memory.current") or 0)))


def _number(name: str) -> int | None:
    """Of this container's control group; none where there is none, or no limit."""
    try:
        return int((CGROUP / name).read_text())
    except (OSError, ValueError):
        return None
