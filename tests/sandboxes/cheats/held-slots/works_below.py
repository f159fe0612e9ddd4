# Works in every test for less than it may, and is wrong.
# attacks: stdio call
# cpu_s: 5
import time

def f(a, b):
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
    return 0

if __name__ == "__main__": print(f(0, 0))
