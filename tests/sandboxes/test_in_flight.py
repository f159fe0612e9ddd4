"""Descriptors that another process of the same user has in flight do not keep the supervisor from its zygote."""

import os
import subprocess
import sys

import pytest

HOLDS = """
import os, resource, socket, time
os.setuid(65533)
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
kept = []
for _ in range(100):
    a, b = socket.socketpair()
    try: socket.send_fds(a, [b"x"], [b.fileno(), a.fileno()] * 50)
    except OSError: break
    kept.append((a, b))
print(len(kept), flush=True)
time.sleep(60)
"""
SENDS = """
import errno, os, resource, socket
from temper.sandboxes.box import place
resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
os.setuid(65533)
a, b = socket.socketpair()
try: socket.send_fds(a, [b"x"], [0])
except OSError as error: print(error.errno == errno.ETOOMANYREFS)
place._send(a, b"y", [0, 1])
print(len(socket.recv_fds(b, 10, 10)[1]), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another uid")
def test_a_request_is_sent_however_many_descriptors_the_user_has_in_flight() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout and int(holder.stdout.readline()) > 5
        done = subprocess.run([sys.executable, "-c", SENDS], capture_output=True, text=True, check=False)
        assert done.stdout.split() == ["True", "2", "256"], done.stderr
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout:
            holder.stdout.close()
