"""What a stage takes from a checkpoint's tokenizer."""

from pathlib import Path

import pytest

from temper.pipeline.stages import stop_ids
from temper.policy.checkpoint import load_tokenizer


def test_stop_tokens_are_ids_of_the_checkpoints_tokenizer(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(tiny_base)
    assert stop_ids(tokenizer, "rlvr", ("</think>", "<tool_call>")) == (24, 29)
    with pytest.raises(ValueError, match=r"^eval\.stop_tokens: the tokenizer lacks '</answer>'; name single tokens"):
        stop_ids(tokenizer, "eval", ("</think>", "</answer>"))
