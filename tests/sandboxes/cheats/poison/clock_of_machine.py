# Sets the clocks and the host's name.
# attacks: stdio
import ctypes, socket, time

for change in (lambda: time.clock_settime(time.CLOCK_REALTIME, 0), lambda: socket.sethostname("evil")):
    try: change(); print("changed")
    except OSError: pass
print(ctypes.CDLL(None).adjtimex(bytes(208)) < -1)
