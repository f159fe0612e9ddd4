# Paths that are longer than the kernel takes.
# attacks: stdio
import os

for i in range(3000):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
