"""Which experts an engine sent each token to: layers x k numbers a token, in one byte each up to 256 experts.

They count a row's tokens from the first of the prompt on. The last token of a row is never sent through an engine, so a
row of n tokens has the experts of n - 1.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

BYTES = {"uint8": 1, "uint16": 2}


@dataclass(frozen=True)
class Experts:
    """Of tokens that follow each other."""

    numbers: bytes = field(default=b"", repr=False)
    """(tokens, layers, k), as they lie in memory."""
    layers: int = 0
    k: int = 0
    dtype: str = "uint8"

    @property
    def token_bytes(self) -> int:
        return self.layers * self.k * BYTES[self.dtype]

    def __len__(self) -> int:
        return len(self.numbers) // self.token_bytes if self.numbers else 0

    def __add__(self, other: "Experts") -> "Experts":
        if not other.numbers:
            return self
        if not self.numbers:
            return other
        mine, theirs = (self.layers, self.k, self.dtype), (other.layers, other.k, other.dtype)
        assert mine == theirs, f"experts of two models, {mine} and {theirs}"
        return Experts(self.numbers + other.numbers, *mine)

    @property
    def array(self) -> "np.ndarray[Any, Any]":
        """(tokens, layers, k), without a copy."""
        import numpy as np

        return np.frombuffer(self.numbers, self.dtype).reshape(len(self), self.layers, self.k)


class Growing:
    """The experts of a row under way, from the token in place `first` on."""

    def __init__(self, first: int) -> None:
        self.next = first
        """The first place that lacks them."""
        self.numbers = bytearray()
        self.shape = 0, 0, "uint8"

    def take(self, place: int, chosen_TLK: "np.ndarray[Any, Any]") -> None:
        """Of the tokens from `place` on those that it lacks. What is computed anew after a push keeps the experts that
        it had when the token behind it was sampled."""
        assert place <= self.next, f"no experts for the places {self.next} to {place - 1}"
        lacking_TLK = chosen_TLK[self.next - place :]
        if len(lacking_TLK):
            self.numbers += lacking_TLK.tobytes()
            self.shape = lacking_TLK.shape[1], lacking_TLK.shape[2], str(lacking_TLK.dtype)
            self.next += len(lacking_TLK)

    def done(self) -> Experts:
        return Experts(bytes(self.numbers), *self.shape)
