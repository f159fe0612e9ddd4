"""The tests' end of the line: asks nothing that would let the solution judge itself.

An object of the solution may stand where the tests expect a value. So no operation gives the solution what the tests
compare with and takes its word for the outcome:

- `==`: an object is the one it is; two objects of one class that defines an equality are equal where their fields are;
  with anything else it is not equal. The solution's `__eq__` is never asked.
- ordering and arithmetic: between objects of the solution; with a value of the tests arithmetic may give another object
  only (an object whose `-` gives 0.0 would else be near every number), of which no number is to be had; ordering gives
  nothing.
- `in`: by its elements, compared here; as the class says only where the row lists it in `entry_points`, or for an
  object of the solution.
- what must be a bool, an int or a text is exactly that.
- not-a-number comes back only where the tests speak of it (`tests_text`).

What is refused is kept in the verdict: the row may have asked for what cannot be had.
"""

import decimal
import types
from collections.abc import Callable
from typing import Any, NoReturn

from temper.sandboxes.box import files
from temper.sandboxes.box.border import (
    crossing,
    handles,
    known,
    lending,
    operations,
    patches,
    relays,
    tests_text,
)
from temper.sandboxes.box.border.verdict import Verdict

MIXED = frozenset((*operations.BINARY, *operations.REFLECTED, *operations.IN_PLACE, "divmod"))
NUMERIC = MIXED | {*operations.UNARY, "bool", "int", "float", "complex", "index"}
LISTS = (list, dict, set)


class TestsEnd(crossing.Border):
    """A solution that dies ends the tests' process by `verdict` and not by an exception, which a test might catch."""

    def __init__(
        self, fd: int, entry_points: list[str], tests: tests_text.TestsText, watched: patches.Patches, verdict: Verdict
    ) -> None:
        super().__init__(fd, first=0)
        self.entry_points, self.tests, self.patches, self.verdict = entry_points, tests, watched, verdict
        self.lending = lending.Lending(tests, verdict)
        self.folder = ""
        """The one that is shared, if one is."""
        self.reading = 0
        self.mixed: set[int] = set()
        """Objects that came of arithmetic with a value of the tests, which the solution knows since."""

    # -- messages

    def ask(self, op: str, /, *args: Any, **kwargs: Any) -> Any:
        if self.reading:
            raise ValueError(f"{op} is asked for before all is read")
        try:
            return super().ask(op, *args, **kwargs)
        except crossing.PeerGone as gone:
            self.verdict.lose(f"the solution's process: {gone}")

    def send(self, message: crossing.Message) -> None:
        if self.patches.hinted and (changes := self.patches.changes()):
            message["patches"] = self.encode(tuple(changes))
        if self.folder:
            files.open_up(self.folder)
        super().send(message)

    def receive(self) -> crossing.Message:
        message = self.line.receive()
        if "lost" in message:
            self.verdict.lose(str(message["lost"])[:500])
        if self._changes_too_much(message):
            self.shared.keep(message["changes"])
        self._read(self.take_notice, message)
        return message

    def _changes_too_much(self, message: crossing.Message) -> bool:
        """Whether a call that returned a value has also changed arguments that the value is then judged by."""
        changed = any(int(number) in self.shared.held for number in message.get("changes", ()))
        return changed and message.get("value") is not None and self.tests.shares_arguments_here()

    def found(self, reply: crossing.Message) -> Any:
        return self._read(super().found, reply)

    def heard(self, message: crossing.Message) -> None:
        if "said" in message:
            relays.hear(message["said"], self.decode)

    def _read(self, reader: Callable[[crossing.Message], Any], message: crossing.Message) -> Any:
        """Nothing is asked meanwhile, and what cannot be read is the solution's fault."""
        self.reading += 1
        try:
            return reader(message)
        except crossing.UNREADABLE as error:
            self.verdict.lose(f"the solution sent what cannot be read: {type(error).__name__}: {error}")
        finally:
            self.reading -= 1

    def greeting(self) -> dict[str, Any]:
        """The public names of the solution, once it is loaded; with its functions, None for what is to be asked
        for."""
        try:
            message = self.reply()
        except crossing.PeerGone as gone:
            self.verdict.lose(f"the solution's process: {gone}")
        names: dict[str, Any] = self._read(self._names, message)
        self.heard(message)
        return {name: item for name, item in names.items() if name.isidentifier() and not name.startswith("_")}

    def _names(self, message: crossing.Message) -> dict[str, Any]:
        return {name: self.decode(item) for name, item in message["names"].items()}

    # -- what is asked of the solution

    def operate(self, op: str, target: Any, /, *args: Any, **kwargs: Any) -> Any:
        if op == "eq":
            return self._equal(target, *args)
        if op in operations.ORDER and handles.number_of(args[0]) is None:
            self.refuse(f"{op} of a {label(target)!r} and a value is judged by the solution")
        if op == "contains" and handles.number_of(args[0]) is None and label(target) not in self.entry_points:
            return self._contains(target, args[0])
        answer = self.ask(op, target, *args, **kwargs)
        if op in NUMERIC and not self._is_free(op, target, args, answer):
            self.refuse(f"{op} of a {label(target)!r} and a value of the tests gave a {type(answer).__name__}")
        expected = operations.TYPED.get(op)
        if expected is not None and type(answer) is not expected:
            self.refuse(f"{op} of a {label(target)!r} gave a {type(answer).__name__}, not a plain {expected.__name__}")
        return answer

    def _is_free(self, op: str, target: Any, args: tuple[Any, ...], answer: Any) -> bool:
        """Whether no value of the tests has gone into the answer, or it is one more object."""
        parts = [handles.number_of(item) for item in (target, *args)] if op in MIXED else [handles.number_of(target)]
        if None not in parts and self.mixed.isdisjoint(parts):
            return True
        number = handles.number_of(answer)
        if number is not None:
            self.mixed.add(number)
        return number is not None

    def _equal(self, target: Any, other: Any) -> Any:
        if target is other:
            return True
        if self.reading:
            return NotImplemented
        if type(other) in LISTS and any(base.__name__ == type(other).__name__ for base in type(target).__mro__):
            content = self.ask("content", target)
            return type(content) is type(other) and content == other
        if type(other) is not type(target):
            self.verdict.refused.append(f"== of a {label(target)!r} and a {type(other).__name__}")
            return NotImplemented
        fields = self.ask("fields", target)
        return type(fields) is list and bool(fields) and fields == self.ask("fields", other)

    def _contains(self, target: Any, item: Any) -> bool:
        if not hasattr(type(target), "__iter__"):
            self.refuse(f"contains of a {label(target)!r} is judged by the solution; list the class in entry_points")
        return any(each is item or each == item for each in target)

    def refuse(self, reason: str) -> NoReturn:
        self.verdict.refused.append(reason)
        raise TypeError(reason)

    # -- what comes from it

    def decode(self, encoded: object) -> Any:
        if type(encoded) is float and encoded != encoded:
            self._not_a_number()
        return super().decode(encoded)

    def _copy(self, body: Any) -> Any:
        made = super()._copy(body)
        if type(made) is decimal.Decimal and made.is_nan():
            self._not_a_number()
        return made

    def _not_a_number(self) -> None:
        if not self.tests.speaks_of_nan_here():
            self.verdict.fail("the solution returned not-a-number, of which these tests do not speak")

    def handle(self, number: int, kind: Any, extra: Any) -> Any:
        made = super().handle(number, kind, extra)
        return waiting(made) if label(made) == "coroutine" else made

    # -- what the solution asks for

    def describe(self, kind: type) -> handles.Description:
        return self.lending.describe(kind, self.encode_bases(kind))

    def encode_class(self, kind: type) -> object:
        name = None if known.name_of(kind) else lending.library_name(kind)
        return super().encode_class(kind) if name is None else {"$library": name}

    def encode_object(self, value: object, extra: object) -> object:
        if (name := lending.library_name(value)) is not None:
            return {"$library": name}
        if type(value) is types.FunctionType:
            return {"$function": [self.lend(value), *lending.function_parts(value, self.encode)]}
        if self.depth == 0 and id(value) not in self.numbers:
            self.lending.hand_over(value)
        return super().encode_object(value, extra)

    def extra(self, value: object) -> object:
        return None if lending.own_names(type(value)) else super().extra(value)  # a mock would note that it was hashed

    def serve(self, op: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return None if op == "said" else self.lending.serve(op, args, kwargs)


def label(handle: object) -> str:
    return handle.__name__ if isinstance(handle, type) else type(handle).__name__


async def waiting(handle: Any) -> Any:
    """Stands for a coroutine of the solution, which runs to its end over there."""
    return handles.of(handle)[0].operate("await", handle)
