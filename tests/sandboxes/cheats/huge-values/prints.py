# Prints nearly as much as it may of what takes most room where it is written down.
# attacks: stdio
# cpu_s: 3
import os

rest = memoryview(b"\xff\n" * 520_000)
while rest: rest = rest[os.write(1, rest):]
