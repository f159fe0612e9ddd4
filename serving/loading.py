"""A checkpoint on its way to the one who asks it: the engine, its thread, and what its tokenizer and context are."""

from dataclasses import dataclass
from pathlib import Path

from temper.policy.checkpoint import load_tokenizer
from temper.policy.rendering import Renderer
from temper.rlvr.engines.build import build
from temper.rlvr.section import EngineSection
from temper.serving.section import Served
from temper.serving.service import Service


@dataclass(frozen=True)
class Loading:
    checkpoint: Path
    name: str = ""
    """What requests call it; the folder's name where empty."""
    context: int | None = None
    """Fewer tokens than the checkpoint has."""
    threads: int | None = None
    """Of the CPU; None: torch's own number."""

    def load(self, section: EngineSection) -> Served:
        """Its service runs. Raises ValueError for a checkpoint that cannot be served."""
        import torch
        from transformers import AutoConfig

        config = AutoConfig.from_pretrained(str(self.checkpoint)).get_text_config(decoder=True)
        tokenizer = load_tokenizer(self.checkpoint)
        if not tokenizer.chat_template:
            raise ValueError(f"{self.checkpoint}: chat template: none; serve a checkpoint that SFT made")
        context = context_of(self.checkpoint, config.max_position_embeddings, self.context)
        if self.threads:
            torch.set_num_threads(self.threads)
        on_gpu = torch.cuda.is_available()
        engine = build(str(self.checkpoint), section, 0, "bfloat16" if on_gpu else "float32", on_gpu)
        service = Service(engine, section.batch).start()
        name = self.name or self.checkpoint.resolve().name
        return Served(name, service, Renderer(tokenizer), context, config.vocab_size, engine.think_ids)


def context_of(checkpoint: Path, most: int, wanted: int | None) -> int:
    if wanted is None:
        return most
    if not 1 <= wanted <= most:
        raise ValueError(f"--context: {checkpoint} has {most}, got {wanted}; ask for 1 to {most}")
    return wanted
