"""What an engine says of a later turn's tokens is what the weights say of them behind the whole transcript."""

from pathlib import Path

from turned import check, dialogues

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer
from temper.rlvr.engines.transformers_engine import TransformersEngine


def test_logprobs_of_turns_are_those_of_one_forward_over_the_transcript(tiny_base: Path) -> None:
    model, tokenizer = load_model(tiny_base), load_tokenizer(tiny_base)
    engine = TransformersEngine(load_model(tiny_base), dress(load_tokenizer(tiny_base), "instruct"), 8, version=0)
    check(dialogues(engine, tokenizer, 12), model)
