# Raises its own limit of CPU time and ignores the signal.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import resource, signal

signal.signal(signal.SIGXCPU, signal.SIG_IGN)
for limit in (resource.RLIM_INFINITY, 1000):
    try: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    except (OSError, ValueError): pass
while True: pass
