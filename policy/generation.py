"""What a checkpoint says of generation: the tokens at which a completion ends, and defaults that can be saved.

Both engines, the saved model and the exported one end a completion at the same tokens: the end of turn of the chat
template first, then every end that the base's own generation config names. A base that ends at two tokens and is
stopped at one of them never stops.
"""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

log = logging.getLogger(__name__)


def end_ids(tokenizer: "PreTrainedTokenizerBase", generation: "GenerationConfig") -> list[int]:
    """Ids of the tokens that end a completion, the template's end of turn first. Raises ValueError without any."""
    named = generation.eos_token_id
    others = named if isinstance(named, list | tuple) else [named]
    found = dict.fromkeys(token for token in (tokenizer.eos_token_id, *others) if token is not None)
    if not found:
        raise ValueError("tokenizer: no token ends a completion; set eos_token in tokenizer_config.json")
    return list(found)


def generation_of(checkpoint: str) -> "GenerationConfig":
    """Of a checkpoint that is not loaded as a model; its configuration's where it has no file of its own."""
    from transformers import AutoConfig, GenerationConfig

    try:
        return GenerationConfig.from_pretrained(checkpoint)
    except OSError:
        return GenerationConfig.from_model_config(AutoConfig.from_pretrained(checkpoint))


def say_ends(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
    """Writes the ends into the model's configurations, as a list only where there are several."""
    ids = end_ids(tokenizer, model.generation_config)
    model.config.eos_token_id = model.generation_config.eos_token_id = ids if len(ids) > 1 else ids[0]
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id


def mend(model: "PreTrainedModel", where: str) -> None:
    """Replaces sampling defaults that `transformers` would refuse to save, at the end of a training, by those of plain
    sampling, and says so; the tokens stay."""
    from transformers import GenerationConfig

    config = model.generation_config
    try:
        config.validate(strict=True)
    except ValueError as error:
        kept = {name: getattr(config, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
        known = {name: value for name, value in kept.items() if not (isinstance(value, int) and value < 0)}
        model.generation_config = GenerationConfig(do_sample=True, **known)
        said = " ".join(str(error).split())[:200]
        log.warning("%s: generation_config.json cannot be saved (%s); its sampling defaults are left out", where, said)
