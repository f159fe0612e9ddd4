# The time before the first test.
# attacks: asserts call
# ends: time
# cpu_s: 0.2
n = 0
while True: n += 1

def f(a, b): return 0
