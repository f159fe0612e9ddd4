"""What a client may ask, field by field, as OpenAI's API has it.

What the engine cannot do is refused by the field's name and not passed over: it samples from the whole distribution,
which is what a trainer can compute again. Fields that say nothing about the text (`user`, `metadata`) are read and
forgotten; a value that asks for what happens anyway (`top_p: 1`) is as good as none.
"""

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from temper.gateway.doors.refusals import RefusalError
from temper.mistakes import first_mistake, shortened
from temper.verifiers.reading import strict_json

WHOLE = "the engine samples from the whole distribution"
FREE = "the engine forces no form on what it samples"
NEUTRAL: dict[str, tuple[tuple[JsonValue, ...], str]] = {
    "top_p": ((1,), WHOLE),
    "top_k": ((0, -1), WHOLE),
    "min_p": ((0,), WHOLE),
    "typical_p": ((1,), WHOLE),
    "presence_penalty": ((0,), WHOLE),
    "frequency_penalty": ((0,), WHOLE),
    "repetition_penalty": ((1,), WHOLE),
    "logit_bias": (({},), WHOLE),
    "min_tokens": ((0,), WHOLE),
    "ignore_eos": ((False,), "a completion ends where the policy ends it"),
    "use_beam_search": ((False,), "the engine samples"),
    "best_of": ((1,), "all that is sampled is answered; ask for n"),
    "echo": ((False,), "the prompt is not answered"),
    "suffix": (("",), "the policy writes forward"),
    "response_format": (({"type": "text"},), FREE),
    "parallel_tool_calls": ((True,), FREE),
    "modalities": ((["text"],), "the policy writes text"),
}  # fmt: skip
"""Fields that change nothing at these values, and why no other is taken."""
FORGOTTEN = (
    "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
)  # fmt: skip
COOLEST = 0.01
MOST_STOPS, LONGEST_STOP = 16, 1_000
Body = TypeVar("Body", bound="Asking")


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    include_usage: bool = False
    include_obfuscation: bool = False


class Asking(BaseModel):
    """What both kinds of request have."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    model: str
    """the name of what is served"""
    temperature: float = Field(1.0, ge=0, le=2)
    n: int = Field(1, ge=1, le=128)
    seed: int | None = Field(None, ge=-(1 << 63), lt=1 << 63)
    stop: str | list[str] = []
    stop_token_ids: list[int] = Field([], max_length=MOST_STOPS)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()

    @field_validator("temperature")
    @classmethod
    def _sampled(cls, temperature: float) -> float:
        if 0 < temperature < COOLEST:
            raise ValueError(f"sampled at 0 (greedy) or from {COOLEST} on, got {temperature}; change it")
        return temperature

    @field_validator("stop")
    @classmethod
    def _texts(cls, stop: str | list[str]) -> list[str]:
        stops = [stop] if isinstance(stop, str) else stop
        if len(stops) > MOST_STOPS or not all(0 < len(text) <= LONGEST_STOP for text in stops):
            raise ValueError(
                f"at most {MOST_STOPS} texts of 1 to {LONGEST_STOP} characters, got {shortened(stops)}; change it"
            )
        return stops


class Chat(Asking):
    """`/v1/chat/completions`."""

    messages: list[dict[str, JsonValue]] = Field(min_length=1)
    """the conversation"""
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    tools: list[dict[str, JsonValue]] = []
    tool_choice: Literal["auto", "none"] = "auto"
    logprobs: bool = False
    top_logprobs: int = Field(0, ge=0, le=20)

    @property
    def most_tokens(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def likeliest(self) -> int:
        return self.top_logprobs if self.logprobs else 0


class Text(Asking):
    """`/v1/completions`."""

    prompt: str | list[str] | list[int] | list[list[int]]
    """a text, token ids, or a list of either"""
    max_tokens: int = Field(16, ge=1)
    logprobs: int | None = Field(None, ge=0, le=20)

    @property
    def most_tokens(self) -> int | None:
        return self.max_tokens

    @property
    def likeliest(self) -> int:
        return self.logprobs or 0

    @property
    def prompts(self) -> list[str] | list[list[int]]:
        prompt = self.prompt
        if isinstance(prompt, str):
            return [prompt]
        if prompt and isinstance(prompt[0], int):
            return [[token for token in prompt if isinstance(token, int)]]
        return prompt  # type: ignore[return-value]  # the first of a list says what all of it is


def bad(field: str, what: str, code: str = "") -> RefusalError:
    """A request that names a field which is not as it must be."""
    return FieldError(400, f"{field}: {what}" if field else what, field, code)


class FieldError(RefusalError):
    def __init__(self, status: int, message: str, field: str, code: str) -> None:
        super().__init__(status, message)
        self.field, self.code = field, code


def read(body: bytes, kind: type[Body]) -> Body:
    """Raises RefusalError naming the field."""
    try:
        text = body.decode()
        data = strict_json.loads(text)
        if r"\ud" in text.lower():
            _encodable(data)
    except ValueError as error:  # no UTF-8 is one too
        raise bad("", f"body: not JSON: {' '.join(str(error).split())[:200]}; send one object") from None
    if not isinstance(data, dict):
        raise bad("", f"body: expected an object, got {shortened(data)}; send one")
    given = {name: value for name, value in data.items() if value is not None and name not in FORGOTTEN}
    _refuse_others(given, kind)
    asked = {name: value for name, value in given.items() if name not in NEUTRAL}
    try:
        return kind.model_validate(asked)
    except ValidationError as error:
        field, what = first_mistake(error, kind, asked)
        raise bad(field, what) from None


def _encodable(value: object) -> None:
    """Raises ValueError for half of a pair of surrogates, which is no character."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, Mapping):
        for key, item in value.items():
            key.encode()
            _encodable(item)
    elif isinstance(value, list):
        for item in value:
            _encodable(item)


def _refuse_others(given: Mapping[str, JsonValue], kind: type[Asking]) -> None:
    for name in given.keys() & NEUTRAL.keys():
        value, (neutral, why) = given[name], NEUTRAL[name]
        if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in neutral):
            raise bad(name, f"not done here, got {shortened(value)}: {why}; leave it out")
    choice = given.get("tool_choice", "auto")
    if kind is Chat and choice not in ("auto", "none"):
        raise bad("tool_choice", f"not done here, got {shortened(choice)}: {FREE}; leave it out, or say `none`")
