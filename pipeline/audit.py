"""`temper audit`: whether the problems of a recipe can be judged, before any accelerator is taken.

Every row is read (routing, params and answers are refused there), the probes of `audit.rows` rows of each verifier in
each source are judged as a completion would be, and prompts are compared within and across train and held-out, and with
the examples of SFT (`overlap`). A probe
says what its verifier must score: the row's own answer 1, empty, cut, echoed and cheating completions 0. What a
verifier without probes does is not known, and it is named. So is an answer that its verifier cannot read: its probes
would pass, since the answer is the same text as itself, and say nothing. `temper run` audits first and keeps the
finding by the hash of data, verifiers and sandbox.
"""

import hashlib
import json
import logging
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from temper.pipeline import sources
from temper.pipeline.gateways import gateways
from temper.pipeline.identity import digest, in_key, source_identity
from temper.pipeline.loading import Loaded
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.overlap import GRAM, SHARE, WHOLE, Cover, HeldOut, asked, given, leaks
from temper.pipeline.recipe import AuditSection, Recipe
from temper.pipeline.stage_code import judging_code
from temper.policy.atomic import write_atomic
from temper.policy.sources import Source
from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sft.examples import Dropped
from temper.verifiers.judging import Judge, Verifiers
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchange
from temper.verifiers.table import verifier_for
from temper.verifiers.verifier import TurnProbe

log = logging.getLogger(__name__)

MAX_READ = 20_000
"""Rows of each verifier in each source whose answer is read, evenly spread; a thousand take a second at most."""
EXAMPLES = 10
"""Unread answers of a source that are shown."""


@dataclass
class Audited:
    """One verifier in one source."""

    source: str
    verifier: str
    rows: int = 0
    probed: int = 0
    """Rows whose probes were run."""
    mute: int = 0
    """Rows that were drawn and have no probe."""
    failed: int = 0
    probes: int = 0
    read: int = 0
    """Rows whose answer was looked at."""
    unread: int = 0
    """Those whose verifier cannot read it; they are not among the probed."""


@dataclass
class Finding:
    lines: list[Audited] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    """A probe that came out wrong: source, id, verifier, probe, expected, got, detail."""
    duplicates: list[dict[str, str]] = field(default_factory=list)
    """A problem whose prompt stands before: source, id, and `repeats` or `in_train`, the id that had it first, or
    `in_sft`, the example that holds it."""
    unread: list[dict[str, str]] = field(default_factory=list)
    """Answers that cannot be read, the first of each source: source, id, verifier, unread (the answer), reason."""
    held_out: int = 0

    @property
    def shared(self) -> list[str]:
        """Ids of held-out problems whose prompt also stands in train, or in an example."""
        return list(dict.fromkeys(d["id"] for d in self.duplicates if "in_train" in d or "in_sft" in d))

    def _place(self) -> str:
        """Where the first of them stands."""
        first = next(d for d in self.duplicates if d["id"] == self.shared[0] and d.keys() & {"in_train", "in_sft"})
        return f" at {first['in_sft']}" if "in_sft" in first else f", as {first['in_train']!r}"

    @property
    def unknown(self) -> list[str]:
        """Verifiers without probes."""
        return sorted({line.verifier for line in self.lines if line.mute and not line.probed})

    def compare(self, source: str, part: str, problem: Problem, prompts: dict[str, dict[str, str]]) -> None:
        """Counts a prompt that stands before; `prompts` are those seen, by part, with the id that had them first."""
        prompt = _normal(problem)
        if prompt in prompts[part]:
            self.duplicates.append({"source": source, "id": problem.id, "repeats": prompts[part][prompt]})
        prompts[part].setdefault(prompt, problem.id)
        if part == "held_out":
            self.held_out += 1
            if prompt in prompts["train"]:
                self.duplicates.append({"source": source, "id": problem.id, "in_train": prompts["train"][prompt]})

    def search(self, recipe: Recipe, held_out: HeldOut, cover: Cover) -> None:
        """Looks for the held-out problems in the examples, and keeps the first one that holds each."""
        known: set[tuple[str, str]] = set()
        for name, source in _examples(recipe):
            for where, row in sources.rows(source, "examples", Dropped(refuse=False)):
                found_here = leaks(given(row), held_out, None if sources.is_generated(source) else cover)
                for found in found_here.keys() - known:
                    known.add(found)
                    self.duplicates.append({"source": found[0], "id": found[1], "in_sft": f"{name}: {where}"})

    def cover(self, train: Sequence[Problem], held_out: HeldOut, cover: Cover) -> None:
        """Looks for the held-out problems in the problems of train, beyond those whose prompts are the same."""
        known = {(duplicate["source"], duplicate["id"]) for duplicate in self.duplicates if "in_train" in duplicate}
        for problem in train:
            within = held_out.within({"messages": problem.messages()})
            found = {(one.source, one.id): one.share for one in cover.overlaps([asked(problem)])}
            for (source, name), share in (found | dict.fromkeys(within, 1.0)).items():
                if (source, name) not in known:
                    known.add((source, name))
                    at = {"source": source, "id": name, "in_train": problem.id}
                    self.duplicates.append({**at, "covered": f"{share:.2f}", "text": asked(problem)[:300]})

    def read(
        self, source: str, problems: Sequence[Problem], lines: dict[str, Audited], plugins: Plugins = NO_PLUGINS
    ) -> set[str]:
        """Ids of the problems whose answer cannot be read, counted in their lines; the first are kept as examples."""
        unread: set[str] = set()
        for problem in problems:
            line = lines[_label(problem)]
            reason = verifier_for(problem, plugins).unread(problem)
            line.read += 1
            line.unread += reason is not None
            if reason is not None:
                unread.add(problem.id)
                if line.unread <= EXAMPLES:
                    at = {"source": source, "id": problem.id, "verifier": line.verifier}
                    self.unread.append({**at, "unread": str(problem.answer)[:80], "reason": reason})
        return unread

    def mistakes(self, section: AuditSection) -> list[str]:
        """Why the recipe must not run; empty when it may."""
        found = []
        probed, failed = sum(line.probed for line in self.lines), sum(line.failed for line in self.lines)
        if failed > section.max_failed_share * probed:
            first = self.failures[0]
            found.append(
                f"audit: {failed} of {probed} probed rows fail, more than audit.max_failed_share "
                f"{section.max_failed_share:g}; first {first['id']!r}, probe {first['probe']!r}: expected "
                f"{first['expected']}, got {first['got']} ({first['detail']})"
            )
        if len(self.shared) > section.max_shared_share * self.held_out:
            found.append(
                f"audit: {len(self.shared)} of {self.held_out} held-out prompts also stand in train, more than "
                f"audit.max_shared_share {section.max_shared_share:g}; first {self.shared[0]!r}{self._place()}; "
                "take them out"
            )
        return found + [self._too_many_unread(x, section) for x in self.lines if _is_unread(x, section)]

    def _too_many_unread(self, line: Audited, section: AuditSection) -> str:
        first = next(x for x in self.unread if (x["source"], x["verifier"]) == (line.source, line.verifier))
        return (
            f"audit: {line.source}: {line.verifier} cannot read {line.unread} of {line.read} answers, more than "
            f"audit.max_unread_share {section.max_unread_share:g}; first {first['id']!r}, {first['unread']!r}: "
            f"{first['reason']}; mend them or take them out"
        )

    def table(self) -> str:
        head = f"{'source':14}{'verifier':24}{'rows':>8}{'probed':>8}{'not probeable':>15}{'failed':>8}{'probes':>8}"
        rows = [
            f"{x.source:14}{x.verifier:24}{x.rows:>8}{x.probed:>8}{x.mute:>15}{x.failed:>8}{x.probes:>8}"
            for x in self.lines
        ]
        notes = [f"no probes: {name}; nothing is known of what it scores" for name in self.unknown]
        notes += [
            f"{x.source}: {x.verifier} cannot read {x.unread} of {x.read} answers" for x in self.lines if x.unread
        ]
        notes += [f"  {x['id']!r}: {x['unread']!r}: {x['reason']}" for x in self.unread]
        repeated = sum("repeats" in duplicate for duplicate in self.duplicates)
        overlap = f"prompts: {repeated} repeated, {len(self.shared)} of {self.held_out} held-out also in train"
        return "\n".join([head, *rows, *notes, overlap])


def audit(
    recipe: Recipe,
    sandbox: Sandbox | None,
    workers: int,
    plugins: Plugins = NO_PLUGINS,
    verifiers: Verifiers | None = None,
) -> Finding:
    """Judged here with the sandbox, or by the verifiers that are given. Rows may name the code that `plugins` list.
    Raises ValueError for a row that cannot be read, naming its place."""
    finding = Finding()
    judge = verifiers or Judge(sandbox, 2, plugins)
    prompts: dict[str, dict[str, str]] = {"train": {}, "held_out": {}}
    held_out: list[tuple[str, Problem]] = []
    varied: dict[str, list[tuple[str, Problem]]] = {"train": [], "held_out": []}
    with ThreadPoolExecutor(workers, thread_name_prefix="audit") as pool:
        for name, part, source in _parts(recipe):
            placed = sources.placed_problems(source, recipe.verifiers.params, recipe.sandbox, plugins)
            problems = [problem for _, problem in placed]
            lines = {label: Audited(name, label, rows=n) for label, n in Counter(map(_label, problems)).items()}
            unread = finding.read(name, _drawn(problems, MAX_READ), lines, plugins)
            drawn = [problem for problem in _drawn(problems, recipe.audit.rows) if problem.id not in unread]
            for problem, (probes, failures) in zip(
                drawn, pool.map(lambda p: _probed(p, judge, plugins), drawn), strict=True
            ):
                line = lines[_label(problem)]
                line.probes += probes
                line.probed += probes > 0
                line.mute += probes == 0
                line.failed += bool(failures)
                finding.failures += [{"source": name, **failure} for failure in failures]
            finding.lines += lines.values()
            for problem in problems:
                finding.compare(name, part, problem, prompts)
            held_out += [(name, problem) for problem in problems if part == "held_out"]
            if not sources.is_generated(source):
                varied[part] += [(name, problem) for problem in problems]
    cover = Cover(varied["held_out"])
    finding.cover([problem for _, problem in varied["train"]], HeldOut(varied["held_out"]), cover)
    finding.search(recipe, HeldOut(held_out), cover)
    return finding


def audit_with(loaded: Loaded, workers: int) -> Finding:
    """An audit with what the recipe judges with: a sandbox of this machine, or its gateways."""
    recipe = loaded.recipe
    if recipe.cluster.verifiers_at:
        with closing(gateways(recipe.cluster)) as verifiers:
            return audit(recipe, None, 4 * len(recipe.cluster.verifiers_at), loaded.plugins, verifiers)
    with closing(open_sandbox(recipe.sandbox)) as sandbox:
        return audit(recipe, sandbox, workers, loaded.plugins)


def audit_run(loaded: Loaded, out: Path) -> None:
    """What `temper run` does first. Raises RecipeError where `temper audit` would fail; a finding is kept in OUT."""
    recipe = loaded.recipe
    if not list(_parts(recipe)):
        return
    kept = kept_in(loaded, out)
    if kept.exists():
        stored = json.loads(kept.read_text())
        finding = Finding(**{**stored, "lines": [Audited(**line) for line in stored["lines"]]})
    else:
        finding = audit_with(loaded, recipe.sandbox.slots)
        write_atomic(kept, json.dumps(asdict(finding)) + "\n")
    log.info("audit: %d probes of %d rows, %d rows fail", *_totals(finding))
    for name in finding.unknown:
        log.warning("audit: no probes: %s; nothing is known of what it scores", name)
    if mistakes := finding.mistakes(recipe.audit):
        raise RecipeError("\n".join(f"{loaded.source}: {mistake}; see {kept}" for mistake in mistakes))


def kept_in(loaded: Loaded, out: Path) -> Path:
    """Where the finding of a recipe is kept."""
    return out / "audits" / f"{_key(loaded)}.json"


def _totals(finding: Finding) -> tuple[int, int, int]:
    lines = finding.lines
    return sum(x.probes for x in lines), sum(x.probed for x in lines), sum(x.failed for x in lines)


def _parts(recipe: Recipe) -> Iterator[tuple[str, str, Source]]:
    """(name, part, source), train first."""
    if recipe.rlvr and "rlvr" in recipe.stages:
        yield from ((f"rlvr.data.{i}", "train", source) for i, source in enumerate(recipe.rlvr.data))
    if "eval" in recipe.stages or recipe.validation:
        yield from ((f"held_out.{i}", "held_out", source) for i, source in enumerate(recipe.held_out))


def _examples(recipe: Recipe) -> Iterator[tuple[str, Source]]:
    """(name, source) of SFT's data, where there are held-out problems to look for."""
    if recipe.sft and "sft" in recipe.stages and ("eval" in recipe.stages or recipe.validation):
        yield from ((f"sft.data.{i}", source) for i, source in enumerate(recipe.sft.data))


def _drawn(problems: Sequence[Problem], rows: int | None) -> list[Problem]:
    """`rows` of each verifier, evenly spread."""
    apart: dict[str, list[Problem]] = {}
    for problem in problems:
        apart.setdefault(_label(problem), []).append(problem)
    drawn = []
    for of in apart.values():
        count = len(of) if rows is None else min(rows, len(of))
        # Of 10 rows 4: the rows 0, 2, 5 and 7.
        drawn += [of[i * len(of) // count] for i in range(count)]
    return drawn


def _is_unread(line: Audited, section: AuditSection) -> bool:
    return line.unread > section.max_unread_share * line.read


def _label(problem: Problem) -> str:
    return problem.verifier if isinstance(problem.verifier, str) else " + ".join(problem.verifier)


def _probed(problem: Problem, judge: Verifiers, plugins: Plugins) -> tuple[int, list[dict[str, Any]]]:
    """(number of probes, what failed)."""
    verifier = verifier_for(problem, plugins)
    probes: list[TurnProbe] = [(name, (Exchange(text),), expected) for name, text, expected in verifier.probes(problem)]
    probes += verifier.turn_probes(problem)
    judgements = judge.judge([(problem, turns[-1].text, turns) for _, turns, _ in probes])
    failures = []
    for (name, _, expected), judgement in zip(probes, judgements, strict=True):
        verdict = judgement.verdict
        got = judgement.error or (verdict.score if verdict and verdict.outcome == "scored" else "abstained")
        if judgement.error or (expected is not None and got != expected):
            detail = verdict.detail[:300] if verdict else ""
            at = {"id": problem.id, "verifier": _label(problem), "probe": name}
            failures.append({**at, "expected": expected, "got": got, "detail": detail})
    return len(probes), failures


def _normal(problem: Problem) -> str:
    """The prompt without what makes no difference: case, blanks, compatible characters."""
    text = "\0".join(str(message.get("content")) for message in problem.messages())
    return hashlib.sha256(" ".join(unicodedata.normalize("NFKC", text).casefold().split()).encode()).hexdigest()


def _key(loaded: Loaded) -> str:
    """Of the data, the sections and the code that judges."""
    read = [(name, source) for name, _, source in _parts(loaded.recipe)] + list(_examples(loaded.recipe))
    data = {name: source_identity(source, loaded.folder) for name, source in read}
    recipe = in_key(loaded.recipe, "audit")
    return digest(
        {"overlap": [GRAM, SHARE, WHOLE], "data": dict(data), "recipe": recipe, "code": judging_code(loaded.folder)}
    )[:16]
