"""What a completion says, part by part as it comes: its reasoning, its content, its calls.

The reasoning is what stands in `<think>` at the beginning; blank lines around the tags belong to the template. A
`<tool_call>` block becomes a call once it is whole and can be read (`verifiers.reading.calls`); one that cannot is
content, as it was written. Without tools there are no calls.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from temper.serving.writing import beginning
from temper.verifiers.reading.calls import CLOSE, OPEN, Call, read_block

THINK, END_THINK = "<think>", "</think>"
TRIES = 8
"""Closing tags at which an unreadable block is tried again; then it is read at the end."""


@dataclass(frozen=True)
class Part:
    """One of the three."""

    reasoning: str = ""
    content: str = ""
    call: Call | None = None


class Parts:
    def __init__(self, thinks: bool, thinking: bool, calls: bool) -> None:
        """`thinks`: there is reasoning to tell apart; `thinking`: the prompt opened it; `calls`: tools were given."""
        self.calls = calls
        self.called = 0
        self._held = ""
        self._tries = 0
        self._read = self._begins if thinks else self._says
        self._fresh = False
        """Whether line breaks that come now stand between two parts."""
        if thinking:
            self._read, self._fresh = self._thinks, True

    def add(self, text: str) -> list[Part]:
        self._held += text
        return list(self._parts())

    def rest(self) -> list[Part]:
        """At the end: what was held back."""
        if self._read == self._begins:
            self._read = self._says
        parts = list(self._parts())
        held, self._held = self._held, ""
        if self._read == self._thinks:
            return parts + _part(reasoning=held.rstrip("\n"))
        if self._read == self._says:
            return parts + _part(content=held.rstrip("\n") if self.called else held)
        return parts + list(self._unread(held))

    def _parts(self) -> Iterator[Part]:
        """As long as reading goes on in another way, it is read on."""
        before = None
        while before != (self._read, self._held):
            before = self._read, self._held
            yield from self._read()

    def _begins(self) -> Iterator[Part]:
        begun = self._held.lstrip()
        if begun.startswith(THINK):
            self._held, self._read, self._fresh = begun[len(THINK) :], self._thinks, True
        elif not THINK.startswith(begun):
            self._read = self._says
        return iter(())

    def _thinks(self) -> Iterator[Part]:
        text, closed, behind = self._unbroken().partition(END_THINK)
        if closed:
            self._held, self._read, self._fresh = behind, self._says, True
            return iter(_part(reasoning=text.rstrip("\n")))
        return iter(_part(reasoning=self._certain(END_THINK)))

    def _says(self) -> Iterator[Part]:
        text, opened, behind = self._unbroken().partition(OPEN)
        if not self.calls:
            self._held = ""
            return iter(_part(content=text + opened + behind))
        if opened:
            said = text.rstrip("\n")
            self._held, self._read, self._tries = text[len(said) :] + opened + behind, self._calls, 0
            return iter(_part(content=said))
        return iter(_part(content=self._certain(OPEN)))

    def _calls(self) -> Iterator[Part]:
        closed = self._held.count(CLOSE)
        if not self._tries < closed <= TRIES:
            return
        self._tries = closed
        try:
            call, end = read_block(self._held, self._held.index(OPEN))
        except ValueError:
            return
        self._held, self._read, self._fresh = self._held[end:], self._says, True
        self.called += 1
        yield Part(call=call)

    def _unread(self, text: str) -> Iterator[Part]:
        """Of what begins with a block that could not be read: the blocks behind it that can."""
        place = 0
        while (start := text.find(OPEN, place)) >= 0:
            try:
                call, end = read_block(text, start)
            except ValueError:
                end = start + len(OPEN)
                yield from _part(content=text[place:end])
            else:
                yield from _part(content=text[place:start].rstrip("\n"))
                self.called += 1
                yield Part(call=call)
            place = end
        yield from _part(content=text[place:])

    def _unbroken(self) -> str:
        """What is held, without the line breaks between two parts."""
        if self._fresh:
            self._held = self._held.lstrip("\n")
            self._fresh = not self._held
        return self._held

    def _certain(self, marker: str) -> str:
        """Takes what is held but for the marker's beginning and the line breaks before it."""
        sure = len(self._held) - beginning(self._held, [marker])
        sure = len(self._held[:sure].rstrip("\n"))
        text, self._held = self._held[:sure], self._held[sure:]
        return text


def _part(reasoning: str = "", content: str = "") -> list[Part]:
    return [Part(reasoning, content)] if reasoning or content else []
