# Prints as much as is read, of bytes that are no text and become three each.
# attacks: stdio
# ends: output
# cpu_s: 3
import os

rest = memoryview(b"\xff" * 60_000)
while rest: rest = rest[os.write(1, rest):]
