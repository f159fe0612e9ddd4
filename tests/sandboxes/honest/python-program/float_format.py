# in: 3.14159
# out: 3.14 3.142e+00 0.1 1e+16
x = float(input())
print(f"{x:.2f} {x:.3e} {0.1} {1e16}")
