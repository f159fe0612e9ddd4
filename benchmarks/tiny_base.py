"""What both training benchmarks share: an untrained tiny base, two threads, quiet libraries, a clock around steps."""

import logging
import os
import time
import warnings
from pathlib import Path
from typing import Any

os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}
warnings.filterwarnings("ignore")

import torch  # noqa: E402
import transformers  # noqa: E402

from temper.policy.bases import TinyBase  # noqa: E402
from temper.policy.tiny import write_untrained  # noqa: E402
from temper.recipes import tiny  # noqa: E402

logging.disable(logging.WARNING)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def untrained_base(folder: Path, context: int, vocabulary: int = 384) -> Path:
    """The tiny recipes' base before it is trained: real structure and cost, and completions that run to their limit."""
    torch.set_num_threads(2)
    section = TinyBase(hidden=64, experts=16, expert_width=160, vocabulary=vocabulary, context=context)
    write_untrained(section, list(tiny.text(2000, 0)), seed=0, out=folder / "base")
    return folder / "base"


class Clock(transformers.TrainerCallback):  # type: ignore[misc]
    """Seconds of every optimizer step but the first, which warms up."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.last: float | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        now = time.perf_counter()
        if self.last is not None:
            self.seconds.append(now - self.last)
        self.last = now
