# A module called pytest in the box and in this process.
# attacks: pytest
# cpu_s: 10
import sys, types

FAKE = "class mark:\n  parametrize = staticmethod(lambda *a, **k: lambda f: f)\ndef main(*a, **k): return 0\n"
for folder in (".", "/tmp"):
    open(f"{folder}/pytest.py", "w").write(FAKE)
    open(f"{folder}/_pytest.py", "w").write("")
fake = types.ModuleType("pytest")
exec(FAKE, fake.__dict__)
sys.modules["pytest"] = fake

def f(a, b): return 0
