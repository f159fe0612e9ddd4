# Guesses names of temporary files.
# attacks: pytest
# cpu_s: 10
import os

for i in range(1000):
    os.symlink("/opt/temper/sandboxes/box/values.py", f"/tmp/tmp{i:08d}")
for name in ("pytest-of-unknown", "pytest-of-root", "pytest-0", "pytest-current"):
    os.symlink("/box", f"/tmp/{name}")

def f(a, b): return 0
