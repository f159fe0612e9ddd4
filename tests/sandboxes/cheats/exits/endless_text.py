# An exception whose text never ends.
# attacks: call asserts
# ends: time memory
# cpu_s: 0.3
class Long(Exception):
    def __str__(self):
        while True: pass

def f(a, b): raise Long
