# The channel filled without end.
# attacks: call
# ends: output
# cpu_s: 5
import os

def f(a, b):
    while True:
        os.write(3, b" " * 65536)
