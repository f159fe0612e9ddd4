"""What the supervisor does where the kernel has not yet let go of what a killed program held."""

import errno
import os
import socket
from collections.abc import Iterable
from typing import Any

import pytest

from temper.sandboxes.box import place


class Refusing(socket.socket):
    """Refuses as the kernel does while descriptors of the dead are under way under our uid."""

    refusals = 0
    number = errno.ETOOMANYREFS

    def sendmsg(self, buffers: Iterable[Any], *rest: Any) -> int:
        if self.refusals:
            self.refusals -= 1
            raise OSError(self.number, os.strerror(self.number))
        return super().sendmsg(buffers, *rest)


def _pair() -> tuple[Refusing, socket.socket]:
    one, other = socket.socketpair()
    return Refusing(fileno=one.detach()), other


def test_descriptors_of_the_dead_are_waited_for() -> None:
    one, other = _pair()
    with one, other:
        one.refusals = 3
        place.send_fds(one, b"x", [0])
        message, fds, _, _ = socket.recv_fds(other, 10, 4)
        assert (message, len(fds), one.refusals) == (b"x", 1, 0)
        os.close(fds[0])


@pytest.mark.parametrize(("number", "patience_s"), [(errno.ETOOMANYREFS, 0.01), (errno.EPIPE, 60.0)])
def test_the_wait_has_an_end_and_is_for_nothing_else(
    number: int, patience_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "CLEAN_S", patience_s)
    one, other = _pair()
    with one, other:
        one.refusals, one.number = 10_000, number
        with pytest.raises(OSError, match=os.strerror(number)):
            place.send_fds(one, b"x", [0])
