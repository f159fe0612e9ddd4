# Sleeps in every test for a little less than it may, and is wrong.
# attacks: stdio call
# cpu_s: 0.1
import time

def f(a, b):
    time.sleep(0.4)
    return 0

if __name__ == "__main__": print(f(0, 0))
