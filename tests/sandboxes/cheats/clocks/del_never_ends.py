# A finalizer without end.
# attacks: stdio
# ends: time
# cpu_s: 0.2
class Last:
    def __del__(self):
        while True: pass

last = Last()
