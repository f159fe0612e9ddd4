"""`temper data`: the rows of a recipe's training, read, freed of repeats and leaks, counted, written down.

    OUT/problems.jsonl.gz    the problems that stay, in order, in our format; with --checkpoint `metadata.right` and
                             `metadata.samples`, which a source's `pass_rate` reads
    OUT/examples.jsonl.gz    the conversations of `sft` that stay
    OUT/dropped.jsonl        what goes: source, id or place, reason, and the evidence, texts included
    OUT/card.md              sources, hashes, licences, counts, difficulty, lengths

What goes: a row that says again, nearly or to the word, what an earlier one of the same kind says (`repeats`), and one
that holds or covers a held-out problem or a problem of a named suite (`overlap`). Rows of one generator are variations
of its templates by design: they are compared to the word alone.
"""

import gzip
import io
import json
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temper.mistakes import shortened
from temper.pipeline import sources
from temper.pipeline.identity import digest, source_identity
from temper.pipeline.loading import Loaded
from temper.pipeline.overlap import Cover, HeldOut, asked, given, leaks, words
from temper.pipeline.preflight import check_data, licence_for
from temper.pipeline.repeats import repeats
from temper.pipeline.scoring import Scored
from temper.policy.atomic import write_atomic
from temper.policy.sources import Source
from temper.rows.table import Kind
from temper.sft.examples import Dropped, RowError, parse_example
from temper.verifiers.problem import Problem
from temper.verifiers.rows import RawRow

EVIDENCE = 300
"""Characters of a text that is shown."""
BINS = 10
"""Of the histogram of pass rates."""


@dataclass
class Row:
    """A row of training, in our format."""

    source: str
    where: str
    raw: RawRow
    text: str
    """What repeats are looked for in: the users' messages of a problem, all messages of an example."""
    given: list[str]
    """What the model is given, a text a message: where leaks are looked for."""
    generated: bool
    problem: Problem | None = None

    @property
    def id(self) -> str:
        return self.problem.id if self.problem else self.where


@dataclass
class Part:
    """The problems, or the examples, of a recipe."""

    kind: Kind
    sources: dict[str, Source]
    """By name."""
    rows: list[Row] = field(default_factory=list)
    """Those that stay."""
    dropped: list[dict[str, Any]] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    """Rows that `bad_rows: drop` leaves out, by reason; they are in no other count."""

    def drop(self, gone: dict[int, dict[str, Any]]) -> None:
        """Takes out the rows at these places, each for its reason."""
        for place, why in sorted(gone.items()):
            row = self.rows[place]
            self.dropped.append({"source": row.source, "id": row.id, **why, "text": shortened(row.text, EVIDENCE)})
        self.rows = [row for place, row in enumerate(self.rows) if place not in gone]


Sampled = Callable[[Sequence[Problem]], dict[str, Scored]]
"""From problems to what came of their samples, by id."""


def prepare(loaded: Loaded, out: Path, sampled: Sampled | None = None) -> str:
    """Writes OUT; returns the card. Raises ValueError, before anything is written, for rows that cannot be read."""
    check_data(loaded)
    parts = [part for part in (_problems(loaded), _examples(loaded)) if part.rows]
    if not parts:
        raise ValueError(f"{loaded.source}: neither rlvr.data nor sft.data has a row; name a source")
    held_out = list(_held_out(loaded))
    for part in parts:
        part.drop(_repeated(part.rows))
        part.drop(_leaked(part.rows, held_out))
    if sampled is not None:
        _count(parts, sampled)
    card = "\n".join(_card(loaded, parts, held_out)) + "\n"
    for part in parts:
        write_atomic(out / f"{part.kind}.jsonl.gz", _compressed(row.raw for row in part.rows))
    dropped = [{"kind": part.kind, **one} for part in parts for one in part.dropped]
    write_atomic(out / "dropped.jsonl", "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in dropped))
    write_atomic(out / "card.md", card)
    return card


def _problems(loaded: Loaded) -> Part:
    recipe = loaded.recipe
    part = Part("problems", dict(_named("rlvr.data", recipe.rlvr.data if recipe.rlvr else ())))
    judged = (recipe.verifiers.params, recipe.sandbox, loaded.plugins)
    seen: dict[str, str] = {}
    for name, source in part.sources.items():
        for where, raw, problem in sources.read_problems(source, *judged, seen):
            texts = given({"messages": problem.messages()})
            part.rows.append(Row(name, where, raw, asked(problem), texts, sources.is_generated(source), problem))
    return part


def _examples(loaded: Loaded) -> Part:
    recipe = loaded.recipe
    part = Part("examples", dict(_named("sft.data", recipe.sft.data if recipe.sft else ())))
    bad = Dropped(refuse=recipe.sft is None or recipe.sft.bad_rows == "refuse")
    for name, source in part.sources.items():
        for where, raw in sources.rows(source, "examples", bad):
            try:
                example = parse_example(raw, where)
            except RowError as error:
                bad.bad(error)
                continue
            said = "\n".join(message.content or "" for message in example.messages)
            part.rows.append(Row(name, where, raw, said, given(raw), sources.is_generated(source)))
    part.unread = bad.counts
    return part


def _held_out(loaded: Loaded) -> Iterator[tuple[str, Problem, bool]]:
    """(source, problem, whether a generator made it) of all that is to stay unseen."""
    recipe = loaded.recipe
    named = list(_named("held_out", recipe.held_out))
    for suite in recipe.eval.suites if recipe.eval else ():
        for benchmark in suite.benchmarks:
            named += _named(f"{suite.name}.{benchmark.name}", benchmark.data)
    for name, source in named:
        for _, problem in sources.placed_problems(source, recipe.verifiers.params, recipe.sandbox, loaded.plugins):
            yield name, problem, sources.is_generated(source)


def _named(name: str, data: Iterable[Source]) -> Iterator[tuple[str, Source]]:
    return ((f"{name}.{place}", source) for place, source in enumerate(data))


def _repeated(rows: Sequence[Row]) -> dict[int, dict[str, Any]]:
    exact = {place for place, row in enumerate(rows) if row.generated}
    found = repeats([row.text for row in rows], exact)
    return {place: _repeats(rows[repeat.of], repeat.alike) for place, repeat in found.items()}


def _repeats(first: Row, alike: float) -> dict[str, Any]:
    reason = "repeats to the word" if alike == 1 else "repeats nearly"
    return {
        "reason": reason, "alike": alike, "of": [first.source, first.id], "its_text": shortened(first.text, EVIDENCE),
    }  # fmt: skip


def _leaked(rows: Sequence[Row], held_out: Sequence[tuple[str, Problem, bool]]) -> dict[int, dict[str, Any]]:
    """Rows that hold a held-out prompt, or cover one where neither is of a generator."""
    holding = HeldOut((source, problem) for source, problem, _ in held_out)
    covering = Cover((source, problem) for source, problem, generated in held_out if not generated)
    texts = {(source, problem.id): asked(problem) for source, problem, _ in held_out}
    found: dict[int, dict[str, Any]] = {}
    for place, row in enumerate(rows):
        if shares := leaks(row.given, holding, None if row.generated else covering):
            of = max(shares, key=lambda at: shares[at])
            found[place] = {
                "reason": "holds what is held out", "share": round(shares[of], 4), "of": list(of),
                "its_text": shortened(texts[of], EVIDENCE), "more": len(shares) - 1,
            }  # fmt: skip
    return found


def _count(parts: Sequence[Part], sampled: Sampled) -> None:
    """Writes the counts into the metadata of the problems; one without a verdict stays without counts."""
    rows = [row for part in parts for row in part.rows if row.problem is not None]
    found = sampled([row.problem for row in rows if row.problem is not None])
    for row in rows:
        scores = found.get(row.id, {"scores": []})["scores"]
        if scores:
            counts = {"right": sum(scores), "samples": len(scores)}
            row.raw = {**row.raw, "metadata": {**(row.raw.get("metadata") or {}), **counts}}


def _compressed(rows: Iterable[RawRow]) -> bytes:
    """JSON Lines, the same bytes for the same rows."""
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", mtime=0) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return held.getvalue()


def _card(loaded: Loaded, parts: Sequence[Part], held_out: Sequence[tuple[str, Problem, bool]]) -> Iterator[str]:
    yield f"# Data of {loaded.recipe.name}"
    yield ""
    yield "| source | what | hash | licence | rows | stay |"
    yield "|---|---|---|---|---|---|"
    for part in parts:
        stay = Counter(row.source for row in part.rows)
        gone = Counter(one["source"] for one in part.dropped)
        for name, source in part.sources.items():
            licence = licence_for(source, part.kind)
            yield (
                f"| {name} | {_what(source)} | {digest(source_identity(source, loaded.folder))[:12]} "
                f"| {licence.name if licence else 'not stated'} | {stay[name] + gone[name]:,} | {stay[name]:,} |"
            )
    yield ""
    yield f"Held against {len(held_out):,} held-out problems of {len({source for source, _, _ in held_out})} sources."
    for part in parts:
        yield from _of_part(part)


def _what(source: Source) -> str:
    named = {key: getattr(source, key, None) for key in ("path", "name", "dataset", "generator", "revision", "map")}
    return ", ".join(Path(value).name if key == "path" else str(value) for key, value in named.items() if value)


def _of_part(part: Part) -> Iterator[str]:
    yield from ("", f"## {part.kind.capitalize()}", "")
    reasons = Counter(one["reason"] for one in part.dropped)
    yield f"{len(part.rows) + len(part.dropped):,} read, {len(part.rows):,} stay" + "".join(
        f"; {count:,} {reason}" for reason, count in sorted(reasons.items())
    )
    if part.unread:
        unread = ", ".join(f"{count:,} {reason}" for reason, count in sorted(part.unread.items()))
        yield f"Left out by `bad_rows: drop`: {unread}"
    lengths = sorted(len(words(row.text)) for row in part.rows)
    if len(lengths) > 1:
        tenths = statistics.quantiles(lengths, n=10, method="inclusive")  # the nine cuts from 10% to 90%
        cuts = [lengths[0], tenths[0], tenths[4], tenths[8], lengths[-1]]
        yield "Words: {} least, {:.0f} at 10%, {:.0f} at 50%, {:.0f} at 90%, {} most".format(*cuts)
    rates = [_rate(row.raw) for row in part.rows]
    known = [rate for rate in rates if rate is not None]
    if known:
        yield f"Pass rate of {len(known):,} problems ({len(rates) - len(known):,} without counts):"
        yield from ("", "| rate | problems |", "|---|---|")
        # The last bin holds its upper end: 1.0 lies in 0.9 to 1.0.
        bins = Counter(min(int(rate * BINS), BINS - 1) for rate in known)
        yield from (f"| {i / BINS:.1f} to {(i + 1) / BINS:.1f} | {bins[i]:,} |" for i in range(BINS))


def _rate(row: RawRow) -> float | None:
    metadata = row.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("samples"):
        return None
    return float(metadata["right"]) / float(metadata["samples"])
