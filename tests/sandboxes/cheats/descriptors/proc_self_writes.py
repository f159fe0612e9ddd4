# Everything in /proc/self that may be written.
# attacks: stdio call
import os

for name, text in (("oom_score_adj", "-1000"), ("oom_adj", "-17"), ("coredump_filter", "ff"), ("timerslack_ns", "1"),
                   ("autogroup", "-20"), ("comm", ") S 1 1 ("), ("loginuid", "0"), ("attr/current", "unconfined"),
                   ("uid_map", "0 0 1"), ("setgroups", "allow"), ("clear_refs", "5"), ("mem", "x")):
    try: open(f"/proc/self/{name}", "w").write(text)
    except OSError: pass
print(0)

def f(a, b): return 0
