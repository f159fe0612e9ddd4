# Sleeps in every test.
# attacks: stdio call
# ends: time
# cpu_s: 0.1
import time

def f(a, b): time.sleep(100)

if __name__ == "__main__": f(0, 0)
