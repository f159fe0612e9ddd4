"""`temper show`: real rows as they are trained on, the trained tokens in colour; problems with what judges them."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from temper.pipeline import sources
from temper.pipeline.loading import Loaded
from temper.policy.chat import dress
from temper.policy.section import FolderBase, HubBase
from temper.sft.examples import parse_example
from temper.sft.masks import Sample, render, targets

TRAINED, PLAIN = "\033[32m", "\033[0m"


def show(loaded: Loaded, rows: int) -> Iterator[str]:
    """Text blocks, `rows` for each source of `sft` and `rlvr`."""
    recipe = loaded.recipe
    if recipe.sft and "sft" in recipe.stages:
        tokenizer = dress(_tokenizer(loaded), recipe.variant)
        for source in recipe.sft.data:
            for where, row in islice(sources.rows(source, "examples"), rows):
                example = parse_example(row, where)
                conversations = targets(example, recipe.variant, recipe.sft.unfold)
                if not conversations:
                    yield f"{where}: dropped, it has no reasoning"
                for turns in conversations:
                    sample = render(tokenizer, turns, example.tools, recipe.variant)
                    counts = f"{sum(sample.trained)} of {len(sample.tokens)} tokens trained"
                    yield f"{where}: {counts}\n{_coloured(tokenizer, sample)}"
    if recipe.rlvr and "rlvr" in recipe.stages:
        for source in recipe.rlvr.data:
            for where, row in islice(sources.rows(source, "problems"), rows):
                yield f"{where}: problem\n{json.dumps(row, indent=2, ensure_ascii=False)}"


def _tokenizer(loaded: Loaded) -> Any:
    """The base's; for a tiny base, which may not be made yet, the one that it will have."""
    base = loaded.recipe.base
    match base:
        case FolderBase():
            from temper.policy.checkpoint import load_tokenizer

            return load_tokenizer(Path(base.path))
        case HubBase():
            from temper.policy.checkpoint import load_tokenizer

            return load_tokenizer(base.name, base.revision)
        case _:
            from temper.pipeline.stages import base_lines
            from temper.policy.pretrain import TOKENIZER_LINES
            from temper.policy.tiny import build_tokenizer

            return build_tokenizer(base_lines()[:TOKENIZER_LINES], base.vocabulary)


def _coloured(tokenizer: Any, sample: Sample) -> str:
    """The text, with runs of trained tokens in green."""
    pieces: list[str] = []
    run: list[int] = []
    colour = False
    for token, trained in [*zip(sample.tokens, sample.trained, strict=True), (None, None)]:
        if trained != colour or token is None:
            text = tokenizer.decode(run)
            pieces.append(f"{TRAINED}{text}{PLAIN}" if colour else text)
            run, colour = [], bool(trained)
        if token is not None:
            run.append(token)
    return "".join(pieces)
