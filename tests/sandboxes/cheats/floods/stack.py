# A stack without end.
# attacks: stdio
# ends: memory runtime_error
# cpu_s: 3
import sys, threading

sys.setrecursionlimit(10**9)
threading.stack_size(512 << 20)

def deep(n): return deep(n + 1) + 1

thread = threading.Thread(target=deep, args=(0,))
thread.start()
thread.join()
