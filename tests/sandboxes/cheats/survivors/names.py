# Names with newlines, bytes, dashes, stars and blanks.
# attacks: stdio
import os

for name in [b"\xff\xfe", b"a\nb", b"-rf", b" ", b"*", b"~", b"$(id)", b"'", b"\\", b"program.py ", "ü€".encode(), b"x" * 255, b"..."]:
    for folder in (b".", b"/tmp", b"/dev/shm"):
        os.makedirs(folder + b"/" + name, exist_ok=True)
