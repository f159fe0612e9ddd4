"""Every id that a row may name."""

from temper.verifiers.instruction.checks import INSTRUCTIONS as PUBLISHED
from temper.verifiers.instruction.checks import Instruction
from temper.verifiers.instruction.trained import TRAINED

INSTRUCTIONS: dict[str, type[Instruction]] = {**PUBLISHED, **TRAINED}
