"""Whether an ECMA-262 pattern matches somewhere in a text, in time linear in the text times the pattern.

An automaton that follows all ways at once (Thompson, CACM 11(6), 1968), its sets of states kept as they come up, so
that a character mostly costs one look-up. A look-ahead is answered for every place of the text beforehand, by the
automaton of its part run backwards from the end, a look-behind forwards; both stay linear, nested ones too. Nothing
backtracks, so no pattern and no text is slow. Refused are back references (what a group matched, again), which no
bound is known for, and patterns of more than MAX_STATES states.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from temper.verifiers.schema.ecma_pattern import WORD, Back, Chain, Chars, Edge, Either, Look, Node, Repeat
from temper.verifiers.schema.work import Work

MAX_STATES = 5_000
"""Of one pattern; a counted repetition has a copy of its part for each."""
MAX_KEPT = 4_096
"""Steps between sets of states that are kept at a time."""
_CHARACTERS_A_UNIT = 8
_WORD = Chars(WORD)


class Automaton:
    """A pattern as states. Each either reads a character of a set and goes on to the next, or goes on to several at
    once, each behind an assertion or behind none."""

    def __init__(self, node: Node, backwards: bool = False) -> None:
        """Raises ValueError for a pattern that is refused."""
        self.backwards = backwards
        self.reads: dict[int, tuple[Chars, int]] = {}
        self.moves: dict[int, list[tuple[int, int]]] = {}
        """State to (bits of the assertion that must hold, next state)."""
        self.asserted: list[Edge | tuple[Automaton, bool]] = [Edge("start"), Edge("end")]
        """Edges, and look-arounds with what they want; the bit of each is that of its place."""
        self._places: dict[Edge | Look, int] = {Edge("start"): 0, Edge("end"): 1}
        self.accept = self._state()
        self.begin = self._add(node, self.accept)

    @property
    def size(self) -> int:
        inner = sum(one[0].size for one in self.asserted if isinstance(one, tuple))
        return len(self.moves) + len(self.reads) + inner

    def _state(self) -> int:
        if len(self.reads) + len(self.moves) >= MAX_STATES:
            raise ValueError(f"a pattern of more than {MAX_STATES} states; shorten its repetitions")
        state = len(self.reads) + len(self.moves)
        self.moves[state] = []
        return state

    def _add(self, node: Node, following: int) -> int:
        """The state at which `node` begins, when `following` comes after it."""
        match node:
            case Chars():
                state = self._state()
                # each state is in one of the two, so that their lengths together are the next free number
                del self.moves[state]
                self.reads[state] = (node, following)
                return state
            case Chain(parts):
                # from the end, since a part needs what follows it; read backwards, `ab` begins with `b`
                for part in parts if self.backwards else reversed(parts):
                    following = self._add(part, following)
                return following
            case Either(parts):
                return self._to(*((0, self._add(part, following)) for part in parts))
            case Repeat():
                return self._repeat(node, following)
            case Edge() | Look():
                return self._to((1 << self._assertion(node), following))
            case Back(group):
                raise ValueError(f"the group {group!r} again (a back reference), for which no bound is known")

    def _to(self, *moves: tuple[int, int]) -> int:
        state = self._state()
        self.moves[state] = list(moves)
        return state

    def _repeat(self, node: Repeat, following: int) -> int:
        start = following
        if node.most is None:
            # the state comes before its part, which leads back to it
            start = self._state()
            self.moves[start] = [(0, self._add(node.part, start)), (0, following)]
        else:
            # `a{2,4}`, from its end: two copies that `following` may stand in for, then two that it may not
            for _ in range(node.most - node.least):
                start = self._to((0, self._add(node.part, start)), (0, following))
        for _ in range(node.least):
            start = self._add(node.part, start)
            if start == following:
                break  # of nothing, any number is nothing
        return start

    def _assertion(self, node: Edge | Look) -> int:
        if node not in self._places:
            self._places[node] = len(self.asserted)
            self.asserted.append(
                node if isinstance(node, Edge) else (Automaton(node.part, backwards=node.ahead), node.wanted)
            )
        return self._places[node]


@dataclass
class _States:
    """A set of states after some character."""

    reading: tuple[int, ...]
    accepts: bool
    next: dict[tuple[str, int], "_States"] = field(default_factory=dict)


class Search:
    """Searches of one verdict, on its budget: what has come up is kept for the next text."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._runs: dict[Automaton, _Run] = {}

    def finds(self, automaton: Automaton, text: str) -> bool:
        """Raises OverBudgetError."""
        if automaton not in self._runs:
            self._runs[automaton] = _Run(automaton, self.work)
        return self._runs[automaton].finds(text)


class _Run:
    def __init__(self, automaton: Automaton, work: Work) -> None:
        self.automaton, self.work = automaton, work
        self.kept: dict[tuple[int, ...], _States] = {}
        self.steps = 0
        self.looks = [_Run(one[0], work) if isinstance(one, tuple) else None for one in automaton.asserted]
        # every assertion but `^` (bit 0) taken to hold: what can begin then?
        later = self._closure([automaton.begin], ~1)
        self.anchored = not later.reading and not later.accepts
        """Whether a match can begin at the start alone."""

    def finds(self, text: str) -> bool:
        return self._sweep(text, None)

    def _sweep(self, text: str, ends: bytearray | None) -> bool:
        """Whether a match is anywhere; with `ends`, sets the places at which one ends, from the other end for an
        automaton that runs backwards."""
        self.work.spend(1 + len(text) // _CHARACTERS_A_UNIT)
        held = self._held(text)
        if self.automaton.backwards:
            text, held = text[::-1], held[::-1]
        states = self._closure([self.automaton.begin], held[0])
        for place, character in enumerate(text):
            if states.accepts:
                if ends is None:
                    return True
                ends[place] = 1
            # nothing under way, and nothing may begin here: the rest of the text is not looked at
            elif not states.reading and self.anchored and ends is None:
                return False
            # the assertions of the place behind the character: they are asked once it is read
            key = character, held[place + 1]
            following = states.next.get(key)
            if following is None:
                following = self._step(states, *key)
            states = following
        if states.accepts and ends is not None:
            ends[len(text)] = 1
        return states.accepts

    def _step(self, states: _States, character: str, held: int) -> _States:
        self.work.spend(1 + len(states.reading))
        reads = self.automaton.reads
        following = [reads[state][1] for state in states.reading if reads[state][0].hold(character)]
        self.steps += 1
        # a chosen text can bring up ever new sets: dropping all that is kept bounds the memory
        if self.steps % MAX_KEPT == 0:
            self.kept.clear()
            states.next.clear()
        # a match may begin at any place, so the begin is in every set
        states.next[character, held] = made = self._closure([self.automaton.begin, *following], held)
        return made

    def _closure(self, begun: list[int], held: int) -> _States:
        """All that is reached without reading, where the assertions of the bits in `held` hold."""
        seen, stack = set(begun), list(begun)
        while stack:
            for asserted, target in self.automaton.moves.get(stack.pop(), ()):
                if asserted & held == asserted and target not in seen:
                    seen.add(target)
                    stack.append(target)
        self.work.spend(1 + len(seen))
        reading = tuple(sorted(state for state in seen if state in self.automaton.reads))
        # no state is -1: it tells a set that accepts from one that reads the same and does not
        key = (*reading, -1) if self.automaton.accept in seen else reading
        return self.kept.setdefault(key, _States(reading, self.automaton.accept in seen))

    def _held(self, text: str) -> Sequence[int]:
        """For each place of the text, before, between and behind its characters, the bits of the assertions that hold
        there."""
        held = [0] * (len(text) + 1)
        held[0] |= 1
        held[-1] |= 2
        for place, (one, look) in enumerate(zip(self.automaton.asserted, self.looks, strict=True)):
            if place < 2:
                continue
            found = _at_words(text) if isinstance(one, Edge) else bytearray(len(text) + 1)
            wanted = one.kind == "word" if isinstance(one, Edge) else one[1]
            if look is not None:
                look._sweep(text, found)
                if look.automaton.backwards:
                    found.reverse()
            self.work.spend(1 + len(text) // _CHARACTERS_A_UNIT)
            bit = 1 << place
            held = [bits | bit if bool(at) == wanted else bits for bits, at in zip(held, found, strict=True)]
        return held


def _at_words(text: str) -> bytearray:
    """Of each place, whether a word begins or ends there."""
    words = [False, *map(_WORD.hold, text), False]
    return bytearray(before != behind for before, behind in zip(words, words[1:], strict=False))
