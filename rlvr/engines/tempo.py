"""Whether guesses pay, by what the engine measures: tokens a second with them and without, by the number of requests in
flight.

Numbers that share a power of two (129 to 256) are measured together, first without guesses, then with them, `STEPS`
steps each, and what was faster stays for the life of the engine. The first step of a way is left out: the caches were
filled in it. To change the way fills the rows anew, which is why it is measured once and not again and again.
"""

import logging
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

STEPS = 16


@dataclass
class Way:
    """What was measured of one way of decoding."""

    steps: int = -1
    """Without the first."""
    tokens: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / max(self.seconds, 1e-9)

    def add(self, tokens: int, seconds: float) -> None:
        self.steps += 1
        if self.steps:
            self.tokens += tokens
            self.seconds += seconds


@dataclass
class Tempo:
    ways: dict[int, dict[bool, Way]] = field(default_factory=dict)
    """By the power of two above the requests in flight: without guesses, and with them."""

    def guesses(self, in_flight: int) -> bool:
        """Whether the next step is to guess."""
        ways = self._of(in_flight)
        if any(way.steps < STEPS for way in ways.values()):
            return ways[False].steps >= STEPS
        return ways[True].rate > ways[False].rate

    def add(self, in_flight: int, guessing: bool, tokens: int, seconds: float) -> None:
        """A step was made; nothing is measured any more once both ways are known."""
        ways = self._of(in_flight)
        if ways[guessing].steps >= STEPS:
            return
        ways[guessing].add(tokens, seconds)
        if all(way.steps >= STEPS for way in ways.values()):
            kept = "guesses stay on" if self.guesses(in_flight) else "guesses are off"
            log.info(
                "engine.draft: with %d to %d requests in flight %.0f tokens a second with guesses and %.0f without: %s",
                *bounds(in_flight), ways[True].rate, ways[False].rate, kept,
            )  # fmt: skip

    def _of(self, in_flight: int) -> dict[bool, Way]:
        return self.ways.setdefault(bounds(in_flight)[1], {False: Way(), True: Way()})


def bounds(in_flight: int) -> tuple[int, int]:
    """Of the numbers that are measured together: 1, 2, 3 to 4, 5 to 8."""
    high = 1 << (in_flight - 1).bit_length()
    return high // 2 + 1, high
