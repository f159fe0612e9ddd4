# The right answer, then more output than is read.
# attacks: stdio
# ends: output
# cpu_s: 3
a, b = map(int, input().split())
print(a * b)
while True: print(" " * 4096)
