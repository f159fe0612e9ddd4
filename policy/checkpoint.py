"""Checkpoints in the `transformers` format: load strictly, save whole or not at all, and name what a tensor holds."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from temper.policy.atomic import put_in_place
from temper.policy.base_config import pin, unfit
from temper.policy.chat import check_stamp, stamp
from temper.policy.generation import mend
from temper.policy.health import refuse_unless_finite

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase


def load_model(path: str | Path, revision: str | None = None, dtype: str = "float32") -> "PreTrainedModel":
    """The checkpoint's causal language model. Raises ValueError when a weight is missing or left over: a load that is
    not strict leaves sparse experts at their random initialisation and only prints it; and for one that no training of
    ours computes (`base_config`)."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(str(path), revision=revision)
    if why := unfit(config.to_dict()):
        raise ValueError(f"{path}: config.json: {why}")
    model, info = AutoModelForCausalLM.from_pretrained(
        str(path), revision=revision, dtype=dtype, return_dict=True, output_loading_info=True
    )
    wrong = {kind: sorted(info[kind]) for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[kind]}
    if wrong:
        raise ValueError(f"{path}: weights do not fit the architecture, got {wrong}; use a whole checkpoint")
    mend(model, str(path))
    pin(model)
    # Twice as fast as `eager` on a CPU, with the same results.
    if model._can_set_experts_implementation() and "grouped_mm" not in str(model.config._experts_implementation):
        model.set_experts_implementation("grouped_mm")
    return model


def bare_model(config: "PretrainedConfig") -> "PreTrainedModel":
    """The architecture without weights, on torch's meta device. Raises ValueError for one that is no causal language
    model."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    return model


def load_tokenizer(path: str | Path, revision: str | None = None) -> "PreTrainedTokenizerBase":
    """Raises ValueError when a folder's chat template is not the one that it was trained with."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(path), revision=revision)
    check_stamp(tokenizer.chat_template, Path(path))
    return tokenizer


def save(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    folder: Path,
    weights: "dict[str, torch.Tensor] | None" = None,
    base: Path | None = None,
) -> None:
    """Writes model (its own weights unless given), tokenizer, chat template and its hash to `folder`, whole or not at
    all; a head for one token more in its own file, that of `base` where the model has none. Raises NotFiniteError for
    weights that are no numbers."""
    from temper.policy.mtp import carry_mtp, write_mtp

    refuse_unless_finite(weights or weights_of(model), str(folder))
    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    write_mtp(weights or weights_of(model), temporary)  # first: saving takes it out of the weights
    model.save_pretrained(temporary, state_dict=weights)
    if base is not None:
        carry_mtp(base, temporary)
    save_tokenizer(tokenizer, temporary)
    readable_as(temporary / "config.json", temporary)
    put_in_place(temporary, folder)


def save_tokenizer(tokenizer: "PreTrainedTokenizerBase", folder: Path) -> None:
    """Tokenizer, chat template and its hash, without the words about how it was loaded here: a reader who found
    `local_files_only` would never ask a hub."""
    for word in ("local_files_only", "is_local"):
        tokenizer.init_kwargs.pop(word, None)
    tokenizer.save_pretrained(folder)
    stamp(tokenizer, folder)


def readable_as(example: Path, folder: Path) -> None:
    """Gives every file of the folder the mode of one of them: safetensors writes weights that their owner alone may
    read, and a server is another user."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(example.stat().st_mode)


def weights_of(model: "PreTrainedModel") -> "dict[str, torch.Tensor]":
    """Every parameter by name, tied ones once."""
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def trained_weights(model: "PreTrainedModel") -> "dict[str, torch.Tensor]":
    """Those of `weights_of` that are trained, the others stay the base's: what a push sends and a proof hashes."""
    return {name: tensor.detach() for name, tensor in model.named_parameters() if tensor.requires_grad}


def load_weights(model: "PreTrainedModel", weights: "Mapping[str, torch.Tensor]") -> None:
    """Copies trained weights into a model in place; names and shapes must agree. Raises ValueError."""
    copy_weights(trained_weights(model), weights)


def copy_weights(own: "Mapping[str, torch.Tensor]", weights: "Mapping[str, torch.Tensor]") -> None:
    """Into these tensors, of the same names. Raises ValueError."""
    if own.keys() != weights.keys():
        different = sorted(own.keys() ^ weights.keys())
        raise ValueError(f"weights: names differ from the model's, got {different[:5]}; push the same architecture")
    for name, tensor in weights.items():
        own[name].copy_(tensor)


def tensor_hashes(weights: "Mapping[str, torch.Tensor]") -> dict[str, str]:
    """`tensor_hash` of each."""
    return {name: tensor_hash(tensor) for name, tensor in weights.items()}


def tensor_hash(tensor: "torch.Tensor") -> str:
    """Of its type, shape and bytes: a hash on the host, and of what lies on a GPU a sum that is made there. Both find
    what went wrong by accident; XXH3 reads 7 GB/s on a core where BLAKE2 reads 0.5."""
    import torch
    import xxhash

    if tensor.device.type == "cuda":
        return f"{tensor.dtype} {tuple(tensor.shape)} {ordered_sum(tensor):016x}"
    # Of the bytes as they lie in memory: a view with other strides is the same tensor.
    whole = tensor.detach().cpu().contiguous()
    digest = xxhash.xxh3_128(f"{whole.dtype} {tuple(whole.shape)}".encode())
    digest.update(whole.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def ordered_sum(tensor: "torch.Tensor", at_once: int = 1 << 24) -> int:
    """A sum modulo 2^64 of the tensor's 16-bit words, each times an odd number that its place gives: the same on every
    device, another one for any word that is another and for any two that change places. Reads `at_once` words at a
    time, whose temporaries take 24 bytes each."""
    import torch

    flat = tensor.detach().contiguous().reshape(-1)
    words = flat.view(torch.int16 if flat.itemsize % 2 == 0 else torch.int8)
    total = torch.zeros((), dtype=torch.int64, device=words.device)
    for first, part in enumerate(torch.split(words, at_once)):
        place = torch.arange(first * at_once, first * at_once + len(part), dtype=torch.int64, device=words.device)
        # Steele, Lea and Flood's 64-bit golden ratio spreads the places; 1 is added so that words of 0 count as well.
        odd = (place * -7046029254386353131).bitwise_or_(1)
        total += (part.to(torch.int64).bitwise_and_(0xFFFF).add_(1) * odd).sum()
    return int(total) % 2**64
