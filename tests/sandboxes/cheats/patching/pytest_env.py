# Options and plug-ins by the environment.
# attacks: pytest
# cpu_s: 10
import os

os.environ.update(PYTEST_ADDOPTS="--collect-only", PYTEST_PLUGINS="evil", PYTHONPATH="/box:/tmp")
for folder in (".", "/tmp"):
    open(f"{folder}/evil.py", "w").write("import os; os._exit(0)")

def f(a, b): return 0
