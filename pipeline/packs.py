"""Examples to packs on disk, once for every run that would prepare the same.

Packs lie in `OUT/stages/packs-<key12>/`, under the hash of what they are a function of: the data, the tokenizer and its
chat template, the variant, the seed, the fields of the section that are not marked as the training's alone, and our
code. So a changed learning rate finds them again. Whoever prepares holds the folder's lock; another run waits for it.
"""

import hashlib
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from temper.pipeline import sources
from temper.pipeline.identity import digest, in_key
from temper.pipeline.ledger import Ledger, PlannedStage
from temper.pipeline.stage_code import preparing_code
from temper.policy.chat import Variant, dress, template_hash
from temper.policy.rendering import Renderer
from temper.sft.examples import Dropped
from temper.sft.section import LongContextSection, SftSection

log = logging.getLogger(__name__)


def prepared_packs(
    ledger: Ledger, stage: PlannedStage, section: SftSection, variant: Variant, seed: int, base: Path
) -> tuple[Path, dict[str, JsonValue]]:
    """The folder of the packs of an `sft` stage or of an extension's training, which has no variant, and the counts.
    Raises ValueError when they fill no step."""
    from temper.policy.checkpoint import load_tokenizer

    tokenizer = load_tokenizer(base)
    if not isinstance(section, LongContextSection):
        dress(tokenizer, variant, section.template)
    packs = PlannedStage("packs", _key(tokenizer, stage, section, variant, seed), stage.input)
    folder = ledger.folder(packs) / "packs"
    # Without a limit: however long another run prepares, it makes the packs that this one needs.
    with ledger.lock(packs, "worker", timeout_s=math.inf):
        counts = ledger.finished(packs)
        if counts is None:
            counts = _prepare(tokenizer, section, variant, seed, folder)
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


def _prepare(tokenizer: Any, section: SftSection, variant: Variant, seed: int, folder: Path) -> dict[str, JsonValue]:
    from temper.sft.documents import documents
    from temper.sft.masks import samples
    from temper.sft.packing import write_packs

    dropped = Dropped(refuse=section.bad_rows == "refuse")
    if isinstance(section, LongContextSection):
        kept = documents(tokenizer, sources.mixture(section.data, seed, dropped), section, seed, dropped)
    else:
        examples = sources.examples(section.data, seed, dropped)
        kept = samples(Renderer(tokenizer), examples, variant, section.unfold, dropped)
    counts = write_packs(kept, section.pack_tokens, tokenizer.pad_token_id, seed, folder)
    return {
        **asdict(counts),
        **{f"dropped_{reason}": count for reason, count in sorted(dropped.counts.items())},
    }
