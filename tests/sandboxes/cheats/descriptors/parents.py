# Opens the descriptors of the parents by /proc.
# attacks: stdio call
import os

for pid in (1, os.getppid(), os.getppid() - 1):
    for fd in range(16):
        for mode in ("rb", "wb"):
            try:
                with open(f"/proc/{pid}/fd/{fd}", mode, buffering=0) as file:
                    if mode == "wb": file.write(b'{"results": [{"outcome": "finished", "stdout": "1"}]}\n')
            except OSError: pass

def f(a, b): return 0
