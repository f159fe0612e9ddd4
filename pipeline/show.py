"""`temper show`: real rows as they are trained on, the trained tokens in colour; problems with what judges them.

Control tokens are bold, so that the text `<|im_end|>` in a content is not taken for the end of a turn; control
characters of a row are spelt out, so that it cannot drive the terminal. Every row passes through the parser, the masks
and the tokenizer of the run. A row that is refused or dropped is shown with its reason, and the next one follows.
"""

import json
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from temper.pipeline import sources
from temper.pipeline.loading import Loaded
from temper.pipeline.prompts import tokenizer_of
from temper.policy.chat import Variant, dress
from temper.policy.rendering import Renderer, control_tokens
from temper.policy.sources import Source
from temper.sft.examples import Dropped, RowError, parse_example
from temper.sft.masks import Sample, render, targets
from temper.sft.section import SftSection
from temper.verifiers.shown import shown as shown_text
from temper.view.rendered_rows import Run, Shown


def show(loaded: Loaded, rows: int) -> Iterator[Shown]:
    """`rows` of each source of `sft` and `rlvr`, and the counts over those of `sft`."""
    recipe = loaded.recipe
    if recipe.sft and "sft" in recipe.stages:
        tokenizer = dress(tokenizer_of(recipe.base), recipe.variant, recipe.sft.template)
        trained = total = count = 0
        for source in recipe.sft.data:
            for shown, sample in _examples(source, recipe.sft, recipe.variant, Renderer(tokenizer), rows):
                yield shown
                if sample:
                    trained, total, count = trained + sum(sample.trained), total + len(sample.tokens), count + 1
        yield Shown("sft", f"{trained:,} of {total:,} tokens trained in the {count:,} samples above")
    if recipe.rlvr and "rlvr" in recipe.stages:
        for source in recipe.rlvr.data:
            for where, row in islice(sources.rows(source, "problems"), rows):
                text = json.dumps(row, indent=2, ensure_ascii=False)
                yield Shown(where, "problem", (Run(shown_text(text, lines=True), 0, trained=False, control=False),))


def _examples(
    source: Source, section: SftSection, variant: Variant, renderer: Renderer, rows: int
) -> Iterator[tuple[Shown, Sample | None]]:
    stops = section.bad_rows == "refuse"
    try:
        for where, row in islice(sources.rows(source, "examples", Dropped(stops)), rows):
            try:
                example = parse_example(row, where)
                conversations = targets(example, variant, section.unfold)
                made = [render(renderer, turns, example.tools, variant, where) for turns in conversations]
            except RowError as error:
                yield Shown("would stop the run" if stops else "would be dropped", str(error)), None
                continue
            if not made:
                yield Shown(where, "dropped, it has no reasoning"), None
            for place, sample in enumerate(made, 1):
                yield _sample(where, sample, f", sample {place} of {len(made)}", section, renderer), sample
    except RowError as error:  # `map` does not take it, and no row can follow
        yield Shown("would stop the run", str(error)), None


def _sample(where: str, sample: Sample, place: str, section: SftSection, renderer: Renderer) -> Shown:
    counts = f"{sum(sample.trained):,} of {len(sample.tokens):,} tokens trained"
    long = ", too long for a pack" if len(sample.tokens) > section.pack_tokens else ""
    return Shown(where, counts + place.removesuffix(", sample 1 of 1") + long, _runs(renderer.tokenizer, sample))


def _runs(tokenizer: Any, sample: Sample) -> tuple[Run, ...]:
    """The sample's text, decoded from its tokens, so that what is seen is what the model sees."""
    control = set(tokenizer.convert_tokens_to_ids(control_tokens(tokenizer)))
    kinds = ((trained, token in control) for token, trained in zip(sample.tokens, sample.trained, strict=True))
    runs: list[Run] = []
    at = 0
    for (trained, controls), same in groupby(kinds):
        length = len(list(same))
        text = shown_text(tokenizer.decode(sample.tokens[at : at + length]), lines=True)
        runs.append(Run(text, length, trained, controls))
        at += length
    return tuple(runs)
