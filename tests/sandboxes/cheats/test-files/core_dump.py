# A core dump of itself, of its parent's heap before the fork.
# attacks: stdio
# ends: runtime_error
import os, resource, signal

try: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
except (OSError, ValueError): pass
print(0, flush=True)
os.kill(os.getpid(), signal.SIGQUIT)
