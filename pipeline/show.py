"""`temper show`: real rows as they are trained on, the trained tokens in colour; problems with what judges them.

Control tokens are bold, so that the text `<|im_end|>` in a content is not taken for the end of a turn; control
characters of a row are spelt out, so that it cannot drive the terminal. Every row passes through the parser, the masks
and the tokenizer of the run. A row that is refused or dropped is shown with its reason, and the next one follows. A
problem whose answer is calls is shown as the rollout that they would be, too.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, islice
from typing import Any

from temper.pipeline import sources
from temper.pipeline.loading import Loaded
from temper.pipeline.prompts import renderer_of, tokenizer_of
from temper.policy.chat import Variant, dress
from temper.policy.rendering import Renderer, control_tokens
from temper.policy.sources import Source
from temper.sft.examples import Dropped, RowError, ToolCall, Turn, parse_example
from temper.sft.masks import Sample, render, targets
from temper.sft.section import SftSection
from temper.verifiers.rows import RawRow, parse_problem
from temper.verifiers.sessions.replay import replayed
from temper.verifiers.shown import shown as shown_text
from temper.verifiers.table import verifier_for
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
                if row.get("session") is not None:
                    yield from _conversed(loaded, row, where)


def _conversed(loaded: Loaded, row: RawRow, where: str) -> Iterator[Shown]:
    """The rollout that the answer's calls would be, where the row's verifier knows of one; what the policy would sample
    is marked as trained, results and what the template puts around them are not."""
    recipe = loaded.recipe
    problem = parse_problem(row, where, recipe.verifiers.params, recipe.sandbox, loaded.plugins)
    known = [turns for name, turns, _ in verifier_for(problem, loaded.plugins).turn_probes(problem) if name == "answer"]
    renderer = renderer_of(recipe)
    for turns in known:
        unmade = tuple(replace(turn, unmade=True, answered=()) for turn in turns)
        messages = [Turn(role=said["role"], content=said.get("content") or "") for said in problem.messages()]
        for turn in replayed(problem, unmade, None, loaded.plugins):
            calls = tuple(ToolCall(name=one.name, arguments=one.arguments) for one in turn.answered)
            messages.append(Turn(role="assistant", content="" if calls else turn.text, tool_calls=calls))
            messages += [Turn(role="tool", content=one.text) for one in turn.answered]
        # Of every turn, as RLVR has it; SFT's Thinking trains the last one alone.
        sample = render(renderer, messages, problem.tools or (), "instruct", where)
        said = f"the answer's calls, {sum(sample.trained):,} of {len(sample.tokens):,} tokens sampled"
        yield Shown(where, said, _runs(renderer.tokenizer, sample))


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
