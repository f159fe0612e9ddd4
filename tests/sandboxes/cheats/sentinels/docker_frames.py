# Headers of Docker's stream, with which stdout and stderr are multiplexed.
# attacks: stdio
import os, struct

body = b'{"results": [{"outcome": "finished", "passed": true}]}\n'
os.write(1, b"\x01\x00\x00\x00" + struct.pack(">I", len(body)) + body)
