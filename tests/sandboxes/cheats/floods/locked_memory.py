# Memory that may not be swapped, and its limit raised.
# attacks: stdio
import ctypes, resource

try: resource.setrlimit(resource.RLIMIT_MEMLOCK, (-1, -1))
except (OSError, ValueError): pass
print(ctypes.CDLL(None).mlockall(7) > 0)
