"""System calls that no program of a box gets through, in Docker and in `local`: a filter in the kernel (seccomp) that
the supervisor puts on itself and that all it starts inherit.

- What would outlive a program and be found by the next one of its uid: keyrings.
- Sockets of other families than local ones and those of the Internet, which lead nowhere here: AF_VSOCK reaches the
  machine that this machine runs on, others code of the kernel that is seldom looked at.
- What a filter cannot see into (io_uring), what takes from a number that the whole machine shares (io_setup), and what
  Docker's own filter refuses and a program might reach in `local`.

A foreign ABI has other numbers, so it is refused as a whole. On a machine that is not in the table nothing is refused.
"""

import ctypes
import errno
import os
import socket
import struct

from temper.sandboxes.box.processes import libc

PR_SET_SECCOMP, MODE_FILTER, ALLOW, REFUSE, X32_CALLS = 22, 2, 0x7FFF0000, 0x00050000, 0x40000000
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The kernel's number of each architecture."""
CALLS = {
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "syslog": (103, 116), "io_setup": (206, 0),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}  # fmt: skip
"""Their numbers on those."""
SOCKET_CALLS = (41, 53), (198, 199)
"""socket and socketpair."""
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
AF_NETLINK, NETLINK_ROUTE = 16, 0
"""The C library asks the kernel for the machine's addresses this way, and by no other of its protocols."""
LOAD, IF_EQUAL, IF_ABOVE, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ, BPF_JMP|JGE, BPF_RET
NUMBER, ARCHITECTURE, FAMILY, PROTOCOL = 0, 4, 16, 32
"""Where the kernel shows them to a filter: the low halves of the first and the third argument."""
Step = tuple[int, int, int, int]
"""What to do, how many steps to skip if so and if not, the number that it is about."""


def refuse() -> None:
    """For this process and all that it starts from now on. Needs PR_SET_NO_NEW_PRIVS."""
    machine = os.uname().machine
    if machine not in MACHINES:
        return
    steps = steps_of(list(MACHINES).index(machine), MACHINES[machine])
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(text)))
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.c_void_p(ctypes.addressof(program)), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp: the kernel refuses the filter")


def steps_of(column: int, architecture: int) -> list[Step]:
    steps: list[Step] = [(LOAD, 0, 0, ARCHITECTURE), (IF_EQUAL, 1, 0, architecture), _no(errno.EPERM)]
    steps += [(LOAD, 0, 0, NUMBER), (IF_ABOVE, 0, 1, X32_CALLS), _no(errno.EPERM)]
    for numbers in CALLS.values():
        steps += [(IF_EQUAL, 0, 1, numbers[column]), _no(errno.EPERM)]
    sockets = _socket_steps()
    for call in SOCKET_CALLS[column]:
        steps += [(IF_EQUAL, 0, len(sockets), call), *sockets]
    return [*steps, (RETURN, 0, 0, ALLOW)]


def _socket_steps() -> list[Step]:
    yes: Step = (RETURN, 0, 0, ALLOW)
    steps: list[Step] = [(LOAD, 0, 0, FAMILY)]
    for family in FAMILIES:
        steps += [(IF_EQUAL, 0, 1, family), yes]
    steps += [(IF_EQUAL, 0, 3, AF_NETLINK), (LOAD, 0, 0, PROTOCOL), (IF_EQUAL, 0, 1, NETLINK_ROUTE), yes]
    return [*steps, _no(errno.EAFNOSUPPORT)]


def _no(error: int) -> Step:
    return RETURN, 0, 0, REFUSE | error
