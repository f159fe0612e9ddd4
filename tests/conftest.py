"""A tiny untrained base and its tokenizer, made once for all tests."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("DS_ACCELERATOR", "cpu")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin slow down whatever shares the cores


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny Mellum after one step of pre-training: real structure, no skill."""
    from temper.policy.pretrain import make_base
    from temper.policy.section import TinyBase
    from temper.recipes import tiny

    section = TinyBase(
        hidden=32, heads=4, kv_heads=2, experts=4, expert_width=16, vocabulary=384, window=16, context=64,
        steps=1, batch=2,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("base") / "checkpoint"
    make_base(section, list(tiny.text(300, 0)), seed=0, out=folder)
    return folder
