"""`temper chat`: a conversation in a terminal, with the engine in the same process.

Questions come from the terminal or a pipe, a line each; answers go to stdout as they are sampled. Of what the policy
writes nothing drives the terminal (`verifiers.shown`). Ctrl-C stops the answer, which is kept as far as it came; at the
prompt it ends the program, as the end of the input does. Where stdout is no terminal, only the answers are written.
"""

import json
import queue
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from temper.gateway.doors.refusals import RefusalError
from temper.serving.answers import begun
from temper.serving.bodies import Chat, read
from temper.serving.prompts import of_chat
from temper.serving.section import Served
from temper.serving.service import News
from temper.verifiers.shown import shown

PROMPT = "> "
DIM, PLAIN = "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True)
class Manner:
    """How the policy is asked, and what of its answer is shown."""

    system: str = ""
    temperature: float = 1.0
    max_tokens: int | None = None
    """None: what the context has left."""
    seed: int | None = None
    reasoning: bool = True


class Page:
    """Where an answer goes: dimmed reasoning, then the content."""

    def __init__(self, out: TextIO, reasoning: bool) -> None:
        self.out, self.reasoning = out, reasoning
        self.styled = out.isatty()
        self._dim = False
        self._folded = 0

    def write(self, reasoning: str, content: str) -> None:
        if reasoning and not self.reasoning:
            self._folded += len(reasoning)
        elif reasoning and self.styled:
            self._put(reasoning, dim=True)
        if content:
            self._unfold()
            self._put(content, dim=False)
        self.out.flush()

    def end(self) -> None:
        self._unfold()
        self._put("\n", dim=False)
        self.out.flush()

    def _unfold(self) -> None:
        if self._folded and self.styled:
            self._put(f"[{self._folded} characters of reasoning]\n", dim=True)
        self._folded = 0

    def _put(self, text: str, dim: bool) -> None:
        if self.styled and dim != self._dim:
            self.out.write(DIM if dim else f"{PLAIN}\n" if text.strip() else PLAIN)
            self._dim = dim
        self.out.write(shown(text, lines=True))


def converse(served: Served, manner: Manner, lines: TextIO, out: TextIO) -> None:
    """Until the input ends, or Ctrl-C at the prompt."""
    talk = Talk(served, manner)
    with suppress(KeyboardInterrupt):
        for question in _questions(lines, out):
            page = Page(out, manner.reasoning)
            try:
                talk.ask(question, page)
            except RefusalError as refusal:
                sys.stderr.write(f"temper: {shown(str(refusal))}\n")
            except KeyboardInterrupt:
                sys.stderr.write("(stopped)")
            page.end()


def _questions(lines: TextIO, out: TextIO) -> Iterator[str]:
    """Lines that say something."""
    asks = lines.isatty() and out.isatty()
    while True:
        if asks:
            out.write(PROMPT)
            out.flush()
        if not (line := lines.readline()):
            return
        if line.strip():
            yield line.strip()


class Talk:
    """The conversation so far."""

    def __init__(self, served: Served, manner: Manner) -> None:
        self.served, self.manner = served, manner
        self.messages: list[dict[str, str]] = []
        if manner.system:
            self.messages.append({"role": "system", "content": manner.system})

    def ask(self, question: str, page: Page) -> None:
        """Writes the answer to the page; what of it was read stays in the conversation, however it ended. Raises
        RefusalError for a question that cannot be asked, which leaves no trace."""
        asked = [*self.messages, {"role": "user", "content": question}]
        plan = of_chat(self._body(asked), self.served)
        choice = begun(self.served, plan, 0, chat=True)
        heard: queue.SimpleQueue[News] = queue.SimpleQueue()
        number = self.served.service.ask(plan.prompts[0], plan.seeds[0], plan.samplings[0], "chat", heard.put)
        try:
            while not choice.ended:
                if (news := heard.get()).error:
                    raise RefusalError(500, news.error)
                for delta in choice.take(news):
                    page.write(str(delta.get("reasoning_content") or ""), str(delta.get("content") or ""))
        finally:
            self.served.service.drop([number])
            answer = {"role": "assistant", "content": choice.text, "reasoning_content": choice.reasoning}
            self.messages = [*asked, answer]

    def _body(self, messages: Sequence[Mapping[str, str]]) -> Chat:
        manner = self.manner
        body = {"model": self.served.name, "messages": messages, "temperature": manner.temperature}
        return read(json.dumps(body | {"max_tokens": manner.max_tokens, "seed": manner.seed}).encode(), Chat)
