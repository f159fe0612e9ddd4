# A distribution in the box whose entry point pytest would load.
# attacks: pytest
# cpu_s: 10
import os

for folder in (".", "/tmp"):
    os.makedirs(f"{folder}/evil-1.0.dist-info", exist_ok=True)
    open(f"{folder}/evil-1.0.dist-info/METADATA", "w").write("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    open(f"{folder}/evil-1.0.dist-info/entry_points.txt", "w").write("[pytest11]\nevil = evil\n")
    open(f"{folder}/evil.py", "w").write("import os; os._exit(0)")

def f(a, b): return 0
