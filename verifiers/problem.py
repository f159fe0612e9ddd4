"""A problem: a row with a prompt, the verifier that judges it, and what that verifier needs."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from temper.sandboxes.job import Frozen


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    role: str
    content: str | None = None


class Problem(Frozen):
    id: str = Field(min_length=1)
    prompt: str | list[Message]
    """A user message, or a conversation that ends where the policy is to go on."""
    tools: list[dict[str, Any]] | None = None
    """JSON signatures of the functions that the policy may call."""
    session: dict[str, JsonValue] | None = None
    """What the policy's calls act on: `{"kind": a name of the table or package.module:Class, parameters}`; the policy
    answers in one turn when absent."""
    verifier: str | dict[str, Any]
    """A name of the table, `package.module:Class`, or a composition (`sum`, `gate`)."""
    answer: Any = None
    """The ground truth, in the form that the verifier asks for."""
    params: dict[str, Any] = {}
    """What the verifier needs beside the answer: tests, policies, schemas."""
    metadata: dict[str, Any] = {}

    def messages(self) -> list[dict[str, Any]]:
        """The prompt as chat messages."""
        if isinstance(self.prompt, str):
            return [{"role": "user", "content": self.prompt}]
        return [message.model_dump(exclude_none=True) for message in self.prompt]
