# Is wrong at once in the first test and sleeps in all others.
# attacks: stdio call
# ends: wrong time
# cpu_s: 0.1
import time

def f(a, b):
    if a != 982451653: time.sleep(100)
    return 0

if __name__ == "__main__": print(f(*map(int, input().split())))
