# Settings of the kernel, of this machine or of the namespaces.
# attacks: stdio
import glob, os

for path in glob.glob("/proc/sys/**", recursive=True):
    if os.path.isfile(path) and not path.endswith(("drop_caches", "compact_memory")):
        try:
            with open(path, "r+") as file:
                text = file.read()
                file.write(text or "1")
                print("may write", path)
        except (OSError, UnicodeError): pass
for path in ("/proc/sysrq-trigger", "/proc/1/oom_score_adj"):
    try: open(path, "w").write("0")
    except OSError: pass
