# Processes without number.
# attacks: stdio call
# ends: processes memory
# cpu_s: 2
import os, time

def f(a, b):
    while True:
        try: os.fork()
        except OSError: time.sleep(0.01)

if __name__ == "__main__": f(1, 2)
