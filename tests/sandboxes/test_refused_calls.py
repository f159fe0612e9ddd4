"""The filter of system calls, run step by step as the kernel would, on every machine that the table knows."""

import errno
import socket

import pytest

from temper.sandboxes.box import refused_calls
from temper.sandboxes.box.refused_calls import ALLOW, CALLS, MACHINES, REFUSE, SOCKET_CALLS

SOCKET, SOCKETPAIR = (dict(zip(MACHINES, numbers, strict=True)) for numbers in zip(*SOCKET_CALLS, strict=True))


def verdict(machine: str, call: int, *arguments: int, architecture: int | None = None) -> int:
    """What the kernel answers: 0 where it lets the call pass, else the error."""
    steps = refused_calls.steps_of(list(MACHINES).index(machine), MACHINES[machine])
    seen = {0: call, 4: MACHINES[machine] if architecture is None else architecture}
    seen |= {16 + 8 * number: argument & 0xFFFFFFFF for number, argument in enumerate(arguments)}
    loaded = place = 0
    while True:
        do, if_so, if_not, number = steps[place]
        place += 1
        if do == refused_calls.LOAD:
            loaded = seen[number]
        elif do == refused_calls.RETURN:
            return 0 if number == ALLOW else number - REFUSE
        else:
            holds = loaded == number if do == refused_calls.IF_EQUAL else loaded >= number
            place += if_so if holds else if_not


@pytest.mark.parametrize("machine", MACHINES)
def test_refused_are_the_calls_of_the_table_and_strange_sockets_alone(machine: str) -> None:
    column = list(MACHINES).index(machine)
    refused = {numbers[column] for numbers in CALLS.values()}
    for call in range(460):
        assert verdict(machine, call, socket.AF_UNIX, 1, 0) == (errno.EPERM if call in refused else 0), call
    for call in (SOCKET[machine], SOCKETPAIR[machine]):
        for family in range(50):
            for protocol in range(40):
                opens = family in (1, 2, 10) or (family, protocol) == (16, 0)
                assert verdict(machine, call, family, 1, protocol) == (0 if opens else errno.EAFNOSUPPORT)
        assert verdict(machine, call, 40 | 1 << 32, 1, 0) == errno.EAFNOSUPPORT


@pytest.mark.parametrize("machine", MACHINES)
def test_a_foreign_interface_is_refused_as_a_whole(machine: str) -> None:
    assert {verdict(machine, call, architecture=0x40000003) for call in range(460)} == {errno.EPERM}
    assert {verdict(machine, call | 0x40000000) for call in range(460)} == {errno.EPERM}
