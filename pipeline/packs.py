"""Examples to packs on disk, once for every run that would prepare the same.

Rows are read and packed in one process and rendered and tokenized by `cluster.pack_shards` of them (`sft/shard.py`),
whose number changes nothing. Packs lie in `OUT/stages/packs-<key12>/`, under the hash of what they are a function of:
the data, the tokenizer and its chat template, the variant, the seed, the fields of the section that are not marked as
the training's alone, and our code. So a changed learning rate finds them again. Whoever prepares holds the folder's
lock; another run waits for it.
"""

import hashlib
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from temper.pipeline import sources
from temper.pipeline.identity import digest, in_key
from temper.pipeline.ledger import Ledger, PlannedStage
from temper.pipeline.stage_code import preparing_code
from temper.policy.chat import Variant, dress, template_hash
from temper.sft.examples import Dropped
from temper.sft.section import LongContextSection, SftSection

if TYPE_CHECKING:
    from temper.sft.shard import Ask, Block, Rendered, Shard

log = logging.getLogger(__name__)


def prepared_packs(
    ledger: Ledger, stage: PlannedStage, section: SftSection, variant: Variant, seed: int, base: Path, shards: int = 1
) -> tuple[Path, dict[str, JsonValue]]:
    """The folder of the packs of an `sft` stage or of a base's or an extension's training, which have no variant, and
    the counts. More than one of `shards` are actors on Ray's cluster. Raises ValueError when the packs fill no step."""
    from temper.policy.checkpoint import load_tokenizer
    from temper.sft.shard import Shard

    tokenizer = load_tokenizer(base)
    if not isinstance(section, LongContextSection):
        dress(tokenizer, variant, section.template)
    packs = PlannedStage("packs", _key(tokenizer, stage, section, variant, seed), stage.input)
    folder = ledger.folder(packs) / "packs"
    # Without a limit: however long another run prepares, it makes the packs that this one needs.
    with ledger.lock(packs, "worker", timeout_s=math.inf):
        counts = ledger.finished(packs)
        if counts is None:
            shard = partial(Shard, tokenizer, section, variant, seed)
            with asked(shards, shard) as asks:
                counts = prepare(asks, section, seed, tokenizer.pad_token_id, folder)
            ledger.finish(packs, counts)
        else:
            log.info("packs: prepared before (%s)", packs.folder_name)
    if int(str(counts["packs"])) < section.packs_per_step:
        raise ValueError(
            f"{stage.name}: {counts['packs']} packs of {section.pack_tokens} tokens do not fill one step of "
            f"packs_per_step {section.packs_per_step}; add data or lower one of the two"
        )
    return folder, counts


def described(counts: Mapping[str, JsonValue], pack_tokens: int) -> str:
    """A line for a person: what was packed, how full, and what was dropped for which reason."""
    found = {name: int(str(count)) for name, count in counts.items()}
    reasons = {name.removeprefix("dropped_"): count for name, count in found.items() if name.startswith("dropped_")}
    dropped = [f"{count:,} {reason}" for reason, count in reasons.items() if count]
    return (
        f"{found['samples']:,} samples in {found['packs']:,} packs, "
        f"{found['tokens'] / (found['packs'] * pack_tokens):.1%} full, "
        f"{found['trained_tokens']:,} of {found['tokens']:,} tokens trained; dropped {', '.join(dropped) or 'none'}"
    )


def _key(tokenizer: Any, stage: PlannedStage, section: SftSection, variant: Variant, seed: int) -> str:
    return digest(
        {
            "code": preparing_code(),
            "data": stage.data,
            "tokenizer": hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest(),
            "special_tokens": {name: str(token) for name, token in tokenizer.special_tokens_map.items()},
            "template": template_hash(tokenizer),
            "variant": variant,
            "seed": seed,
            "section": in_key(section, "packs"),
        }
    )


@contextmanager
def asked(number: int, make: "partial[Shard]") -> Iterator[list["Ask"]]:
    """As many shards as asked for: one is this process, more are actors, which Ray starts again on another node when
    theirs is lost."""
    if number == 1:
        shard = make()
        yield [lambda block: partial(shard.render, block)]
        return
    import ray

    kind = ray.remote(make.func).options(num_cpus=1, max_restarts=-1, max_task_retries=3)
    tokenizer, *rest = make.args
    given = ray.put(tokenizer)
    actors = [kind.remote(given, *rest) for _ in range(number)]
    try:
        yield [partial(_given, actor) for actor in actors]
    finally:
        for actor in actors:
            ray.kill(actor)


def _given(actor: Any, block: "Block") -> "Callable[[], Rendered]":
    import ray

    return partial(ray.get, actor.render.remote(block))


def prepare(shards: Sequence["Ask"], section: SftSection, seed: int, pad_id: int, folder: Path) -> dict[str, JsonValue]:
    """Writes the packs of the section's rows into `folder`, and counts."""
    from temper.sft.packing import folders_of, write_packs
    from temper.sft.shard import rendered

    dropped = Dropped(refuse=section.bad_rows == "refuse")
    folders = folders_of(section, folder)
    counts: Counter[str] = Counter()
    mixtures = [section.data] if len(folders) == 1 else [(source,) for source in section.data]
    for part, data in zip(folders, mixtures, strict=True):
        kept = rendered(sources.mixture(data, seed, dropped), shards, dropped)
        counts.update(asdict(write_packs(kept, section.pack_tokens, pad_id, seed, part)))
    return {**counts, **{f"dropped_{reason}": count for reason, count in sorted(dropped.counts.items())}}
