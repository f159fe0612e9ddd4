# Other identities.
# attacks: stdio
import os

before = os.getresuid()
for change in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0, 4, 27, 999]), lambda: os.setfsuid(0) if hasattr(os, "setfsuid") else None):
    try: change()
    except OSError: pass
if os.getresuid() != before: print("changed", os.getresuid())
