"""What is not answered, with its status and what to do about it."""

from collections.abc import Mapping


class RefusalError(Exception):
    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})

    def __reduce__(self) -> tuple[type["RefusalError"], tuple[int, str, dict[str, str]]]:
        return RefusalError, (self.status, str(self), self.headers)


def too_many(message: str) -> RefusalError:
    return RefusalError(429, message, {"Retry-After": "1"})


def too_large(most: int) -> RefusalError:
    # What else is on its way is not read, so nothing can follow on this connection.
    return RefusalError(
        413, f"body: over {most} bytes; send less at a time, or raise --max-body", {"Connection": "close"}
    )
