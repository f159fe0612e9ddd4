# A name with brackets, blanks and newlines, to confuse who reads /proc/PID/stat.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import ctypes

ctypes.CDLL(None).prctl(15, b") Z 1 1 1\n 0 (", 0, 0, 0)
while True: pass
