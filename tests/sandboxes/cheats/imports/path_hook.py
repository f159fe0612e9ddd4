# A path hook and a path entry of its own.
# attacks: call asserts
# ends: wrong runtime_error
import sys, zipimport

sys.path[:0] = ["/box/evil.zip", "/tmp", "/dev/shm"]
sys.path_hooks.insert(0, zipimport.zipimporter)
sys.path_importer_cache.clear()
for folder in (".", "/tmp", "/dev/shm"):
    for name in ("unittest", "math", "json", "operator"):
        open(f"{folder}/{name}.py", "w").write("def __getattr__(name): return lambda *a, **k: True\n")

def f(a, b): return 0
