# The right answer from a program that never ends.
# attacks: stdio
# ends: time
# cpu_s: 0.2
a, b = map(int, input().split())
print(a * b, flush=True)
while True: pass
